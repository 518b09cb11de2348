package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class RcloneRuleTest {
    private static final String NAS =
            "[nas]\ntype = sftp\nhost = nas.example.org\nknown_hosts_file = /keys/known_hosts\n";

    private static void require(String remote, String config) {
        RcloneRule.require(remote, RcloneConfig.parse(config), file -> file.equals("/keys/known_hosts"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nas:", "nas:pgsteward", "nas:/srv/pgsteward", "nas:a b/ü"})
    void remotesInTheConfigurationAreAccepted(String remote) {
        assertThatCode(() -> require(remote, NAS)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/srv/pgsteward",
                "pgsteward",
                ":sftp,host=evil.example.org:x",
                ":local:/etc",
                "nas,known_hosts_file=:x",
                "-nas:x",
                "nas:../x",
                "other:x",
                "nas:x\ny",
                "nas:x\u202ey"
            })
    void otherRemotesAreRefused(String remote) {
        assertThatIllegalArgumentException().isThrownBy(() -> require(remote, NAS));
    }

    @Test
    void theNamesOfRemotesAreShownIfOneIsWrong() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> require("nass:x", NAS + "[disk]\ntype = local\n"))
                .withMessage("the remote is 'nass:x', and rclone.conf has no remote of that name; it has disk, nas");
    }

    @Test
    void sftpNeedsTheKeyOfItsHost() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> require("nas:x", NAS.replaceFirst("known_hosts_file.*", "port = 2222")))
                .withMessageContaining("`ssh-keyscan -p 2222 nas.example.org > known_hosts`");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> require("nas:x", NAS.replace("/keys/", "/other/")))
                .withMessageContaining("is '/other/known_hosts', which pgsteward cannot read");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> require("nas:x", NAS + "key_file = ~/.ssh/id_ed25519\n"))
                .withMessageContaining("is '~/.ssh/id_ed25519', which pgsteward cannot read");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "type = alias\nremote = nas:x",
                "type = crypt\nremote = nas:",
                "type = union\nupstreams = a:x nas:y"
            })
    void sftpBehindAnotherRemoteNeedsItToo(String wrapper) {
        String config = NAS.replaceFirst("known_hosts_file.*", "") + "[a]\ntype = local\n[top]\n" + wrapper + "\n";
        assertThatIllegalArgumentException()
                .isThrownBy(() -> require("top:x", config))
                .withMessageContaining("the remote 'nas' trusts any server");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "type = alias\nremote = :sftp,host=evil.example.org:x",
                "type = alias\nremote = nas,known_hosts_file=:x",
                "type = union\nupstreams = nas:x :sftp,host=evil.example.org:y",
                "type = combine\nupstreams = a=nas:x b=:sftp:y",
                "type = alias\nremote = missing:x"
            })
    void wrappersMustNotMakeRemotesOfTheirOwn(String wrapper) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> require("top:x", NAS + "[top]\n" + wrapper + "\n"))
                .withMessageContaining("the remote of 'top' in rclone.conf is '");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ftp | host = x | false",
                "ftp | explicit_tls = false | false",
                "ftp | explicit_tls = true | true",
                "ftp | tls = true | true",
                "webdav | url = http://x/ | true",
                "webdav | url = https://x/;pass = abc | true",
                "webdav | url = http://x/;pass = abc | false",
                "webdav | url = http://user:abc@x/ | false",
                "webdav | url = http://127.0.0.1:80@x/;pass = abc | false",
                "webdav | url = http://127.0.0.1.example.org/;pass = abc | false",
                "webdav | url = http://127.0.0.1:8080/dav;pass = abc | true",
                "webdav | url = http://localhost;pass = abc | true"
            })
    void passwordsInClearTextAreRefused(String type, String options, boolean accepted) {
        String config = "[x]\ntype = " + type + "\n" + options.replace(';', '\n') + "\n";
        if (accepted) {
            assertThatCode(() -> require("x:y", config)).doesNotThrowAnyException();
        } else {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> require("x:y", config))
                    .withMessageContaining("sends its password in clear text");
        }
    }
}
