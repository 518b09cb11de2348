package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.Age;
import org.pgsteward.model.Secret;

@Tag("fast")
class EncryptedStreamTest {
    private static final int CHUNK = 64 * 1024;

    private final Age age = Age.keys();
    private final AgeKeys keys = AgeKeys.of(List.of(age.recipient()), Optional.of(new Secret(age.identity())));

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3_000_000})
    void decryptsToTheSameBytes(int length) throws IOException {
        byte[] plain = random(length);
        byte[] encrypted = encrypted(plain, keys);
        assertThat(keys.opening(new ByteArrayInputStream(encrypted)).readAllBytes())
                .isEqualTo(plain);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, CHUNK, 3_000_000})
    void theProgramAgeDecryptsTheStream(int length) throws Exception {
        assumeTrue(Age.isInstalled(), "skipped: the program age is not on this machine; install age");
        byte[] plain = random(length);
        Path file = Files.write(folder.resolve("sealed.age"), encrypted(plain, keys));
        Path key = Files.writeString(folder.resolve("key"), age.identity() + "\n");
        assertThat(printed("age", "--decrypt", "--identity", key.toString(), file.toString()))
                .isEqualTo(plain);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, CHUNK, 3_000_000})
    void decryptsFilesOfTheProgramAge(int length) throws Exception {
        assumeTrue(Age.isInstalled(), "skipped: the program age is not on this machine; install age");
        byte[] plain = random(length);
        Path file = Files.write(folder.resolve("plain"), plain);
        byte[] encrypted =
                printed("age", "--recipient", Age.keys().recipient(), "--recipient", age.recipient(), file.toString());
        assertThat(keys.opening(new ByteArrayInputStream(encrypted)).readAllBytes())
                .isEqualTo(plain);
    }

    @Test
    void eachOfTwoRecipientsDecryptsWithItsOwnIdentity() throws IOException {
        Age other = Age.keys();
        byte[] plain = random(200_000);
        byte[] encrypted = encrypted(plain, AgeKeys.of(List.of(age.recipient(), other.recipient()), Optional.empty()));
        for (Age each : List.of(age, other)) {
            AgeKeys his = AgeKeys.of(List.of(), Optional.of(new Secret(each.identity())));
            assertThat(his.opening(new ByteArrayInputStream(encrypted)).readAllBytes())
                    .isEqualTo(plain);
        }
    }

    @Test
    void anIdentityFileMayHaveSeveralKeys() throws IOException {
        byte[] plain = random(1000);
        AgeKeys many = AgeKeys.of(List.of(), Optional.of(new Secret(Age.keys().identity() + "\n" + age.identity())));
        assertThat(many.opening(new ByteArrayInputStream(encrypted(plain, keys)))
                        .readAllBytes())
                .isEqualTo(plain);
    }

    @Test
    void reportsAFileForAnotherRecipient() throws IOException {
        AgeKeys others = AgeKeys.of(List.of(), Optional.of(new Secret(Age.keys().identity())));
        byte[] encrypted = encrypted(random(1000), keys);
        assertThatThrownBy(() -> others.opening(new ByteArrayInputStream(encrypted)))
                .isInstanceOf(AgeKeys.NotForUs.class)
                .hasMessageContaining("pgsteward.backup.identity");
    }

    @Test
    void containsNoPlainText() throws IOException {
        byte[] plain = "a word that would be seen ".repeat(10_000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        assertThat(new String(encrypted(plain, keys), java.nio.charset.StandardCharsets.ISO_8859_1))
                .startsWith("age-encryption.org/v1\n-> X25519 ")
                .doesNotContain("a word that");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 17, CHUNK + 16, 2 * (CHUNK + 16), 199_000})
    void refusesATruncatedStream(int bytes) throws IOException {
        byte[] encrypted = encrypted(random(200_000), keys);
        byte[] cut = Arrays.copyOf(encrypted, encrypted.length - bytes);
        assertThatThrownBy(() -> keys.opening(new ByteArrayInputStream(cut)).readAllBytes())
                .isInstanceOf(IOException.class);
    }

    @Test
    void aFailingSourceDoesNotFinishTheEncryption() {
        InputStream broken = new FilterInputStream(new ByteArrayInputStream(random(200_000))) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int read = super.read(target, offset, length);
                if (read < 0) {
                    throw new IOException("the program died");
                }
                return read;
            }
        };
        assertThatThrownBy(() -> {
                    try (EncryptedStream stream = new EncryptedStream(broken, keys)) {
                        stream.readAllBytes();
                    }
                })
                .hasMessage("the program died");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    void decryptsASourceThatReturnsFewBytesAtATime(int most) throws IOException {
        byte[] plain = random(200_000);
        InputStream slow = new FilterInputStream(new ByteArrayInputStream(encrypted(plain, keys))) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return super.read(target, offset, Math.min(length, most));
            }
        };
        assertThat(keys.opening(slow).readAllBytes()).isEqualTo(plain);
    }

    private static byte[] encrypted(byte[] plain, AgeKeys keys) throws IOException {
        try (EncryptedStream stream = new EncryptedStream(new ByteArrayInputStream(plain), keys)) {
            byte[] encrypted = stream.readAllBytes();
            assertThat(stream.read()).as("reading after the end").isEqualTo(-1);
            return encrypted;
        }
    }

    private static byte[] printed(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        byte[] printed = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).isZero();
        return printed;
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}
