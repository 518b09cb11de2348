package org.pgsteward.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Replaces a file as a whole: writes a part file beside it, makes the part durable, renames it and makes the folder
 * durable. A reader, also after a power cut, sees the previous content or the new one. A write that fails removes its
 * part file, so that a full disk does not collect them. A process that is killed leaves its part file behind, which
 * {@link LeftoverParts} removes.
 *
 * <p>The folder must exist: a writer that made it would hide that a disk is not mounted.
 */
public final class AtomicFile {
    /** The mode of a file that only its owner may read. Without a mode, the process's umask decides. */
    public static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final String SUFFIX = ".part";

    private static final Pattern PART =
            Pattern.compile("\\..+\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\" + SUFFIX, Pattern.DOTALL);

    private AtomicFile() {}

    /** Returns whether a file name is that of a part file {@code .NAME.UUID.part}. */
    public static boolean isPart(String name) {
        return PART.matcher(name).matches();
    }

    /**
     * Writes through a part file {@code .NAME.UUID.part}, so that threads and processes may write the same target.
     *
     * @throws IOException when the disk refuses; the target then has its previous content, or the new content if only the
     *     folder could not be made durable
     */
    public static void write(Path target, byte[] content, FileAttribute<?>... mode) throws IOException {
        write(target, partOf(target), content, mode);
    }

    /** Writes in the same way through a part file of the caller's choice, which no other writer may use meanwhile. */
    public static void write(Path target, Path part, byte[] content, FileAttribute<?>... mode) throws IOException {
        try {
            create(part, content, mode);
            move(part, target);
        } finally {
            Files.deleteIfExists(part);
        }
        sync(folder(target));
    }

    /**
     * Writes in the same way, but does not wait for the disk: a power cut may leave a torn file. An interrupt does not stop
     * this write; it stops the others with a {@link java.nio.channels.ClosedByInterruptException}.
     */
    public static void writeUnsynced(Path target, byte[] content, FileAttribute<?>... mode) throws IOException {
        writeUnsynced(target, partOf(target), content, mode);
    }

    /** Writes in the same way through a part file of the caller's choice, which no other writer may use meanwhile. */
    public static void writeUnsynced(Path target, Path part, byte[] content, FileAttribute<?>... mode)
            throws IOException {
        try {
            Files.deleteIfExists(part);
            Files.write(Files.createFile(part, mode), content);
            move(part, target);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Creates one durable file, in place of whatever lies there; a link is replaced and not followed. */
    public static void create(Path file, byte[] content, FileAttribute<?>... mode) throws IOException {
        Files.deleteIfExists(file);
        try (FileChannel channel =
                FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /** Removes a file durably, if there is one. */
    public static void remove(Path file) throws IOException {
        if (Files.deleteIfExists(file)) {
            sync(folder(file));
        }
    }

    /** Makes the content of a file durable, or the names in a folder. */
    public static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void move(Path part, Path target) throws IOException {
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path partOf(Path target) {
        return target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + SUFFIX);
    }

    private static Path folder(Path file) {
        return file.toAbsolutePath().resolveSibling("");
    }
}
