package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class ContentHashTest {
    /** The header of PostgreSQL 15 has version 1.14, and those of 16 and 17 have 1.15 and 1.16. */
    @ParameterizedTest(name = "version 1.{0}")
    @CsvSource({"14", "15", "16"})
    void theTimeDoesNotCount(int minor) throws IOException {
        byte[] one = dump(minor, 1, "content");
        byte[] other = dump(minor, 2, "content");

        assertThat(hash(one)).isPresent().isEqualTo(hash(other));
        assertThat(hash(dump(minor, 1, "Content"))).isNotEqualTo(hash(one));
    }

    @ParameterizedTest(name = "version 1.{0}")
    @CsvSource({"14", "15", "16"})
    void everyOtherByteCounts(int minor) throws IOException {
        byte[] dump = dump(minor, 1, "content");
        int time = minor < 15 ? 16 : 12;
        for (int i = 0; i < dump.length; i++) {
            byte[] changed = dump.clone();
            changed[i] ^= 1;
            assertThat(hash(changed).equals(hash(dump))).as("byte %d", i).isEqualTo(i >= time && i < time + 35);
        }
    }

    @Test
    void theSizesOfTheReadsDoNotCount() throws IOException {
        byte[] dump = dump(14, 1, "content");
        for (int size = 1; size <= dump.length; size++) {
            ContentHash hash = new ContentHash(new ByteArrayInputStream(dump));
            while (hash.read(new byte[size], 0, size) >= 0) {
                assertThat(size).isPositive();
            }
            assertThat(hash.sha256Hex()).isEqualTo(hash(dump));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"P", "PGDMP", "-- PostgreSQL database cluster dump and some more text after it"})
    void anotherFormatHasNoHash(String text) throws IOException {
        assertThat(hash(text.getBytes(StandardCharsets.US_ASCII))).isEmpty();
    }

    @Test
    void aVersionWithAnotherHeaderHasNoHash() throws IOException {
        assertThat(hash(dump(13, 1, "content"))).isEmpty();
    }

    private static Optional<String> hash(byte[] dump) throws IOException {
        try (ContentHash hash = new ContentHash(new ByteArrayInputStream(dump))) {
            hash.transferTo(OutputStream.nullOutputStream());
            return hash.sha256Hex();
        }
    }

    private static byte[] dump(int minor, int second, String content) {
        ByteArrayOutputStream dump = new ByteArrayOutputStream();
        dump.writeBytes("PGDMP".getBytes(StandardCharsets.US_ASCII));
        dump.writeBytes(new byte[] {1, (byte) minor, 0, 4, 8, 1});
        dump.writeBytes(minor < 15 ? number(0) : new byte[] {0});
        for (int part : new int[] {second, 30, 3, 1, 11, 126, 0}) {
            dump.writeBytes(number(part));
        }
        dump.writeBytes(content.getBytes(StandardCharsets.US_ASCII));
        return dump.toByteArray();
    }

    private static byte[] number(int value) {
        return new byte[] {0, (byte) value, 0, 0, 0};
    }
}
