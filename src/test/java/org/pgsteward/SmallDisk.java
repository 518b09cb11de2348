package org.pgsteward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A file system of its own, mounted for a test. */
public record SmallDisk(Path folder) implements AutoCloseable {
    /**
     * Mounts a new file system.
     *
     * @param size as mount takes it, such as {@code 1m}
     */
    public static SmallDisk of(String size) throws IOException {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-disk-");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=" + size + ",mode=0711", "tmpfs", folder.toString());
        if (!mounted) {
            Files.delete(folder);
        }
        assumeTrue(mounted, "skipped: cannot mount a tmpfs; run the tests as root");
        return new SmallDisk(folder);
    }

    public void remount(String how) throws IOException {
        assertThat(run("mount", "-o", "remount," + how, folder.toString())).isTrue();
    }

    /** Fills the disk until no byte is free. */
    public void fill() throws IOException {
        byte[] block = new byte[4096];
        try (var filler = Files.newOutputStream(folder.resolve("filler"))) {
            for (int i = 0; i < 100_000; i++) {
                filler.write(block);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    /** Fills the disk until about this number of bytes is free. */
    public void leave(long bytes) throws IOException {
        Path filler = folder.resolve("filler");
        Files.deleteIfExists(filler);
        byte[] block = new byte[1 << 16];
        try (var written = Files.newOutputStream(filler)) {
            for (long free = folder.toFile().getUsableSpace();
                    free > bytes;
                    free = folder.toFile().getUsableSpace()) {
                written.write(block, 0, (int) Math.min(block.length, free - bytes));
            }
        }
    }

    /** Removes the file that fills the disk. */
    public void free() throws IOException {
        Files.deleteIfExists(folder.resolve("filler"));
    }

    @Override
    public void close() throws IOException {
        assertThat(run("umount", folder.toString())).isTrue();
        Files.delete(folder);
    }

    /** Returns whether a program succeeds. */
    public static boolean run(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.onExit().join().exitValue() == 0;
    }
}
