package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * Whether copies leave this host without encryption. It counts only for backups without recipients. restic encrypts by
 * itself.
 */
public final class CopyExposure {
    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

    private static final int FIELDS_BEFORE_TYPE = 5;

    /** The types of file systems on other machines. */
    private static final Set<String> NETWORK = Set.of(
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "9p",
            "ceph",
            "glusterfs",
            "lustre",
            "afs",
            "fuse.sshfs",
            "fuse.rclone",
            "fuse.glusterfs",
            "fuse.ceph",
            "fuse.s3fs",
            "fuse.davfs",
            "davfs",
            "virtiofs");

    private CopyExposure() {}

    /** Returns why the files of a folder leave this host; empty if they do not. Reads no file below the folder. */
    public static Optional<String> ofFolder(Path folder) {
        try {
            return ofFolder(folder, Files.readString(MOUNTS));
        } catch (IOException unknown) {
            return Optional.empty();
        }
    }

    /** @param mounts in the form of {@code /proc/self/mountinfo} */
    static Optional<String> ofFolder(Path folder, String mounts) {
        Path real = folder.toAbsolutePath().normalize();
        String type = "";
        int longest = -1;
        for (String line : mounts.lines().toList()) {
            String[] halves = line.split(" - ", 2);
            String[] fields = halves[0].split(" ", -1);
            if (halves.length < 2 || fields.length < FIELDS_BEFORE_TYPE) {
                continue;
            }
            Path mount = Path.of(fields[FIELDS_BEFORE_TYPE - 1]
                    .replace("\\040", " ")
                    .replace("\\011", "\t")
                    .replace("\\134", "\\"));
            // A later mount covers an earlier one at the same place.
            if (real.startsWith(mount) && mount.getNameCount() >= longest) {
                longest = mount.getNameCount();
                type = halves[1].split(" ", -1)[0];
            }
        }
        return NETWORK.contains(type)
                ? Optional.of("the folder " + real + " is on another machine (" + type + ")")
                : Optional.empty();
    }

    /**
     * Returns why the files of a remote of rclone leave this host without encryption; empty if they do not.
     *
     * @param config the content of {@code rclone.conf}
     */
    public static Optional<String> ofRemote(String remote, String config) {
        Optional<String> name = RcloneConfig.nameIn(remote.strip());
        try {
            RcloneConfig parsed = RcloneConfig.parse(config);
            return name.isEmpty() || parsed.isEncrypted(name.get()) || parsed.isLocal(name.get())
                    ? Optional.empty()
                    : Optional.of("the remote " + name.get() + " of rclone is not of type crypt");
        } catch (IllegalArgumentException wrong) {
            // The check of the settings names the fault.
            return Optional.empty();
        }
    }
}
