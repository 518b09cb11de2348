package org.pgsteward.backup.copy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
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
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int MOST = 1 << 20;

    /** A slower link than this is as bad as none. */
    private static final long SLOWEST_BYTES_PER_SECOND = 16 * 1024;

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
        return remote.find(rclone, path, Optional.empty());
    }

    private void write(String path, byte[] content) throws IOException, InterruptedException {
        rclone.run(LIMIT, MOST, content, "rcat", remote.of(path));
    }

    @Override
    public Stored put(Outgoing file) throws IOException, InterruptedException {
        RcloneRemote.Abilities abilities = remote.abilities(rclone);
        Comparison comparison = new Comparison(file, abilities);
        Optional<RcloneRemote.Found> there = remote.find(rclone, file.path(), abilities.hash());
        if (there.isPresent()) {
            if (comparison.difference(file.path(), there).isEmpty()) {
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

    private void sendAndRename(Outgoing file, Comparison comparison) throws IOException, InterruptedException {
        String part = file.path() + PART;
        try {
            send(file, part);
            comparison.require(part);
            // Without this option, rclone keeps an old file of the same size at a remote without times and hashes.
            rclone.run(LIMIT, MOST, "moveto", "--ignore-times", remote.of(part), remote.of(file.path()));
        } catch (IOException e) {
            discard(part);
            throw e;
        }
    }

    /** @param replaces whether the remote has an earlier file of this name, which a failed upload leaves there */
    private void sendWhole(Outgoing file, Comparison comparison, boolean replaces)
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
        List<String> arguments = new ArrayList<>(List.of("copyto", "--ignore-times"));
        if (file.bytesPerSecond() > 0) {
            arguments.addAll(List.of("--bwlimit", file.bytesPerSecond() + "B:off"));
        }
        arguments.add(file.file().toAbsolutePath().toString());
        arguments.add(remote.of(path));
        rclone.run(limit(file), MOST, arguments.toArray(String[]::new));
    }

    private static Duration limit(Outgoing file) {
        long rate = file.bytesPerSecond() > 0 ? file.bytesPerSecond() / 2 : SLOWEST_BYTES_PER_SECOND;
        return LIMIT.plusSeconds(file.sizeBytes() / Math.max(1, Math.min(rate, SLOWEST_BYTES_PER_SECOND)));
    }

    /** Removes an unfinished file. If the remote is gone, the next attempt replaces it. */
    private void discard(String path) throws InterruptedException {
        try {
            remove(path);
        } catch (IOException gone) {
            LOG.debug("cannot remove {} now: {}", remote.of(path), gone.getMessage());
        }
    }

    /** The comparison of a file here with one at the remote. */
    private final class Comparison {
        private final Outgoing file;
        private final RcloneRemote.Abilities abilities;
        private Optional<String> localHash = Optional.empty();

        Comparison(Outgoing file, RcloneRemote.Abilities abilities) {
            this.file = file;
            this.abilities = abilities;
        }

        void require(String path) throws IOException, InterruptedException {
            Optional<String> difference = difference(path, remote.find(rclone, path, abilities.hash()));
            if (difference.isPresent()) {
                throw new IOException("the copy " + remote.of(path) + " " + difference.get());
            }
        }

        /** Returns the difference, such as {@code has 3 bytes instead of 4}; empty without one. */
        Optional<String> difference(String path, Optional<RcloneRemote.Found> found)
                throws IOException, InterruptedException {
            if (found.isEmpty()) {
                return Optional.of("is missing after its upload");
            }
            long size = found.get().size();
            if (size >= 0 && size != file.sizeBytes()) {
                return Optional.of("has " + size + " bytes instead of " + file.sizeBytes());
            }
            if (found.get().hash().isPresent()) {
                return difference(abilities.algorithm(), found.get().hash().get(), here());
            }
            return difference("SHA-256", readBack(path), file.sha256());
        }

        private static Optional<String> difference(String algorithm, String there, String here) {
            return there.equalsIgnoreCase(here)
                    ? Optional.empty()
                    : Optional.of("has the " + algorithm + " " + there + " instead of " + here);
        }

        /** Returns the hash of the file here in the algorithm of the remote, and verifies its SHA-256 while reading. */
        private String here() throws IOException {
            if (abilities.algorithm().equals("SHA-256")) {
                return file.sha256();
            }
            if (localHash.isEmpty()) {
                MessageDigest digest = Sha256.digest();
                MessageDigest other = digest(abilities.algorithm());
                try (InputStream in = new DigestInputStream(
                        new DigestInputStream(BoundedFile.openNoLink(file.file()), digest), other)) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
                String found = HexFormat.of().formatHex(digest.digest());
                if (!found.equals(file.sha256())) {
                    throw new IOException(
                            file.file() + " here has the SHA-256 " + found + " instead of " + file.sha256());
                }
                localHash = Optional.of(HexFormat.of().formatHex(other.digest()));
            }
            return localHash.get();
        }

        private String readBack(String path) throws IOException, InterruptedException {
            MessageDigest digest = Sha256.digest();
            try (InputStream back =
                    new DigestInputStream(rclone.start(limit(file), new byte[0], "cat", remote.of(path)), digest)) {
                back.transferTo(OutputStream.nullOutputStream());
            } catch (java.io.InterruptedIOException e) {
                throw (InterruptedException) new InterruptedException("interrupted during rclone").initCause(e);
            }
            return HexFormat.of().formatHex(digest.digest());
        }
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no " + algorithm, e);
        }
    }

    @Override
    public void commit() {
        // Each file counts at once.
    }

    @Override
    public Incoming get(String path) throws IOException, InterruptedException {
        PushbackInputStream content =
                new PushbackInputStream(rclone.start(LONGEST_READING, new byte[0], "cat", remote.of(path)));
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
            rclone.run(LIMIT, MOST, "deletefile", remote.of(path));
        } catch (RcloneFailure e) {
            if (!e.isMissing() && has(path)) {
                throw e;
            }
        }
    }

    @Override
    public List<String> list() throws IOException, InterruptedException {
        try (BufferedReader names = new BufferedReader(new InputStreamReader(
                rclone.start(
                        LIMIT, new byte[0], "lsf", "--recursive", "--files-only", "--max-depth", "2", remote.address()),
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
                LIMIT.multipliedBy(12),
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
    public Optional<String> check() throws IOException, InterruptedException {
        String probe = ".pgsteward-check-" + ProcessHandle.current().pid();
        byte[] content = probe.getBytes(StandardCharsets.UTF_8);
        write(probe, content);
        try {
            byte[] back = rclone.run(LIMIT, MOST, "cat", remote.of(probe));
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
