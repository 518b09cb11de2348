package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class RcloneConfigTest {
    private static final String CONFIG = """
            # a comment
            ; another one
            [nas]
            type = sftp
            host=nas.example.org
            pass = 8Lue-fw2kdp1B4w4L4D5X1H-kZihBppOtMxx7Qin0A

            [drive]
            type = drive
            token = {"access_token":"ya29.AAAA","refresh_token":"1//0gBBBB","expiry":"2026-12-01T00:00:00Z"}

            [hidden]
            type = crypt
            remote = nas:pgsteward
            password = 8Lue-fw2kdp1B4w4L4D5X1H-kZihBppOtMxx7Qin0A

            [short]
            type = alias
            remote = hidden:sub

            [both]
            type = union
            upstreams = hidden:a short:b:ro

            [mixed]
            type = combine
            upstreams = "a=hidden:x" b=nas:

            [disk]
            type = local

            [link]
            type = alias
            remote = /mnt/disk

            [loop]
            type = alias
            remote = loop:
            """;

    private final RcloneConfig config = RcloneConfig.parse(CONFIG);

    @Test
    void optionsAreThoseOfEachRemote() {
        assertThat(config.sections())
                .containsOnlyKeys("nas", "drive", "hidden", "short", "both", "mixed", "disk", "link", "loop");
        assertThat(config.type("nas")).isEqualTo("sftp");
        assertThat(config.option("nas", "host")).contains("nas.example.org");
        assertThat(config.option("none", "host")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "nas,false,false",
        "hidden,true,false",
        "short,true,false",
        "both,true,false",
        "mixed,false,false",
        "disk,false,true",
        "link,false,true",
        "loop,false,false",
        "none,false,false"
    })
    void encryptedAndLocalRemotesAreKnown(String remote, boolean isEncrypted, boolean isLocal) {
        assertThat(config.isEncrypted(remote)).isEqualTo(isEncrypted);
        assertThat(config.isLocal(remote)).isEqualTo(isLocal);
    }

    @Test
    void secretsIncludeRevealedPasswordsAndPartsOfTokens() {
        assertThat(config.secrets())
                .contains("8Lue-fw2kdp1B4w4L4D5X1H-kZihBppOtMxx7Qin0A", "test-password-1", "ya29.AAAA", "1//0gBBBB")
                .doesNotContain("nas.example.org", "sftp", "nas:pgsteward");
    }

    @Test
    void addressesBehindWrappersAreFound() {
        assertThat(config.wrapped("mixed")).isEqualTo(List.of("hidden:x", "nas:"));
        assertThat(config.wrapped("both")).isEqualTo(List.of("hidden:a", "short:b:ro"));
        assertThat(config.wrapped("nas")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "type = sftp",
                "[nas]\ntype: sftp-S3CRET",
                "[nas]\nS3CRET",
                "[nas]\ntype = a\\",
                "[nas]\nx = \"\"\"S3CRET",
                "[a:b]",
                "[-\u0000]"
            })
    void unclearLinesAreRefusedWithoutTheirContent(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RcloneConfig.parse(text))
                .withMessageContaining("of rclone.conf is neither a name in brackets nor KEY = VALUE")
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("S3CRET"));
    }

    @Test
    void encryptedAndLargeFilesAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> RcloneConfig.parse("# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc"))
                .withMessageContaining("rclone.conf is encrypted");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RcloneConfig.parse("#".repeat(300_000)))
                .withMessageContaining("more than 262144 characters");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RcloneConfig.parse(java.util.stream.IntStream.range(0, 201)
                        .mapToObj(n -> "[r" + n + "]\n")
                        .reduce("", String::concat)))
                .withMessageContaining("more than 200 remotes");
    }
}
