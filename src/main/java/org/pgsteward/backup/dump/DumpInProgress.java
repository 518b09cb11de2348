package org.pgsteward.backup.dump;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.restore.RestoreCaveats;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.UnfinishedBackup;
import org.pgsteward.backup.underway.ResourceStack;
import org.pgsteward.backup.verify.StreamVerification;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.Progress;

/**
 * One backup under way. It ends with {@link #finish} or with {@link #close}. Any other end, such as a full disk, leaves no
 * file with a final name.
 */
public final class DumpInProgress implements AutoCloseable {
    private final Progress progress;
    private final BackupTarget target;
    private final Backup started;
    private final UnfinishedBackup file;
    private final ResourceStack held;
    private final Clock clock;
    private final long startedNanos = System.nanoTime();
    private final Map<String, String> extensions;
    private final DatabaseEnvironment surroundings;
    private final CompletableFuture<Map<String, Long>> rows;
    private final String clientVersion;
    private final AgeKeys keys;
    private final Unchanged unchanged;
    private final Optional<StreamVerification> verification;
    private final Set<String> allowedExtensions;
    private final DumpStream stream;
    private Optional<Unchanged.Result.Damaged> damaged = Optional.empty();
    private boolean published;
    private boolean closed;

    DumpInProgress(
            Progress progress,
            BackupTarget target,
            Backup started,
            Store store,
            ResourceStack held,
            Clock clock,
            Dump.Started dump,
            String clientVersion,
            AgeKeys keys,
            Unchanged unchanged,
            Optional<StreamVerification> verification,
            Set<String> allowedExtensions)
            throws IOException {
        this.progress = progress;
        this.target = target;
        this.started = started;
        this.file = store.newBackup(target.service(), started.id(), target.kind(), keys.encrypts());
        this.held = held;
        this.clock = clock;
        this.extensions = dump.extensions();
        this.surroundings = dump.surroundings();
        this.rows = dump.rows();
        this.clientVersion = clientVersion;
        this.keys = keys;
        this.unchanged = unchanged;
        this.verification = verification;
        this.allowedExtensions = allowedExtensions;
        file.clear();
        InputStream plain = verification
                .map(watcher -> watcher.watching(dump.program().output()))
                .orElse(dump.program().output());
        this.stream = held.add(new DumpStream(dump.program(), plain, keys));
        held.add(() -> rows.cancel(true));
        // Runs first on release, while the lock still keeps other runs out of the folder.
        held.add(this::takeBack);
    }

    /** Returns the row of the journal while the backup runs. */
    public Backup started() {
        return started;
    }

    /** Returns the path of the file to write, relative to the store; it ends in {@code .part}. */
    public String partPath() {
        return file.partPath();
    }

    /** Returns the dump, compressed, and encrypted if there are recipients. After a failure of the program it throws at the end. */
    public InputStream stream() {
        return stream;
    }

    /**
     * Publishes the written file: makes it durable, and gives it its name and its manifest. A dump that is verified while it is
     * written has to pass first.
     *
     * @throws IOException if the file differs from the dump, cannot be written, or cannot be restored
     */
    public Backup finish() throws IOException, InterruptedException {
        try (Progress.Binding bound = progress.bind()) {
            Objects.requireNonNull(bound);
            requireNotCancelled(null);
            return publish();
        } catch (IOException | InterruptedException | RuntimeException e) {
            requireNotCancelled(e);
            throw e;
        }
    }

    private void requireNotCancelled(@Nullable Exception cause) throws IOException {
        if (progress.cancelled().isPresent()) {
            throw new IOException(progress.cancelled().get(), cause);
        }
    }

    /** Returns why the run was cancelled; empty if it was not. */
    public Optional<String> cancelled() {
        return progress.cancelled();
    }

    private Backup publish() throws IOException, InterruptedException {
        if (!stream.isWhole()) {
            throw new IOException("the dump of " + target.service() + " was not read completely");
        }
        if (stream.sourceBytes() == 0) {
            throw new IOException("the dump program of " + target.service() + " ended with exit code 0 without data");
        }
        long written = file.size();
        if (written != stream.sizeBytes()) {
            throw new IOException("the dump of " + target.service() + " has " + stream.sizeBytes() + " bytes, but "
                    + written + " bytes are in " + file.partFile());
        }
        progress.step("waits for the row counts");
        Instant finished = clock.instant();
        String sha256 = stream.sha256Hex();
        Manifest plain = new Manifest(
                new Manifest.Identity(
                        started.id(),
                        started.identity().eventId().toString(),
                        started.identity().setId()),
                new Manifest.Source(
                        target.service(),
                        target.database(),
                        target.owner(),
                        target.image(),
                        target.kind().word()),
                new Manifest.Run(
                        started.times().startedAt(), finished, started.source().serverVersion(), clientVersion),
                new Manifest.File(
                        file.fileName(),
                        sha256,
                        written,
                        stream.sourceBytes(),
                        keys.recipients(),
                        "",
                        stream.contentSha256()),
                new Manifest.Contents(extensions, countedRows(), surroundings.withoutSecrets()),
                List.of());
        Manifest own = plain.with(RestoreCaveats.of(plain, allowedExtensions, List.of()));
        return verification.isEmpty() ? publish(own) : verifyAndPublish(own, verification.get());
    }

    private Backup publish(Manifest own) throws IOException {
        Optional<Unchanged.Result.Same> same = shareFile(own);
        Manifest manifest =
                same.map(other -> own.sharing(other.backup().manifest())).orElse(own);
        Backup made = publishAs(manifest);
        return same.filter(other -> other.verifiedAt().isPresent())
                .map(other -> made.verifiedAs(other.verifiedAt().orElseThrow(), other.took()))
                .orElse(made);
    }

    private Backup verifyAndPublish(Manifest own, StreamVerification watcher) throws IOException, InterruptedException {
        progress.step("verifies the dump");
        Optional<String> inconclusive = finish(watcher, own);
        Manifest verified = own.with(RestoreCaveats.of(own, allowedExtensions, watcher.lost()));
        Manifest manifest = shareFile(own)
                .map(same -> verified.sharing(same.backup().manifest()))
                .orElse(verified);
        Backup made = publishAs(inconclusive.isPresent() ? manifest : manifest.verifiedInStream());
        Duration took = watcher.took();
        return inconclusive.isPresent()
                ? made.judged(BackupState.UNVERIFIABLE, clock.instant(), took, inconclusive.get())
                : made.verifiedInStream(took);
    }

    /** Replaces the written file by that of a backup with the same content, if there is one. */
    private Optional<Unchanged.Result.Same> shareFile(Manifest own) {
        progress.step("compares the dump with the last backup");
        Unchanged.Result found = unchanged.find(own);
        if (found instanceof Unchanged.Result.Damaged broken) {
            damaged = Optional.of(broken);
        }
        return found instanceof Unchanged.Result.Same same && file.share(same.backup())
                ? Optional.of(same)
                : Optional.empty();
    }

    private Backup publishAs(Manifest manifest) throws IOException {
        file.publish(manifest);
        published = true;
        return started.made(
                        file.path(),
                        manifest.run().finishedAt(),
                        manifest.file().sizeBytes(),
                        manifest.file().sourceBytes(),
                        manifest.file().sha256(),
                        sinceStart())
                .with(manifest.caveats());
    }

    private static Optional<String> finish(StreamVerification verification, Manifest manifest)
            throws IOException, InterruptedException {
        try {
            return verification.finish(manifest);
        } catch (IOException e) {
            throw new IOException("the restore failed: " + e.getMessage(), e);
        }
    }

    /** Returns the backup of the same content whose file has changed since it was written; empty if none was found. */
    public Optional<Unchanged.Result.Damaged> damaged() {
        return damaged;
    }

    /** Returns the row of the journal after a failure. */
    public Backup failed(String because) {
        return started.failed(clock.instant(), sinceStart(), because);
    }

    /** Returns the warnings of a program that succeeded; empty without warnings. */
    public String warnings() throws InterruptedException {
        return stream.warnings();
    }

    /** Ends the program, releases the snapshot and the lock, and removes an unfinished file. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        held.close();
    }

    private void takeBack() throws IOException {
        if (!published) {
            file.discard();
        }
    }

    private Map<String, Long> countedRows() throws IOException, InterruptedException {
        try {
            return rows.get();
        } catch (ExecutionException e) {
            throw new IOException(
                    "cannot count the rows of " + target.database() + ": " + String.valueOf(e.getCause()), e);
        }
    }

    private Duration sinceStart() {
        return Duration.ofNanos(System.nanoTime() - startedNanos);
    }
}
