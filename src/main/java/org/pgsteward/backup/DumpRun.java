package org.pgsteward.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Backup;
import org.pgsteward.postgres.ClientProgram;

/**
 * One backup under way. It ends in {@link #seal} or in {@link #close}, and whatever ends it otherwise (an exception in a
 * route, a full disk, a step that an operator took out) leaves nothing under a final name.
 */
public final class DumpRun implements AutoCloseable {
    private final BackupTarget target;
    private final Backup started;
    private final Store store;
    private final RunLock lock;
    private final Clock clock;
    private final long startedNanos = System.nanoTime();
    private final Map<String, String> extensions;
    private final CompletableFuture<Map<String, Long>> rows;
    private final @Nullable Snapshot snapshot;
    private final ClientProgram program;
    private final String clientVersion;
    private final DumpStream stream;
    private boolean sealed;
    private boolean closed;

    DumpRun(
            BackupTarget target,
            Backup started,
            Store store,
            RunLock lock,
            Clock clock,
            @Nullable Snapshot snapshot,
            Map<String, String> extensions,
            CompletableFuture<Map<String, Long>> rows,
            ClientProgram program,
            String clientVersion,
            int zstdLevel) {
        this.target = target;
        this.started = started;
        this.store = store;
        this.lock = lock;
        this.clock = clock;
        this.snapshot = snapshot;
        this.extensions = extensions;
        this.rows = rows;
        this.program = program;
        this.clientVersion = clientVersion;
        this.stream = new DumpStream(program, zstdLevel);
    }

    /** As it stands in the journal while it runs. */
    public Backup started() {
        return started;
    }

    /** The file to write, relative to the store; it ends in {@code .part}. */
    public String partPath() {
        return Store.partOf(path());
    }

    /** The dump, compressed. It throws, rather than end, when {@code pg_dump} did not end well. */
    public InputStream stream() {
        return stream;
    }

    /**
     * The file is written: makes it durable, gives it its name and its manifest.
     *
     * @throws IOException when what was written is not what was read, or the disk does not take it
     */
    public Backup seal() throws IOException, InterruptedException {
        if (!stream.isWhole()) {
            throw new IOException("the dump of " + target.service() + " was not read to its end");
        }
        if (stream.sourceBytes() == 0) {
            throw new IOException(
                    "the program that dumps " + target.service() + " said that all is well and wrote nothing");
        }
        String path = path();
        long written = Files.size(store.resolve(partPath()));
        if (written != stream.sizeBytes()) {
            throw new IOException("the dump of " + target.service() + " is " + stream.sizeBytes() + " bytes, and "
                    + written + " of them are in " + store.resolve(partPath()));
        }
        Instant finished = clock.instant();
        String sha256 = stream.sha256Hex();
        store.publish(
                path,
                new Manifest(
                        started.id(),
                        started.eventId().toString(),
                        started.setId(),
                        target.service(),
                        target.database(),
                        target.owner(),
                        target.image(),
                        target.kind().word(),
                        store.resolve(path).getFileName().toString(),
                        sha256,
                        written,
                        stream.sourceBytes(),
                        started.startedAt(),
                        finished,
                        started.serverVersion(),
                        clientVersion,
                        extensions,
                        countedRows(),
                        snapshot == null ? Surroundings.UNKNOWN : snapshot.surroundings()));
        sealed = true;
        return started.made(path, finished, written, stream.sourceBytes(), sha256, sinceStart());
    }

    /** How it stands in the journal when it failed. */
    public Backup failed(String because) {
        return started.failed(clock.instant(), sinceStart(), because);
    }

    /** What the program warned of, though it ended well; empty when of nothing. */
    public String warnings() throws InterruptedException {
        return program.complaint();
    }

    public boolean isSealed() {
        return sealed;
    }

    /** Ends the child, lets the snapshot and the lock go, and takes back an unfinished file. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (lock) {
            program.close();
            rows.cancel(true);
            if (snapshot != null) {
                snapshot.close();
            }
            if (!sealed) {
                store.discard(path());
            }
        } catch (SQLException e) {
            throw new IOException("the snapshot of " + target.database() + " did not close", e);
        }
    }

    private String path() {
        return Store.relativePath(target.service(), started.id(), target.kind());
    }

    private Map<String, Long> countedRows() throws IOException, InterruptedException {
        try {
            return rows.get();
        } catch (ExecutionException e) {
            throw new IOException(
                    "the rows of " + target.database() + " could not be counted: " + String.valueOf(e.getCause()), e);
        }
    }

    private Duration sinceStart() {
        return Duration.ofNanos(System.nanoTime() - startedNanos);
    }
}
