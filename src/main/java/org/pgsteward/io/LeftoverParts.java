package org.pgsteward.io;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;

/** The part files of killed processes in a folder. */
public final class LeftoverParts {
    /** A living process may still write a younger file. A write takes seconds, even on a disk that is nearly stuck. */
    private static final Duration BEING_WRITTEN = Duration.ofHours(1);

    /** The largest number of entries that are read from a folder. */
    private static final int MOST = 20_000;

    private LeftoverParts() {}

    /**
     * Removes regular files directly in a folder that have the name of a part file and were last written more than an
     * hour ago. It follows no symbolic links.
     *
     * @param isPart whether a name belongs to a part file, such as {@link AtomicFile#isPart}
     * @param now the time by the clock of the file system
     * @return the number of removed files; 0 if the folder is missing
     * @throws IOException if the folder cannot be read, or a file cannot be removed; the other files are removed then too
     */
    public static int remove(Path folder, Predicate<String> isPart, Instant now) throws IOException {
        int removed = 0;
        Optional<IOException> refused = Optional.empty();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            int read = 0;
            for (Path entry : entries) {
                if (read++ == MOST) {
                    break;
                }
                try {
                    if (isPart.test(entry.getFileName().toString()) && isLeftover(entry, now)) {
                        removed += Files.deleteIfExists(entry) ? 1 : 0;
                    }
                } catch (IOException e) {
                    refused = Optional.of(e);
                }
            }
        } catch (NoSuchFileException none) {
            return removed;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        if (refused.isPresent()) {
            throw refused.get();
        }
        return removed;
    }

    private static boolean isLeftover(Path file, Instant now) throws IOException {
        try {
            BasicFileAttributes found =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return found.isRegularFile()
                    && found.lastModifiedTime().toInstant().plus(BEING_WRITTEN).isBefore(now);
        } catch (NoSuchFileException renamed) {
            return false;
        }
    }
}
