package org.pgsteward.monitor;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.model.Inodes;
import org.pgsteward.postgres.guard.FreeSpace;

/** What is free on the disks on which our folders lie, and PostgreSQL's data where they can be seen from here. */
public final class DiskProbe {
    /** What lies in PostgreSQL's data folder; nothing in it can be read or is looked at, only the disk below it. */
    public static final String POSTGRES_DATA = "PostgreSQL's data";

    private final Map<String, Path> folders;

    /** @param folders by what they hold, in the order in which they are named */
    public DiskProbe(Map<String, Path> folders) {
        this.folders = new LinkedHashMap<>(folders);
    }

    /**
     * Each disk once, however many folders and mounts of it there are.
     *
     * @throws IOException when a disk does not say
     */
    public List<HostLook.Disk> read() throws IOException {
        Map<String, HostLook.Disk> disks = new LinkedHashMap<>();
        for (Map.Entry<String, Path> folder : folders.entrySet()) {
            Path existing = existing(folder.getValue());
            FileStore disk = Files.getFileStore(existing);
            String key = disk.name() + " " + disk.getTotalSpace();
            HostLook.Disk before = disks.get(key);
            List<String> holds = new ArrayList<>(before == null ? List.of() : before.holds());
            holds.add(folder.getKey());
            disks.put(
                    key,
                    new HostLook.Disk(
                            before == null ? folder.getValue().toString() : before.path(),
                            holds,
                            disk.getTotalSpace(),
                            disk.getUsableSpace(),
                            before == null ? Inodes.of(existing) : before.inodes()));
        }
        return new ArrayList<>(disks.values());
    }

    /** Whether the disk of PostgreSQL's data is among them. */
    public boolean seesPostgres() {
        return folders.containsKey(POSTGRES_DATA);
    }

    /** Returns what is left on the disk of PostgreSQL's data. */
    public FreeSpace postgres() {
        Path folder = folders.get(POSTGRES_DATA);
        return folder == null ? FreeSpace.UNKNOWN : new PostgresDisk(folder);
    }

    /** What is not made yet will be made where its parent is. */
    private static Path existing(Path path) {
        Path existing = path.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }
}
