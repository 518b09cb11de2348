package org.pgsteward.monitor;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is free on the disks on which our folders lie. */
public final class DiskProbe {
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
            FileStore disk = Files.getFileStore(existing(folder.getValue()));
            String key = disk.name() + " " + disk.getTotalSpace();
            HostLook.Disk before = disks.get(key);
            disks.put(
                    key,
                    new HostLook.Disk(
                            before == null ? folder.getValue().toString() : before.path(),
                            before == null ? folder.getKey() : before.holds() + ", " + folder.getKey(),
                            disk.getTotalSpace(),
                            disk.getUsableSpace()));
        }
        return new ArrayList<>(disks.values());
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
