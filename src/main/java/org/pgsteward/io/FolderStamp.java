package org.pgsteward.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;

/**
 * The time of a folder's last change, which saves a new reading of an unchanged folder. Each new, removed, renamed or
 * atomically replaced file changes the time, but a file that is written in place does not.
 *
 * @param changed when the folder was last changed, by the clock of its file system
 * @param readAt when this stamp was read, to be read before the files
 */
public record FolderStamp(FileTime changed, Instant readAt) {
    /**
     * The age of the last change from which an equal time shows that there was no further change. Two changes within one tick
     * of the file system's clock, which may be two seconds, have the same time.
     */
    private static final Duration SETTLED = Duration.ofSeconds(3);

    /** @throws IOException if the folder does not exist or cannot be read */
    public static FolderStamp read(Path folder) throws IOException {
        return new FolderStamp(Files.getLastModifiedTime(folder), Instant.now());
    }

    /**
     * Returns whether this stamp shows that no file of the folder has changed since an earlier one.
     *
     * @param longest the age of the earlier stamp up to which it counts, for file systems with wrong times
     */
    public boolean isUnchangedSince(FolderStamp before, Duration longest) {
        return changed.equals(before.changed)
                && before.changed.toInstant().plus(SETTLED).isBefore(before.readAt)
                && !readAt.isBefore(before.readAt)
                && before.readAt.plus(longest).isAfter(readAt);
    }
}
