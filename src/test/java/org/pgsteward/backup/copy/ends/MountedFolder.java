package org.pgsteward.backup.copy.ends;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.pgsteward.SmallDisk;

/**
 * A disk that is mounted on a folder, such as one that an operator plugs in. Its files outlive {@link #unmount}: the disk
 * stays mounted elsewhere. It needs root; otherwise the test is skipped.
 */
public final class MountedFolder implements AutoCloseable {
    private final SmallDisk disk;
    private final Path folder;
    private boolean mounted;

    private MountedFolder(SmallDisk disk) throws IOException {
        this.disk = disk;
        folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-mount-");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    }

    /**
     * Mounts a new disk.
     *
     * @param size as mount takes it, such as {@code 16m}
     */
    public static MountedFolder of(String size) throws IOException {
        MountedFolder mounted = new MountedFolder(SmallDisk.of(size));
        mounted.mount();
        return mounted;
    }

    /** Returns the mount point. It is an empty folder while the disk is not mounted. */
    public Path folder() {
        return folder;
    }

    /** Returns the folder of the disk itself, which has the files whether or not the disk is mounted. */
    public Path behind() {
        return disk.folder();
    }

    public void mount() throws IOException {
        assertThat(SmallDisk.run("mount", "--bind", disk.folder().toString(), folder.toString()))
                .isTrue();
        mounted = true;
    }

    /** Removes the disk at once, also while files on it are open. */
    public void unmount() throws IOException {
        assertThat(SmallDisk.run("umount", "--lazy", folder.toString())).isTrue();
        mounted = false;
    }

    /** Makes the mount read-only, for root too, or makes it writable. */
    public void readOnly(boolean yes) throws IOException {
        assertThat(SmallDisk.run("mount", "-o", "remount,bind," + (yes ? "ro" : "rw"), folder.toString()))
                .isTrue();
    }

    /** Fills the disk until no byte is free. */
    public void fill() throws IOException {
        disk.fill();
    }

    /** Fills the disk until about this number of bytes is free. */
    public void leave(long bytes) throws IOException {
        disk.leave(bytes);
    }

    /** Removes the file that fills the disk. */
    public void free() throws IOException {
        disk.free();
    }

    @Override
    public void close() throws IOException {
        if (mounted) {
            unmount();
        }
        Files.delete(folder);
        disk.close();
    }
}
