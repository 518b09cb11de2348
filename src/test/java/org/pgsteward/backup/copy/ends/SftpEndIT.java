package org.pgsteward.backup.copy.ends;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("postgres")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SftpEndIT {
    private static final String PASSWORD = "a passphrase of a test";

    @TempDir
    private Path here;

    private Path file;
    private SftpEnd end;
    private Path configuration;
    private String there;

    @BeforeEach
    void startEnd() throws Exception {
        use(SftpEnd.start());
        byte[] content = new byte[3_000_000];
        new Random(1).nextBytes(content);
        file = Files.write(here.resolve("a b"), content);
    }

    private void use(SftpEnd started) throws Exception {
        end = started;
        configuration = end.rcloneConf("nas", end.port());
        there = "nas:" + end.served() + "/d/";
    }

    @AfterEach
    void stopEnd() throws Exception {
        // Null if the test was skipped for a missing program.
        if (end != null) {
            end.close();
        }
    }

    @Test
    void rcloneStoresReadsMovesAndDeletesAFile() throws Exception {
        Client.rclone(configuration, "copyto", file.toString(), there + "a b.part")
                .done();
        Client.rclone(configuration, "moveto", there + "a b.part", there + "a b")
                .done();
        assertThat(end.served().resolve("d")).isDirectoryContaining("glob:**/a b");
        assertThat(end.served().resolve("d/a b")).hasSameBinaryContentAs(file);

        Path back = here.resolve("back");
        Client.rclone(configuration, "copyto", there + "a b", back.toString()).done();
        assertThat(back).hasSameBinaryContentAs(file);
        assertThat(Client.rclone(configuration, "lsjson", "--hash", there).done())
                .contains("\"Size\":3000000")
                .doesNotContain("md5");
        assertThat(Client.rclone(configuration, "hashsum", "md5", there).err()).contains("hash type not supported");

        Client.rclone(configuration, "deletefile", there + "a b").done();
        assertThat(end.served().resolve("d")).isEmptyDirectory();
    }

    @Test
    void rcloneReadsChecksumsFromAServerWithAShell() throws Exception {
        end.close();
        use(SftpEnd.withShell());
        Client.rclone(configuration, "copyto", file.toString(), there + "a b").done();
        String md5 = Client.run(Map.of(), List.of("md5sum", file.toString())).done();
        assertThat(Client.rclone(configuration, "hashsum", "md5", there).done()).startsWith(md5.substring(0, 32));
        assertThat(Client.rclone(configuration, "lsjson", "--hash", there).done())
                .contains("\"md5\"", "\"sha1\"");
    }

    @Test
    void resticStoresAndRestoresAFile() throws Exception {
        assertThat(restic("init").exit()).isZero();
        restic("backup", file.toString()).done();
        String address = end.resticRepository("repository", end.port());
        Path back = here.resolve("back");
        Client.restic(
                        address,
                        PASSWORD,
                        end.resticCommand(end.port()),
                        Map.of(),
                        "restore",
                        "latest",
                        "--target",
                        back.toString())
                .done();
        assertThat(Path.of(back.toString(), file.toString())).hasSameBinaryContentAs(file);
    }

    @Test
    void anotherHostKeyIsRefused() throws Exception {
        restic("init").done();
        end.changeHostKey();
        assertThat(listing().err()).contains("knownhosts: key mismatch");
        // restic may end before it has printed the lines of ssh, so its output is no condition.
        assertThat(restic("snapshots").exit()).isEqualTo(1);
        assertThat(end.log()).contains("Connection closed by 127.0.0.1");
    }

    @Test
    void revokedKeyIsRefusedUntilItIsRestored() throws Exception {
        restic("init").done();
        end.revokeKey();
        Client refused = listing();
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("unable to authenticate");
        assertThat(restic("snapshots").exit()).isEqualTo(1);
        end.restoreKey();
        listing().done();
        restic("snapshots").done();
    }

    @Test
    void readOnlyFolderAcceptsNoFile() throws Exception {
        restic("init").done();
        end.readOnly(true);
        Client refused = Client.rclone(configuration, "copyto", file.toString(), there + "a");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).containsIgnoringCase("permission denied");
        assertThat(restic("backup", file.toString()).err()).contains("permission denied");
        end.readOnly(false);
        Client.rclone(configuration, "copyto", file.toString(), there + "a").done();
    }

    @Test
    void fullDiskAcceptsNoFile() throws Exception {
        end.close();
        try (MountedFolder disk = MountedFolder.of("2m");
                SftpEnd small = SftpEnd.on(disk)) {
            use(small);
            restic("init").done();
            Client full = Client.rclone(configuration, "copyto", file.toString(), there + "a");
            assertThat(full.exit()).isEqualTo(1);
            // OpenSSH names no cause.
            assertThat(full.err()).contains("SSH_FX_FAILURE");
            assertThat(end.served().resolve("d")).isEmptyDirectory();
            assertThat(restic("backup", file.toString()).err()).contains("no space left on device");
        }
    }

    @Test
    void stoppedServerIsUnavailableUntilItStarts() throws Exception {
        end.stop();
        assertThat(listing().err()).contains("connection refused");
        end.restart();
        Client.rclone(configuration, "mkdir", there).done();
        listing().done();
    }

    @Test
    void cutLinkFailsAndTheRecoveredLinkWorks() throws Exception {
        try (FaultyLink link = FaultyLink.to(end.port())) {
            Path through = end.rcloneConf("far", link.port());
            String far = "far:" + end.served() + "/d/a";
            link.cutAfter(FaultyLink.Way.UP, 1_000_000);
            Client cut = Client.rclone(through, "copyto", file.toString(), far);
            assertThat(cut.exit()).isNotZero();
            assertThat(link.cuts()).isPositive();
            link.recover();
            Client.rclone(through, "copyto", file.toString(), far).done();
            assertThat(end.served().resolve("d/a")).hasSameBinaryContentAs(file);

            link.stall();
            Client stalled = Client.rclone(through, "lsjson", "--contimeout", "1s", "--timeout", "2s", far);
            assertThat(stalled.exit()).isEqualTo(1);
        }
    }

    private Client listing() throws Exception {
        return Client.rclone(configuration, "lsjson", "nas:" + end.served());
    }

    private Client restic(String... arguments) throws Exception {
        return Client.restic(
                end.resticRepository("repository", end.port()),
                PASSWORD,
                end.resticCommand(end.port()),
                Map.of(),
                arguments);
    }
}
