package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.postgres.ClientProgram;

@Tag("fast")
class RcloneErrorsTest {
    private static String cause(String... lines) {
        return RcloneErrors.cause(new ClientProgram.Ended(1, List.of(lines)), Set.of("S3CRET", "S3CRET-and-more"));
    }

    @Test
    void theLastFailureIsTheCause() {
        assertThat(cause(
                        "2026/12/01 02:02:45 ERROR : a.part: Failed to copy: sftp: \"Permission denied\"",
                        "2026/12/01 02:02:45 NOTICE: Config file not found",
                        "2026/12/01 02:02:45 Failed to cat with 2 errors: last error was: unexpected EOF"))
                .isEqualTo("unexpected EOF");
        assertThat(cause("2026/12/01 02:02:45 CRITICAL: Failed to copyto: quota exceeded"))
                .isEqualTo("quota exceeded");
        assertThat(cause("2026/12/01 02:02:45 Fatal error: unknown flag: --x"))
                .isEqualTo("Fatal error: unknown flag: --x");
        assertThat(
                        cause(
                                "2026/12/01 02:02:45 Failed to create file system for \"nas:x\": NewFs: couldn't connect SSH: EOF"))
                .isEqualTo("couldn't connect SSH: EOF");
        assertThat(cause()).isEqualTo("rclone ended with exit code 1");
    }

    @Test
    void secretsAreRemoved() {
        assertThat(cause("Failed to lsf: login S3CRET-and-more refused")).isEqualTo("login *** refused");
        assertThat(cause("Failed to lsf: Get \"https://me:pass@x.example.org/a?sig=abc\": EOF"))
                .isEqualTo("Get \"https://***@x.example.org/a?***\": EOF");
        assertThat(cause("Failed to lsf: " + "x".repeat(290) + " S3CRET-and-more"))
                .doesNotContain("S3");
    }

    @Test
    void hostileTextIsOneShortLine() {
        assertThat(cause("Failed to lsf: a\u001b[31m\u202eb\tc " + "x".repeat(100_000)))
                .startsWith("a [31m b c x")
                .hasSizeLessThanOrEqualTo(300);
    }

    @Test
    void knownFaultsHaveTheNextStep() {
        assertThat(cause("Failed to lsf: error in ListJSON: directory not found"))
                .isEqualTo(
                        "the folder of the remote is missing there; correct the address, or let 'pgsteward check --copies'"
                                + " make it: error in ListJSON: directory not found");
        assertThat(cause("Failed to lsf: couldn't connect SSH: ssh: unable to authenticate, attempted methods [none]"))
                .startsWith("the server refuses the login; correct the user of the remote, and register");
        assertThat(cause("Failed to lsf: input too short when revealing password - is it obscured?"))
                .startsWith("a password in rclone.conf must be the output of 'rclone obscure'");
        assertThat(cause("Failed to lsf: couldn't connect SSH: ssh: handshake failed: knownhosts: key mismatch"))
                .startsWith("the server has another host key than its known_hosts_file;");
        assertThat(cause("Failed to lsf: couldn't connect SSH: ssh: handshake failed: knownhosts: key is unknown"))
                .startsWith("the known_hosts_file has no key of this server; add it with ssh-keyscan");
    }
}
