package org.pgsteward.backup.copy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.pgsteward.backup.store.CardOrigin;
import org.pgsteward.backup.store.ShellWord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A remote of rclone: SFTP, S3, B2, WebDAV and many more.
 *
 * <p>Where the remote can rename, a file is sent as {@code .part}, compared there and renamed. Object stores have no rename,
 * and no incomplete objects. The content is compared by a hash that the remote reports; without one it is read back.
 */
public final class RclonePlace implements CopyPlace {
    private static final Logger LOG = LoggerFactory.getLogger(RclonePlace.class);

    private static final String PART = ".part";
    private static final int MOST = 1 << 20;

    private static final Duration LONGEST_READING = Duration.ofDays(2);

    private final RcloneRemote remote;
    private final Rclone rclone;

    private RclonePlace(RcloneRemote remote, Rclone rclone) {
        this.remote = remote;
        this.rclone = rclone;
    }

    /**
     * Returns the place of a target. Writes the configuration for rclone, and contacts no server.
     *
     * @param setting the name of the setting with the content of rclone.conf
     * @throws IOException if rclone.conf or the remote cannot be used, with the next step
     */
    public static RclonePlace of(CopyPrograms programs, String target, RcloneRemote remote, String setting)
            throws IOException {
        try {
            Rclone rclone = Rclone.of(programs.folderOf(target), programs.required(setting));
            RcloneRule.require(remote.address(), rclone.config(), path -> Files.isReadable(Path.of(path)));
            return new RclonePlace(remote, rclone);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void begin(int copies) throws IOException, InterruptedException {
        if (find(FolderPlace.MARKER).isPresent()) {
            return;
        }
        if (copies > 0) {
            throw new IOException("the journal records copies in " + remote.address() + ", but its file "
                    + FolderPlace.MARKER + " is missing there; mount its disk, or create that file if you emptied the"
                    + " folder yourself");
        }
        write(FolderPlace.MARKER, "pgsteward copies its backups into this folder.\n".getBytes(StandardCharsets.UTF_8));
    }

    private Optional<RcloneRemote.Found> find(String path) throws IOException, InterruptedException {
        return remote.find(rclone, path);
    }

    private void write(String path, byte[] content) throws IOException, InterruptedException {
        rclone.run(Rclone.LIMIT, MOST, content, "rcat", remote.of(path));
    }

    @Override
    public Stored put(Outgoing file) throws IOException, InterruptedException {
        RcloneRemote.Abilities abilities = remote.abilities(rclone);
        RcloneComparison comparison = new RcloneComparison(file, remote, rclone, abilities);
        Optional<RcloneRemote.Found> there = comparison.find(file.path());
        if (there.isPresent()) {
            if (comparison.difference(file.path(), there.get()).isEmpty()) {
                return Stored.NOW;
            }
            if (!file.mayReplace()) {
                throw new IOException(
                        remote.of(file.path()) + " exists with another content, and pgsteward did not write"
                                + " it; choose another folder for the copies, or move that file away");
            }
        }
        if (abilities.renames()) {
            sendAndRename(file, comparison);
        } else {
            sendWhole(file, comparison, there.isPresent());
        }
        return Stored.NOW;
    }

    private void sendAndRename(Outgoing file, RcloneComparison comparison) throws IOException, InterruptedException {
        String part = file.path() + PART;
        try {
            send(file, part);
            comparison.require(part);
            // Without this option, rclone keeps an old file of the same size at a remote without times and hashes.
            rclone.run(
                    Rclone.limit(file.sizeBytes(), 0),
                    MOST,
                    "moveto",
                    "--ignore-times",
                    Rclone.patience(file.sizeBytes()),
                    remote.of(part),
                    remote.of(file.path()));
        } catch (IOException e) {
            discard(part);
            throw e;
        }
    }

    /** @param replaces whether the remote has an earlier file of this name, which a failed upload leaves there */
    private void sendWhole(Outgoing file, RcloneComparison comparison, boolean replaces)
            throws IOException, InterruptedException {
        try {
            send(file, file.path());
        } catch (IOException e) {
            if (!replaces) {
                discard(file.path());
            }
            throw e;
        }
        try {
            comparison.require(file.path());
        } catch (IOException e) {
            discard(file.path());
            throw e;
        }
    }

    private void send(Outgoing file, String path) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(
                List.of("copyto", "--ignore-times", "--ignore-checksum", Rclone.patience(file.sizeBytes())));
        if (file.bytesPerSecond() > 0) {
            arguments.addAll(List.of("--bwlimit", file.bytesPerSecond() + "B:off"));
        }
        arguments.add(file.file().toAbsolutePath().toString());
        arguments.add(remote.of(path));
        rclone.run(Rclone.limit(file.sizeBytes(), file.bytesPerSecond()), MOST, arguments.toArray(String[]::new));
    }

    /** Removes an unfinished file. If the remote is gone, the next attempt replaces it. */
    private void discard(String path) throws InterruptedException {
        try {
            // One attempt: a link that failed just now would fail three times, each after a long silence.
            rclone.run(Rclone.LIMIT, MOST, "deletefile", "--low-level-retries", "1", remote.of(path));
        } catch (IOException gone) {
            LOG.debug("cannot remove {} now: {}", remote.of(path), gone.getMessage());
        }
    }

    @Override
    public void commit() {
        // Each file counts at once.
    }

    @Override
    public Incoming get(String path) throws IOException, InterruptedException {
        PushbackInputStream content = new PushbackInputStream(rclone.start(LONGEST_READING, "cat", remote.of(path)));
        boolean begun = false;
        try {
            // The first byte, or the failure. An object store has no folder that could be missing.
            int first = content.read();
            if (first >= 0) {
                content.unread(first);
            } else if (!has(path)) {
                throw new IOException(remote.of(path) + " does not exist");
            }
            begun = true;
            return Incoming.asStored(content);
        } finally {
            if (!begun) {
                content.close();
            }
        }
    }

    @Override
    public boolean has(String path) throws IOException, InterruptedException {
        return find(path).isPresent();
    }

    @Override
    public void remove(String path) throws IOException, InterruptedException {
        try {
            rclone.run(Rclone.LIMIT, MOST, "deletefile", remote.of(path));
        } catch (RcloneFailure e) {
            if (!e.isMissing() && has(path)) {
                throw e;
            }
        }
    }

    @Override
    public List<String> list() throws IOException, InterruptedException {
        try (BufferedReader names = new BufferedReader(new InputStreamReader(
                rclone.start(Rclone.LIMIT, "lsf", "--recursive", "--files-only", "--max-depth", "2", remote.address()),
                StandardCharsets.UTF_8))) {
            return RcloneNames.read(names);
        } catch (RcloneFailure e) {
            if (e.isMissing()) {
                return List.of();
            }
            throw e;
        }
    }

    @Override
    public Optional<Integer> manifests(Path folder) throws IOException, InterruptedException {
        rclone.run(
                Rclone.LIMIT.multipliedBy(12),
                MOST,
                "copy",
                "--max-depth",
                "2",
                "--max-size",
                "16Mi",
                "--max-transfer",
                "4Gi",
                "--include",
                "/*/*.manifest.json",
                remote.address(),
                folder.toAbsolutePath().toString());
        return Optional.of(RcloneNames.keepManifests(folder));
    }

    @Override
    public CardOrigin recovery(String target) {
        return CardOrigin.fetched(
                "You need `rclone`, and the `rclone.conf` with this remote that pgsteward has as"
                        + " `PGSTEWARD_COPY_" + target.toUpperCase(Locale.ROOT) + "_CONFIG`. Put it into"
                        + " `~/.config/rclone/rclone.conf`, or its path into `RCLONE_CONFIG`.",
                "rclone copy " + ShellWord.file(remote.address()) + " backups && cd backups");
    }

    @Override
    public Optional<String> check() throws IOException, InterruptedException {
        String probe = ".pgsteward-check-" + ProcessHandle.current().pid();
        byte[] content = probe.getBytes(StandardCharsets.UTF_8);
        write(probe, content);
        try {
            byte[] back = rclone.run(Rclone.LIMIT, MOST, "cat", remote.of(probe));
            if (!Arrays.equals(back, content)) {
                throw new IOException(remote.of(probe) + " has another content than was written");
            }
        } finally {
            discard(probe);
        }
        if (has(probe)) {
            return Optional.of("it refuses to remove files, so copies there are retained");
        }
        return Optional.empty();
    }
}
