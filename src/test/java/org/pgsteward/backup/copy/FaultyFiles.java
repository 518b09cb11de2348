package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.pgsteward.TestHost;
import org.pgsteward.io.Sha256;

/** Reads and damages files of a target, behind the back of pgsteward. */
final class FaultyFiles {
    private FaultyFiles() {}

    /** Returns the SHA-256 of a file; empty if it is missing. */
    static Optional<String> sha256(Path file) throws IOException {
        try (InputStream content = Files.newInputStream(file)) {
            return Optional.of(sha256(content));
        } catch (NoSuchFileException missing) {
            return Optional.empty();
        }
    }

    static String sha256(InputStream content) throws IOException {
        MessageDigest digest = Sha256.digest();
        new DigestInputStream(content, digest).transferTo(OutputStream.nullOutputStream());
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * Changes a file in place.
     *
     * @param how 0 flips a bit, 1 cuts the end off, 2 appends a byte
     */
    static void alter(Path file, int how, int position) throws IOException {
        byte[] content = Files.readAllBytes(file);
        assertThat(content).isNotEmpty();
        int at = position % content.length;
        switch (how) {
            case 0 -> {
                content[at] ^= 1;
                Files.write(file, content);
            }
            case 1 -> Files.write(file, java.util.Arrays.copyOf(content, at));
            default -> Files.write(file, java.util.Arrays.copyOf(content, content.length + 1));
        }
    }

    /** Gives all files below a folder a time of the next year. */
    static void age(Path folder) throws IOException {
        FileTime future = FileTime.from(Instant.parse("2027-12-31T12:00:00Z"));
        for (Path file : TestHost.files(folder, "")) {
            Files.setLastModifiedTime(file, future);
        }
    }
}
