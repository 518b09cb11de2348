package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class ResticSettingsTest {
    private static final String SECRET = "v3ry-secret";

    @TempDir
    private Path here;

    private ResticSettings settings(String repository) {
        return new ResticSettings(
                "restic",
                "pgsteward.copy.restic",
                repository,
                "the-password",
                Map.of("AWS_SECRET_ACCESS_KEY", SECRET),
                new ResticSettings.Ssh(Optional.empty(), Optional.empty()),
                here);
    }

    @Test
    void variablesHaveTheFormOfAnEnvironmentFile() throws Exception {
        assertThat(ResticSettings.variables("# S3\nexport AWS_ACCESS_KEY_ID=a b\n\nB='c=d'\nC=\"\"\n"))
                .containsExactlyInAnyOrderEntriesOf(Map.of("AWS_ACCESS_KEY_ID", "a b", "B", "c=d", "C", ""));
    }

    @Test
    void anotherFormIsRefusedWithoutItsText() {
        assertThatThrownBy(() -> ResticSettings.variables("A=1\n" + SECRET))
                .isInstanceOf(IOException.class)
                .hasMessage("line 2 of the variables of restic is not NAME=value");
    }

    @Test
    void theEnvironmentHasTheSecretsOfTheSettings() {
        assertThat(settings("/srv/repository").environment())
                .containsEntry("RESTIC_PASSWORD", "the-password")
                .containsEntry("RESTIC_REPOSITORY", "/srv/repository")
                .containsEntry("AWS_SECRET_ACCESS_KEY", SECRET);
    }

    @Test
    void repositoryPasswordAndVariablesAreRedacted() {
        ResticSettings settings = settings("rest:https://nas:p4ss:word@host/one");
        assertThat(settings.redacted("x rest:https://nas:p4ss:word@host/one y https://nas:p4ss:word@host/one/config"
                        + " the-password p4ss:word " + SECRET))
                .isEqualTo("x *** y ***/config *** *** ***");
    }

    @ParameterizedTest
    @CsvSource({
        "sftp://me@nas:2222//srv/r, -p 2222 -l me nas -s sftp",
        "sftp://nas/srv/r, nas -s sftp",
        "sftp:me@nas:/srv/r, -l me nas -s sftp",
        "sftp:nas:r, nas -s sftp",
        "sftp://me@[fe80::1]:22/r, -p 22 -l me fe80::1 -s sftp"
    })
    void sshGetsTheHostOfTheAddress(String repository, String end) throws Exception {
        List<String> options = ResticSsh.options(settings(repository), here.resolve("ssh.log"));
        assertThat(options).hasSize(2).startsWith("-o");
        assertThat(options.get(1))
                .startsWith("sftp.command=ssh -o BatchMode=yes -o StrictHostKeyChecking=yes ")
                .endsWith("/ssh.log " + end);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sftp:-oProxyCommand=x:r",
                "sftp://-oProxyCommand=x/r",
                "sftp://me@na s/r",
                "sftp://'me'@nas/r",
                "sftp://me@nas;id/r",
                "sftp:nas"
            })
    void anAddressWithOtherWordsForSshIsRefused(String repository) {
        assertThatThrownBy(() -> ResticSsh.options(settings(repository), here.resolve("ssh.log")))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("pgsteward.copy.restic.repository is not an address");
    }

    @Test
    void aPathWithABlankIsRefused() throws Exception {
        Path hosts = Files.writeString(here.resolve("known hosts"), "");
        ResticSettings one = settings("sftp:nas:r");
        ResticSettings settings = new ResticSettings(
                one.target(),
                one.prefix(),
                one.repository(),
                one.password(),
                Map.of(),
                new ResticSettings.Ssh(Optional.of(hosts), Optional.empty()),
                here);
        assertThatThrownBy(() -> ResticSsh.options(settings, here.resolve("ssh.log")))
                .hasMessageStartingWith("pgsteward.copy.restic.known.hosts: the path " + hosts);
    }

    /** The texts of restic 0.14, which has no exit codes for causes, and of 0.18. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1|Fatal: wrong password or no key found|WRONG_PASSWORD",
                "12|Fatal: wrong password or no key found|WRONG_PASSWORD",
                "1|unable to create lock in backend: repository is already locked exclusively by PID 7|LOCKED",
                "11||LOCKED",
                "1|unable to create lock in backend: open /r/locks/x: permission denied|READ_ONLY",
                "1|Fatal: unable to open config file: stat /r/config. Is there a repository at the following location?|NO_REPOSITORY",
                "10|Fatal: repository does not exist. Is there a repository at the following location?|NO_REPOSITORY",
                "1|dial tcp 127.0.0.1:9: connect: connection refused. Is there a repository at the following location?|LINK",
                "1|subprocess ssh: Host key verification failed.|LINK",
                "1|cannot dump file: decrypting blob 6ea9 failed: ciphertext verification failed|OTHER"
            })
    void failuresAreRecognised(int exit, String errors, ResticFailure.Kind kind) {
        assertThat(ResticFailure.of(settings("/r1"), "dump", exit, errors == null ? "" : errors)
                        .kind())
                .isEqualTo(kind);
    }

    /** The texts of restic 0.18. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Fatal: cannot dump file: decrypting blob <data/d3> from e4 failed: ciphertext verification failed|true",
                "Fatal: cannot dump file: ReadFull(<data/c7>): file is too short|true",
                "Fatal: cannot dump file: ReadFull(<data/41>): open r/data/41/41: no such file or directory|true",
                "Fatal: cannot dump file: ReadFull(<data/41>): connection lost|false",
                "Fatal: unable to open repository at /r: stat /r/config: no such file or directory|false"
            })
    void damageDiffersFromABrokenConnection(String errors, boolean isDamage) {
        assertThat(ResticFailure.of(settings("/r1"), "dump", 1, errors).isDamage())
                .isEqualTo(isDamage);
    }

    @Test
    void aSnapshotWithoutAllTagsOrBytesIsIncomplete() throws Exception {
        List<String> tags = ResticSnapshot.tags("app-1", "a,b%/app-1.dump.zst", "plain", "abc", 8);
        ResticSnapshot whole = new ResticSnapshot("0123456789ab", "2026", tags, OptionalLong.of(8));
        assertThat(whole.isComplete()).isTrue();
        assertThat(whole.path()).hasValue("a,b%/app-1.dump.zst");
        assertThat(tags).noneMatch(tag -> tag.contains(","));
        assertThat(new ResticSnapshot("01234567", "", tags, OptionalLong.of(7)).isComplete())
                .isFalse();
        for (int i = 0; i < tags.size(); i++) {
            List<String> fewer = new java.util.ArrayList<>(tags);
            fewer.remove(i);
            assertThat(new ResticSnapshot("01234567", "", fewer, OptionalLong.empty()).isComplete())
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[{\"id\":\"--target\"}]", "[{\"id\":\"0123456789\"", "no"})
    void anythingButAListOfSnapshotsIsRefused(String output) {
        assertThatThrownBy(() -> ResticSnapshot.read(new ByteArrayInputStream(output.getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aListWithoutSnapshotsIsEmpty() throws Exception {
        for (String output : List.of("[]", "null")) {
            assertThat(ResticSnapshot.read(new ByteArrayInputStream(output.getBytes(StandardCharsets.UTF_8))))
                    .isEmpty();
        }
    }
}
