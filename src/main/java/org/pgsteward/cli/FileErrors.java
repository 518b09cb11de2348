package org.pgsteward.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;

/** Texts about files. The message of Java's exception is often the path alone. */
final class FileErrors {
    private FileErrors() {}

    /** Returns the message of any exception. */
    static String words(Throwable thrown) {
        if (thrown instanceof FileSystemException refused && refused.getFile() != null) {
            return words(refused, refused.getFile());
        }
        return thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
    }

    private static String words(FileSystemException refused, String file) {
        if (refused instanceof AccessDeniedException) {
            Path obstacle = existing(Path.of(file).toAbsolutePath());
            return "no permission for " + file + ": " + obstacle + " belongs to " + owner(obstacle) + ", and you are "
                    + System.getProperty("user.name") + "; run this as that user, or name another folder";
        }
        if (refused instanceof NoSuchFileException) {
            return file + " does not exist";
        }
        if (refused instanceof FileAlreadyExistsException) {
            return file + " exists, and is not a folder";
        }
        String reason = refused.getReason();
        return file + ": " + (reason == null ? refused.toString() : reason.toLowerCase(Locale.ROOT));
    }

    private static Path existing(Path path) {
        Path existing = path;
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }

    private static String owner(Path path) {
        try {
            return Files.getOwner(path).getName();
        } catch (IOException unknown) {
            return "another user";
        }
    }
}
