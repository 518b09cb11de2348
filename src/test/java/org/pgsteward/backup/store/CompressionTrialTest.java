package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class CompressionTrialTest {
    private final CompressionTrial trial = new CompressionTrial();

    @Test
    void proseGetsTheThoroughLevel() throws IOException {
        StringBuilder prose = new StringBuilder();
        try (Stream<Path> files = Files.walk(Path.of("src"))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".java"))
                    .sorted()
                    .toList()) {
                prose.append(Files.readString(file));
            }
        }
        assertThat(levelFor(prose.toString().getBytes(StandardCharsets.UTF_8))).isEqualTo(3);
    }

    @Test
    void similarRowsGetLevelOne() throws NoSuchAlgorithmException {
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        StringBuilder rows = new StringBuilder();
        for (int row = 0; rows.length() < CompressionTrial.SAMPLE; row++) {
            rows.append("%d\t{\"user\": %d, \"hash\": \"%s\"}\t".formatted(row, row % 1000, hash(md5, row)))
                    .append(("lorem ipsum dolor sit amet " + row + " ").repeat(12))
                    .append(hash(md5, row * 7))
                    .append('\n');
        }
        assertThat(levelFor(rows.toString().getBytes(StandardCharsets.UTF_8))).isEqualTo(1);
    }

    private static String hash(MessageDigest md5, int of) {
        return HexFormat.of().formatHex(md5.digest(Integer.toString(of).getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void incompressibleBytesGetLevelOne() {
        byte[] noise = new byte[CompressionTrial.SAMPLE];
        new Random(1).nextBytes(noise);
        assertThat(levelFor(noise)).isEqualTo(1);
    }

    @Test
    void anEmptySampleGetsLevelOne() {
        assertThat(levelFor(new byte[0])).isEqualTo(1);
    }

    @Test
    void theSampleIsLeftAsItWas() {
        ByteBuffer sample = ByteBuffer.allocate(1000).put(new byte[700]).flip();
        trial.levelFor(sample);
        assertThat(sample.position()).isZero();
        assertThat(sample.remaining()).isEqualTo(700);
    }

    private int levelFor(byte[] bytes) {
        ByteBuffer sample = ByteBuffer.allocate(CompressionTrial.SAMPLE);
        sample.put(bytes, 0, Math.min(bytes.length, CompressionTrial.SAMPLE)).flip();
        return trial.levelFor(sample);
    }
}
