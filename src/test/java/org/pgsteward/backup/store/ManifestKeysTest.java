package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.model.Secret;

/** The content that a signature covers, the keys that verify it, and the effects of a missing or wrong signature. */
@Tag("fast")
class ManifestKeysTest {
    private static final String KEY = "00112233445566778899aabbccddeeff".repeat(2);
    private static final String OTHER = "ff".repeat(32);
    private static final String MANIFEST = "{\n  \"sha256\" : \"ab\",\n  \"rows\" : {\n    \"t\" : 1\n  }\n}";

    @TempDir
    private Path state;

    @Test
    void aSignedManifestIsValidAndEveryChangedByteOfItIsNoticed() throws IOException {
        ManifestKeys keys = keys(KEY);
        byte[] signed = keys.signed(bytes(MANIFEST));
        assertThat(keys.check(signed)).isEqualTo(ManifestSignature.VALID);
        for (int at = 0; at < signed.length; at++) {
            byte[] changed = signed.clone();
            changed[at] ^= 1;
            assertThat(keys.check(changed)).as("byte %d", at).isNotEqualTo(ManifestSignature.VALID);
        }
        assertThat(keys.check(bytes(text(signed).replace("\"t\" : 1", "\"t\" : 2"))))
                .isEqualTo(ManifestSignature.WRONG);
        assertThat(keys.check(bytes(text(signed).replace("\"ab\"", "\"ab\",\n  \"owner\" : \"evil\""))))
                .isEqualTo(ManifestSignature.WRONG);
    }

    @Test
    void theNewKeySignsAndTheOldKeyStillVerifies() throws IOException {
        byte[] old = keys(KEY).signed(bytes(MANIFEST));
        ManifestKeys both = keys("# the new one\n" + OTHER + "\n" + KEY + "\n");
        assertThat(both.check(old)).isEqualTo(ManifestSignature.VALID);
        byte[] fresh = both.signed(bytes(MANIFEST));
        assertThat(keys(OTHER).check(fresh)).isEqualTo(ManifestSignature.VALID);
        assertThat(keys(KEY).check(fresh)).isEqualTo(ManifestSignature.FOREIGN);
        assertThat(both.check(bytes(MANIFEST))).isEqualTo(ManifestSignature.MISSING);
    }

    @Test
    void withoutTheSettingAKeyIsMadeInTheStateFolderAndKept() throws IOException {
        ManifestKeys own = ManifestKeys.of(Optional.empty(), state.resolve("manifest_key"));
        assertThat(own.check(bytes(MANIFEST))).isEqualTo(ManifestSignature.UNCHECKED);
        assertThat(state).isEmptyDirectory();

        byte[] signed = own.signed(bytes(MANIFEST));
        assertThat(state.resolve("manifest_key")).content().matches("[0-9a-f]{64}\\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state.resolve("manifest_key"))))
                .isEqualTo("rw-------");
        assertThat(ManifestKeys.of(Optional.empty(), state.resolve("manifest_key"))
                        .check(signed))
                .isEqualTo(ManifestSignature.VALID);
        // A key that is set later signs new manifests, and signatures of the key in the state folder stay valid.
        ManifestKeys later = ManifestKeys.of(Optional.of(new Secret(KEY)), state.resolve("manifest_key"));
        assertThat(later.check(signed)).isEqualTo(ManifestSignature.VALID);
        assertThat(keys(KEY).check(later.signed(bytes(MANIFEST)))).isEqualTo(ManifestSignature.VALID);
    }

    @Test
    void severalProcessesThatMakeTheKeyAtATimeUseTheSame() {
        List<CompletableFuture<byte[]>> signing = IntStream.range(0, 8)
                .mapToObj(one -> CompletableFuture.supplyAsync(() -> {
                    try {
                        return ManifestKeys.of(Optional.empty(), state.resolve("manifest_key"))
                                .signed(bytes(MANIFEST));
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }))
                .toList();
        assertThat(signing.stream()
                        .map(CompletableFuture::join)
                        .map(ManifestKeysTest::text)
                        .distinct())
                .hasSize(1);
        assertThat(state.toFile().list()).containsExactly("manifest_key");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"short", "# only a comment", "zz112233445566778899aabbccddeeffzz112233445566778899aabbccddeeff"})
    void aSettingThatIsNoKeyIsRefusedWithoutQuotingIt(String setting) {
        assertThatThrownBy(() -> keys(setting))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("openssl rand -hex 32")
                .hasMessageNotContaining(setting);
    }

    @Test
    void anInvalidKeyFileIsNamedAndNotReplaced() throws IOException {
        Path file = Files.writeString(state.resolve("manifest_key"), "torn");
        ManifestKeys own = ManifestKeys.of(Optional.empty(), file);
        assertThatThrownBy(() -> own.signed(bytes(MANIFEST)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
        assertThat(file).hasContent("torn");
    }

    /**
     * Backups of a version without signatures stay valid. After the first signed backup each one needs a signature.
     */
    @ParameterizedTest
    @CsvSource({
        "VALID,     true,  false",
        "UNCHECKED, true,  false",
        "WRONG,     false, true",
        "WRONG,     true,  true",
        "MISSING,   false, false",
        "MISSING,   true,  true",
        "FOREIGN,   false, false",
        "FOREIGN,   true,  true",
    })
    void aWrongOrMissingSignatureMeansAnAlteredManifest(ManifestSignature signature, boolean later, boolean altered) {
        Instant first = Instant.parse("2026-03-01T03:00:00Z");
        assertThat(signature.alteration(later ? first.plusSeconds(1) : first, Optional.of(first)))
                .matches(reason -> reason.isPresent() == altered);
        if (signature != ManifestSignature.WRONG) {
            assertThat(signature.alteration(first, Optional.empty())).isEmpty();
        }
    }

    private ManifestKeys keys(String setting) {
        return ManifestKeys.of(Optional.of(new Secret(setting)), state.resolve("not-there"));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
