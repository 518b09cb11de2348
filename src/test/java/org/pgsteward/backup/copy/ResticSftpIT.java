package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.copy.ends.FaultyLink;
import org.pgsteward.backup.copy.ends.FaultyLink.Way;
import org.pgsteward.backup.copy.ends.MountedFolder;
import org.pgsteward.backup.copy.ends.SftpEnd;

/** A repository of restic on OpenSSH over a link with faults. */
@Tag("postgres")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ResticSftpIT {
    private static final int SIZE = 3_000_000;
    private static final byte[] PLAIN = ResticFixture.content(SIZE, 1);

    @TempDir
    private Path here;

    private SftpEnd end;
    private FaultyLink link;
    private ResticFixture fixture;
    private ResticPlace place;

    @BeforeEach
    void start() throws Exception {
        Client.need("restic", "restic");
        use(SftpEnd.start());
    }

    private void use(SftpEnd started) throws Exception {
        stop();
        end = started;
        ResticFixture.create(end.served().resolve("repository"));
        end.own(end.served().resolve("repository"));
        link = FaultyLink.to(end.port());
        fixture = new ResticFixture(here, end.resticRepository("repository", link.port()), Map.of());
        place = fixture.place("state", Optional.of(end.knownHosts(link.port())), Optional.of(end.key()));
        place.check();
        place.begin(0);
    }

    @AfterEach
    void stop() throws Exception {
        if (link != null) {
            link.close();
        }
        if (end != null) {
            end.close();
        }
    }

    private Outgoing backup() throws IOException {
        return fixture.backup("app-20261201T030000Z", PLAIN, 0);
    }

    @Test
    void aBackupIsStoredOnceAndReadBack() throws Exception {
        Outgoing file = backup();
        place.put(file);
        place.put(fixture.manifest(file));
        place.commit();
        long sent = link.forwarded(Way.UP);
        place.begin(1);
        place.put(file);
        place.put(fixture.manifest(file));
        place.commit();
        assertThat(link.forwarded(Way.UP) - sent).isLessThan(SIZE / 10);
        assertThat(ResticFixture.read(place, file.path())).isEqualTo(PLAIN);
        place.remove(file.path());
        assertThat(place.has(file.path())).isFalse();
    }

    @Test
    void anotherHostKeyIsRefusedInOneLine() throws Exception {
        end.changeHostKey();
        assertThatThrownBy(() -> place.begin(0))
                .hasMessageStartingWith("ssh does not trust the host key of the server; compare its fingerprint")
                .hasMessageContaining("known_hosts");
    }

    @Test
    void aRevokedKeyIsRefusedUntilItIsRestored() throws Exception {
        end.revokeKey();
        assertThatThrownBy(() -> place.put(backup()))
                .hasMessageContaining("the server refuses the key " + end.key())
                .hasMessageNotContaining("\n");
        end.restoreKey();
        place.put(backup());
        assertThat(place.has(backup().path())).isTrue();
    }

    @Test
    void aKeyThatOthersCanReadIsUsed() throws Exception {
        Files.setPosixFilePermissions(end.key(), PosixFilePermissions.fromString("rw-r--r--"));
        place.put(backup());
        assertThat(place.has(backup().path())).isTrue();
    }

    @Test
    void aCutUploadIsNoCopyAndTheNextOneIsComplete() throws Exception {
        Outgoing file = backup();
        for (long bytes : new long[] {1_000, 20_000, 1_000_000}) {
            link.cutAfter(Way.UP, bytes);
            assertThatThrownBy(() -> place.put(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageNotContaining("\n");
            link.recover();
            assertThat(place.has(file.path())).isFalse();
        }
        place.put(file);
        assertThat(ResticFixture.read(place, file.path())).isEqualTo(PLAIN);
    }

    @Test
    void aStoppedServerIsUnreachable() throws Exception {
        end.stop();
        assertThatThrownBy(() -> place.begin(0))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("cannot reach the restic repository: ")
                .hasMessageNotContaining("\n");
        end.restart();
        place.begin(0);
    }

    @Test
    void aReadOnlyRepositoryIsReadAndKeepsItsCopies() throws Exception {
        Outgoing file = backup();
        place.put(file);
        end.readOnly(true);
        assertThat(ResticFixture.read(place, file.path())).isEqualTo(PLAIN);
        assertThatThrownBy(() -> place.remove(file.path())).isInstanceOf(IOException.class);
        assertThat(place.has(file.path())).isTrue();
        end.readOnly(false);
    }

    @Test
    void aFullDiskFailsTheCopyInOneLine() throws Exception {
        try (MountedFolder disk = MountedFolder.of("2m");
                SftpEnd small = SftpEnd.on(disk)) {
            use(small);
            assertThatThrownBy(() -> place.put(backup()))
                    .hasMessageContaining("no space left")
                    .hasMessageNotContaining("\n");
            assertThat(place.has(backup().path())).isFalse();
            stop();
        }
    }
}
