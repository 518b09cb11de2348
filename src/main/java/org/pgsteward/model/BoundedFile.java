package org.pgsteward.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a file that others may write to, as long as it is no larger than what belongs there. */
public final class BoundedFile {
    private BoundedFile() {}

    /** The file has more bytes than belong there. */
    public static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1;

        TooLarge(Path file, int most) {
            super(file + " has more than " + most + " bytes, which is the limit");
        }
    }

    /** @throws TooLarge when it has more bytes than {@code most}; no more than that are read */
    public static byte[] bytes(Path file, int most) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            byte[] bytes = content.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new TooLarge(file, most);
            }
            return bytes;
        }
    }

    /** The same as text in UTF-8. */
    public static String text(Path file, int most) throws IOException {
        return new String(bytes(file, most), StandardCharsets.UTF_8);
    }
}
