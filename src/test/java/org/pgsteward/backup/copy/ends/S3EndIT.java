package org.pgsteward.backup.copy.ends;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
class S3EndIT {
    private static final String THERE = "s3:" + S3End.BUCKET + "/d/";

    @TempDir
    private Path here;

    private Path file;
    private S3End end;
    private Path configuration;

    @BeforeEach
    void startEnd() throws Exception {
        end = S3End.start();
        configuration = end.rcloneConf("s3", end.port());
        byte[] content = new byte[6_000_000];
        new Random(1).nextBytes(content);
        file = Files.write(here.resolve("a b"), content);
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
        put("a b.part").done();
        Client.rclone(configuration, "moveto", THERE + "a b.part", THERE + "a b")
                .done();
        assertThat(end.served().resolve("d")).isDirectoryContaining("glob:**/a b");
        assertThat(end.served().resolve("d/a b.part")).doesNotExist();
        String md5 = Client.run(Map.of(), List.of("md5sum", file.toString())).done();
        assertThat(Client.rclone(configuration, "hashsum", "md5", THERE).done()).startsWith(md5.substring(0, 32));
        Path back = here.resolve("back");
        Client.rclone(configuration, "copyto", THERE + "a b", back.toString()).done();
        assertThat(back).hasSameBinaryContentAs(file);
        Client.rclone(configuration, "deletefile", THERE + "a b").done();
        assertThat(Client.rclone(configuration, "lsf", THERE).out()).isEmpty();
    }

    @Test
    void uploadInPartsHasTheChecksumOfTheWholeFile() throws Exception {
        put("a", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M").done();
        assertThat(end.served().resolve("d/a")).hasSameBinaryContentAs(file);
        String md5 = Client.run(Map.of(), List.of("md5sum", file.toString())).done();
        assertThat(Client.rclone(configuration, "lsjson", "--hash", THERE).done())
                .contains(md5.substring(0, 32));
    }

    @Test
    void keyIsRefusedWhileItIsRevokedOrItsSecretChanged() throws Exception {
        put("a").done();
        end.revokeKey();
        assertThat(Client.rclone(configuration, "lsf", THERE).err()).contains("InvalidAccessKeyId");
        end.changeSecret();
        assertThat(Client.rclone(configuration, "lsf", THERE).err()).contains("SignatureDoesNotMatch");
        assertThat(put("b").exit()).isEqualTo(1);
        end.restoreKey();
        assertThat(Client.rclone(configuration, "lsf", THERE).done()).isEqualTo("a\n");
    }

    @Test
    void keyThatMayDeleteNothingStoresAndMovesInVain() throws Exception {
        end.refuseDeletes();
        put("a").done();
        assertThat(Client.rclone(configuration, "deletefile", THERE + "a").err())
                .contains("AccessDenied");
        // The object is copied under the new name, and the old one stays.
        assertThat(Client.rclone(configuration, "moveto", THERE + "a", THERE + "b")
                        .exit())
                .isEqualTo(1);
        assertThat(Client.rclone(configuration, "lsf", THERE).done()).isEqualTo("a\nb\n");
    }

    @Test
    void readOnlyKeyStoresNothing() throws Exception {
        end.readOnly();
        assertThat(put("a").exit()).isEqualTo(1);
        assertThat(put("a", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M").err())
                .contains("AccessDenied");
        assertThat(end.served()).isEmptyDirectory();
    }

    @Test
    void resticStoresAndRestoresAFile() throws Exception {
        restic("init").done();
        restic("backup", file.toString()).done();
        Path back = here.resolve("back");
        restic("restore", "latest", "--target", back.toString()).done();
        assertThat(Path.of(back.toString(), file.toString())).hasSameBinaryContentAs(file);
    }

    @Test
    void fullDiskAcceptsNoObject() throws Exception {
        end.close();
        try (MountedFolder disk = MountedFolder.of("2m");
                S3End small = S3End.on(disk)) {
            Path there = small.rcloneConf("s3", small.port());
            Client full = Client.rclone(there, "copyto", file.toString(), THERE + "a");
            assertThat(full.exit()).isEqualTo(1);
            assertThat(small.served().resolve("d/a")).doesNotExist();
        }
    }

    @Test
    void cutLinkFailsAndTheRecoveredLinkWorks() throws Exception {
        try (FaultyLink link = FaultyLink.to(end.port())) {
            Path through = end.rcloneConf("s3", link.port());
            link.cutAfter(FaultyLink.Way.UP, 1_000_000);
            assertThat(Client.rclone(through, "copyto", file.toString(), THERE + "a")
                            .exit())
                    .isNotZero();
            assertThat(link.cuts()).isPositive();
            assertThat(end.served().resolve("d/a")).doesNotExist();
            link.recover();
            Client.rclone(through, "copyto", file.toString(), THERE + "a").done();
            assertThat(end.served().resolve("d/a")).hasSameBinaryContentAs(file);
        }
    }

    @Test
    void objectsAreThereAgainAfterARestart() throws Exception {
        put("a").done();
        end.stop();
        assertThat(Client.rclone(configuration, "lsf", THERE).err()).contains("connection refused");
        end.restart();
        assertThat(Client.rclone(configuration, "lsf", THERE).done()).isEqualTo("a\n");
    }

    private Client put(String name, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("copyto", file.toString(), THERE + name));
        arguments.addAll(List.of(more));
        return Client.rclone(configuration, arguments.toArray(String[]::new));
    }

    private Client restic(String... arguments) throws Exception {
        return Client.restic(
                end.resticRepository("repository", end.port()),
                "a passphrase of a test",
                List.of(),
                end.resticEnvironment(),
                arguments);
    }
}
