package org.pgsteward.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Reader of files that other programs may write to, up to a maximum size. It opens only regular files and links to
 * them, since opening a named pipe blocks until a program writes to it.
 */
public final class BoundedFile {
    private BoundedFile() {}

    /** The file has more bytes than its limit allows. */
    public static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1;

        TooLarge(Path file, int most) {
            super("cannot read " + file + ": it has more than the limit of " + most + " bytes");
        }
    }

    /**
     * Opens the file itself and refuses a symbolic link. With a link, a program that may write to the folder could make
     * pgsteward read any of its own files.
     *
     * @throws java.nio.file.NoSuchFileException if the file does not exist
     * @throws IOException if the file is a link or no regular file, or cannot be read
     */
    public static InputStream openNoLink(Path file) throws IOException {
        return open(file, LinkOption.NOFOLLOW_LINKS);
    }

    private static InputStream open(Path file, LinkOption... links) throws IOException {
        BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class, links);
        if (!found.isRegularFile()) {
            throw new IOException("cannot read " + file + ": it is "
                    + (found.isSymbolicLink() ? "a symbolic link" : "not a regular file"));
        }
        return Files.newInputStream(file, links);
    }

    /**
     * Reads the whole file and refuses a symbolic link, as {@link #openNoLink} does.
     *
     * @throws TooLarge if the file has more bytes than {@code most}
     */
    public static byte[] bytesNoLink(Path file, int most) throws IOException {
        try (InputStream content = openNoLink(file)) {
            return read(file, content, most);
        }
    }

    /**
     * Reads the whole file, also through a symbolic link.
     *
     * @throws TooLarge if the file has more bytes than {@code most}; at most one byte beyond the limit is read
     */
    public static byte[] bytes(Path file, int most) throws IOException {
        try (InputStream content = open(file)) {
            return read(file, content, most);
        }
    }

    private static byte[] read(Path file, InputStream content, int most) throws IOException {
        byte[] bytes = content.readNBytes(most + 1);
        if (bytes.length > most) {
            throw new TooLarge(file, most);
        }
        return bytes;
    }

    /**
     * Reads the whole file as UTF-8, also through a symbolic link.
     *
     * @throws TooLarge if the file has more bytes than {@code most}
     */
    public static String text(Path file, int most) throws IOException {
        return new String(bytes(file, most), StandardCharsets.UTF_8);
    }

    /**
     * Reads a file of any type as UTF-8. An operator names this file, and may also name a pipe such as
     * {@code /dev/stdin}.
     *
     * @throws TooLarge if the file has more bytes than {@code most}
     */
    public static String textOfAny(Path file, int most) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            return new String(read(file, content, most), StandardCharsets.UTF_8);
        }
    }
}
