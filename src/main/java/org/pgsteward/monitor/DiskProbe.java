package org.pgsteward.monitor;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Inodes;
import org.pgsteward.postgres.guard.FreeSpace;

/**
 * Reads the free space on the disks of pgsteward's folders, and on the disk of PostgreSQL's data where it can be seen.
 */
public final class DiskProbe {
    /** The name of PostgreSQL's data folder. pgsteward cannot read any file in it, and reads only the disk below. */
    public static final String POSTGRES_DATA = "PostgreSQL's data";

    /** The name of the store. */
    public static final String STORE = "backups";

    private final Map<String, Path> folders;

    /** @param folders the folders by their content, in the order in which texts name them */
    public DiskProbe(Map<String, Path> folders) {
        this.folders = new LinkedHashMap<>(folders);
    }

    /**
     * Returns each disk once, however many folders and mounts of it there are.
     *
     * @throws IOException if a disk cannot be read
     */
    public List<HostObservation.Disk> read() throws IOException {
        Map<String, HostObservation.Disk> disks = new LinkedHashMap<>();
        for (Map.Entry<String, Path> folder : folders.entrySet()) {
            Path existing = existing(folder.getValue());
            FileStore disk = Files.getFileStore(existing);
            String key = disk.name() + " " + disk.getTotalSpace();
            HostObservation.Disk before = disks.get(key);
            List<String> holds = new ArrayList<>(before == null ? List.of() : before.holds());
            holds.add(folder.getKey());
            disks.put(
                    key,
                    disk(
                            before == null ? folder.getValue().toString() : before.path(),
                            holds,
                            disk,
                            before == null ? Inodes.of(existing) : before.inodes()));
        }
        return new ArrayList<>(disks.values());
    }

    /** Returns the space on the disk of the store, without its inodes; empty if it cannot be read. */
    public Optional<HostObservation.Disk> store() {
        Path folder = folders.get(STORE);
        if (folder == null) {
            return Optional.empty();
        }
        try {
            FileStore disk = Files.getFileStore(existing(folder));
            return Optional.of(disk(folder.toString(), List.of(STORE), disk, Optional.empty()));
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    /** As df does: space that only the kernel or root may use counts neither as used nor as available. */
    private static HostObservation.Disk disk(String path, List<String> holds, FileStore disk, Optional<Inodes> inodes)
            throws IOException {
        long usable = disk.getUsableSpace();
        long used = disk.getTotalSpace() - disk.getUnallocatedSpace();
        return new HostObservation.Disk(path, holds, used + usable, usable, inodes);
    }

    /** Returns the folders by their content. */
    public Map<String, Path> folders() {
        return Collections.unmodifiableMap(folders);
    }

    /** Returns whether the disk of PostgreSQL's data is among them. */
    public boolean seesPostgres() {
        return folders.containsKey(POSTGRES_DATA);
    }

    /** Returns the free space on the disk of PostgreSQL's data. */
    public FreeSpace postgres() {
        Path folder = folders.get(POSTGRES_DATA);
        return folder == null ? FreeSpace.UNKNOWN : new PostgresDisk(folder);
    }

    /** Returns the nearest existing folder above a missing one, since the folder will be made on its disk. */
    public static Path existing(Path path) {
        Path existing = path.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }
}
