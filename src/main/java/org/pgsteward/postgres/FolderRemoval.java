package org.pgsteward.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Removal of a folder in which other processes may still work. The shell that guards a cluster removes the folder as
 * well, and a server that is about to end writes its last files.
 */
final class FolderRemoval {
    private static final int TRIES = 100;
    private static final Duration PAUSE = Duration.ofMillis(100);

    private FolderRemoval() {}

    /**
     * Removes a folder and its contents.
     *
     * @throws UncheckedIOException if the folder still exists after ten seconds, or if access is denied
     */
    static void remove(Path folder) {
        for (int tries = 1; Files.exists(folder, LinkOption.NOFOLLOW_LINKS); tries++) {
            try {
                Files.walkFileTree(folder, new Remover());
            } catch (DirectoryNotEmptyException written) {
                if (tries == TRIES) {
                    throw new UncheckedIOException(
                            "cannot remove " + folder + ": files are still written to it", written);
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            } catch (NoSuchFileException gone) {
                // Another process has removed the folder.
                return;
            } catch (IOException e) {
                throw new UncheckedIOException("cannot remove " + folder, e);
            }
        }
    }

    private static final class Remover extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException why) throws IOException {
            if (why instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw why;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException why) throws IOException {
            if (why != null && !(why instanceof NoSuchFileException)) {
                throw why;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
