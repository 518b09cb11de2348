package org.pgsteward.backup.copy.ends;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
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
class WebDavEndIT {
    private static final String THERE = "dav:d/";

    @TempDir
    private Path here;

    private Path file;
    private WebDavEnd end;
    private Path configuration;

    @BeforeEach
    void startEnd() throws Exception {
        end = WebDavEnd.start();
        configuration = end.rcloneConf("dav", end.port());
        byte[] content = new byte[3_000_000];
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
        assertThat(end.served().resolve("d/a b.part")).doesNotExist();
        assertThat(end.served().resolve("d/a b")).hasSameBinaryContentAs(file);
        assertThat(Client.rclone(configuration, "hashsum", "md5", THERE).err()).contains("hash type not supported");
        Path back = here.resolve("back");
        Client.rclone(configuration, "copyto", THERE + "a b", back.toString()).done();
        assertThat(back).hasSameBinaryContentAs(file);
        Client.rclone(configuration, "deletefile", THERE + "a b").done();
        assertThat(end.served().resolve("d/a b")).doesNotExist();
    }

    @Test
    void changedPasswordIsRefusedUntilItIsRestored() throws Exception {
        put("a").done();
        end.changePassword();
        Client refused = Client.rclone(configuration, "lsf", THERE);
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("401 Unauthorized");
        end.restorePassword();
        assertThat(Client.rclone(configuration, "lsf", THERE).done()).isEqualTo("a\n");
    }

    @Test
    void readOnlyServerAcceptsNoFile() throws Exception {
        end.readOnly(true);
        assertThat(put("a").exit()).isEqualTo(1);
        assertThat(end.served()).isEmptyDirectory();
        end.readOnly(false);
        put("a").done();
    }

    @Test
    void fullDiskAcceptsNoFile() throws Exception {
        end.close();
        try (MountedFolder disk = MountedFolder.of("2m");
                WebDavEnd small = WebDavEnd.on(disk)) {
            Path there = small.rcloneConf("dav", small.port());
            assertThat(Client.rclone(there, "copyto", file.toString(), THERE + "a")
                            .exit())
                    .isEqualTo(1);
        }
    }

    @Test
    void cutLinkFailsAndTheRecoveredLinkWorks() throws Exception {
        try (FaultyLink link = FaultyLink.to(end.port())) {
            Path through = end.rcloneConf("dav", link.port());
            link.cutAfter(FaultyLink.Way.UP, 1_000_000);
            assertThat(Client.rclone(through, "copyto", file.toString(), THERE + "a")
                            .exit())
                    .isNotZero();
            assertThat(link.cuts()).isPositive();
            link.recover();
            Client.rclone(through, "copyto", file.toString(), THERE + "a").done();
            assertThat(end.served().resolve("d/a")).hasSameBinaryContentAs(file);

            link.refuse();
            assertThat(Client.rclone(through, "lsf", THERE).err()).contains("connection refused");
        }
    }

    private Client put(String name) throws Exception {
        return Client.rclone(configuration, "copyto", file.toString(), THERE + name);
    }
}
