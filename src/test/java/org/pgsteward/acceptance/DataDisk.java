package org.pgsteward.acceptance;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A disk for pgsteward's data, so small that a test can fill it: a file system in a file. Only root can mount it. */
final class DataDisk {
    private static final long BYTES = 1_500L * 1024 * 1024;

    /** The user id of pgsteward in its image. */
    private static final int USER = 1000;

    private final Path parent;
    private final Path file;
    private final Path folder;
    private boolean mounted;

    DataDisk(Path parent) {
        this.parent = parent;
        file = parent.resolve("disk.ext4");
        folder = parent.resolve("disk");
    }

    /**
     * Mounts the disk.
     *
     * @return whether it could be mounted
     */
    boolean mount() throws IOException {
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(BYTES);
        }
        Files.createDirectories(folder);
        mounted = run("mkfs.ext4", "-q", "-F", "-E", "root_owner=" + USER + ":" + USER, file.toString())
                && run("mount", "-o", "loop", file.toString(), folder.toString());
        // The folder belongs to root, and no other user may read it.
        Files.deleteIfExists(folder.resolve("lost+found"));
        return mounted;
    }

    void unmount() {
        if (mounted) {
            mounted = !run("umount", folder.toString());
        }
    }

    /** Deletes all files on the disk. */
    void wipe() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!file.equals(folder)) {
                    Files.delete(file);
                }
            }
        }
    }

    boolean isMounted() {
        return mounted;
    }

    Path folder() {
        return folder;
    }

    private boolean run(String... command) {
        try {
            return Ended.run(parent, Map.of(), Duration.ofSeconds(20), List.of(command))
                    .isWell();
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
