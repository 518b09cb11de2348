package org.pgsteward.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Reads a file that others may write to, as long as it is no larger than what belongs there. To open a named pipe waits for
 * a program that writes into it, so nothing but plain files, and links to them, is opened.
 */
public final class BoundedFile {
    private BoundedFile() {}

    /** The file has more bytes than belong there. */
    public static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1;

        TooLarge(Path file, int most) {
            super(file + " has more than " + most + " bytes, which is the limit");
        }
    }

    /**
     * Opens the file itself. A link is refused: a program that may write into its folder could name any file of ours.
     *
     * @throws java.nio.file.NoSuchFileException when it is not there
     * @throws IOException when it is a link or no plain file, or cannot be read
     */
    public static InputStream openNoLink(Path file) throws IOException {
        return open(file, LinkOption.NOFOLLOW_LINKS);
    }

    private static InputStream open(Path file, LinkOption... links) throws IOException {
        BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class, links);
        if (!found.isRegularFile()) {
            throw new IOException(
                    "cannot read " + file + ": it is " + (found.isSymbolicLink() ? "a link" : "no plain file"));
        }
        return Files.newInputStream(file, links);
    }

    /** The same, whole. */
    public static byte[] bytesNoLink(Path file, int most) throws IOException {
        try (InputStream content = openNoLink(file)) {
            return read(file, content, most);
        }
    }

    /** @throws TooLarge when it has more bytes than {@code most}; no more than that are read */
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

    /** The same as text in UTF-8. */
    public static String text(Path file, int most) throws IOException {
        return new String(bytes(file, most), StandardCharsets.UTF_8);
    }

    /** The same of a file that an operator names, who may as well name a pipe such as {@code /dev/stdin}. */
    public static String textOfAny(Path file, int most) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            return new String(read(file, content, most), StandardCharsets.UTF_8);
        }
    }
}
