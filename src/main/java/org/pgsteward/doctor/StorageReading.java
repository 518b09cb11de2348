package org.pgsteward.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.io.BoundedFile;

/**
 * Reader of the storage below folders, in {@code /proc} and {@code /sys}. A container sees its own mounts there, and the
 * block devices of the host.
 */
final class StorageReading {
    /** Bytes. Each container of a host adds some 2 KB. */
    private static final int MOST_MOUNTS = 8 * 1024 * 1024;

    /** Bytes of one value of the kernel. */
    private static final int MOST_VALUE = 8 * 1024;

    private static final int MOST_ENTRIES = 1024;

    /** Partitions, RAID, LVM and encryption make four. */
    private static final int DEEPEST = 10;

    private static final Pattern MOUNT =
            Pattern.compile("\\d+ \\d+ (\\d+:\\d+) \\S+ (\\S+) \\S+ .*?- (\\S+) (\\S+)(?: .*)?");
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

    private final Path root;

    /** @param root {@code /}, or a folder with recorded {@code proc} and {@code sys} */
    StorageReading(Path root) {
        this.root = root;
    }

    private record Mount(String device, Path point, String type, String source) {}

    /**
     * Returns the storage below a folder.
     *
     * @param folder an absolute path without symbolic links
     * @throws IOException if the mounts cannot be read
     */
    Storage read(String holds, Path folder) throws IOException {
        Optional<Mount> found = mount(folder);
        if (found.isEmpty()) {
            return new Storage(holds, folder.toString(), "", "", List.of());
        }
        Mount mount = found.get();
        List<Storage.Device> devices = new ArrayList<>();
        for (Path device : devices(mount)) {
            devices.add(device(device, 0));
        }
        return new Storage(holds, folder.toString(), mount.type(), mount.source(), devices);
    }

    /** Returns the mount with the longest path. Of equal ones, the last covers the others. */
    private Optional<Mount> mount(Path folder) throws IOException {
        Mount best = null;
        for (String line : BoundedFile.text(root.resolve("proc/self/mountinfo"), MOST_MOUNTS)
                .lines()
                .toList()) {
            Matcher matcher = MOUNT.matcher(line);
            if (!matcher.matches()) {
                continue;
            }
            Path point = Path.of(unescaped(matcher.group(2)));
            if (folder.startsWith(point)
                    && (best == null || point.getNameCount() >= best.point().getNameCount())) {
                best = new Mount(matcher.group(1), point, matcher.group(3), unescaped(matcher.group(4)));
            }
        }
        return Optional.ofNullable(best);
    }

    private static String unescaped(String text) {
        return OCTAL.matcher(text)
                .replaceAll(code ->
                        Matcher.quoteReplacement(Character.toString((char) Integer.parseInt(code.group(1), 8))));
    }

    /** Returns the folders of the file system's devices in {@code /sys}. */
    private List<Path> devices(Mount mount) throws IOException {
        if (!mount.device().startsWith("0:")) {
            return existing(root.resolve("sys/dev/block").resolve(mount.device()));
        }
        // The number is none of a device. Such file systems may have several devices, and name one or all of them.
        List<Path> named = new ArrayList<>();
        if (mount.source().startsWith("/dev/")) {
            for (String source : mount.source().split(":", -1)) {
                named.addAll(named(source.substring(source.lastIndexOf('/') + 1)));
            }
        }
        return named.size() == 1 && mount.type().equals("btrfs") ? members(named.get(0)) : named;
    }

    /** Returns the device with this kernel name, or this name in the device mapper. */
    private List<Path> named(String name) throws IOException {
        Path all = root.resolve("sys/class/block");
        try {
            List<Path> same = existing(all.resolve(name));
            if (!same.isEmpty() || !Files.isDirectory(all)) {
                return same;
            }
        } catch (InvalidPathException strange) {
            return List.of();
        }
        for (Path device : list(all)) {
            if (value(device.resolve("dm/name")).equals(name)) {
                return existing(device);
            }
        }
        return List.of();
    }

    /** Returns all devices of the btrfs that has this one. */
    private List<Path> members(Path device) throws IOException {
        Path all = root.resolve("sys/fs/btrfs");
        for (Path system : Files.isDirectory(all) ? list(all) : List.<Path>of()) {
            Path members = system.resolve("devices");
            if (Files.exists(members.resolve(device.getFileName()))) {
                List<Path> found = new ArrayList<>();
                for (Path member : list(members)) {
                    found.addAll(existing(member));
                }
                return found;
            }
        }
        return List.of(device);
    }

    private Storage.Device device(Path folder, int depth) throws IOException {
        List<Storage.Device> below = new ArrayList<>();
        if (depth < DEEPEST) {
            for (Path lower : lower(folder)) {
                below.add(device(lower, depth + 1));
            }
        }
        return new Storage.Device(
                folder.getFileName().toString(),
                value(folder.resolve("dm/name")),
                value(folder.resolve("dm/uuid")),
                value(folder.resolve("loop/backing_file")),
                below);
    }

    /** Returns the devices that this one consists of. The folder of a partition is in that of its disk. */
    private static List<Path> lower(Path folder) throws IOException {
        Path disk = folder.getParent();
        if (Files.exists(folder.resolve("partition")) && disk != null) {
            return existing(disk);
        }
        List<Path> lower = new ArrayList<>();
        Path slaves = folder.resolve("slaves");
        for (Path slave : Files.isDirectory(slaves) ? list(slaves) : List.<Path>of()) {
            lower.addAll(existing(slave));
        }
        return lower;
    }

    private static List<Path> existing(Path device) throws IOException {
        return Files.exists(device) ? List.of(device.toRealPath()) : List.of();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.limit(MOST_ENTRIES).sorted().toList();
        }
    }

    /** Returns a value of the kernel; empty if there is none. */
    private static String value(Path file) throws IOException {
        return Files.isRegularFile(file) ? BoundedFile.text(file, MOST_VALUE).strip() : "";
    }
}
