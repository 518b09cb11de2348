package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.copy.ends.FaultyLink;
import org.pgsteward.backup.copy.ends.FaultyLink.Way;
import org.pgsteward.backup.copy.ends.S3End;
import org.pgsteward.backup.copy.ends.WebDavEnd;

/** Copies by rclone to an object store, which cannot rename, and to WebDAV, which has no hashes. */
@Tag("postgres")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class RcloneStoresIT {
    private static final String SETTING = "pgsteward.copy.rclone.config";
    private static final String PATH = "app/app-20261201T030000Z.dump.zst";
    private static final int SIZE = 3_000_000;

    /** The rest of a login and of a listing. */
    private static final long LITTLE = 100_000;

    /** S3Proxy keeps the beginning of an object whose upload was cut. */
    private static final Pattern S3_PROXY_LEFTOVER = Pattern.compile("-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$");

    @TempDir
    private Path here;

    @BeforeEach
    void makeFile() throws Exception {
        Client.need("rclone", "rclone");
        Files.createDirectories(here.resolve("store/app"));
        write(1);
    }

    private void write(int seed) throws IOException {
        byte[] content = new byte[SIZE];
        new Random(seed).nextBytes(content);
        Files.write(here.resolve("store").resolve(PATH), content);
    }

    private CopyPlace place(String remote, String config) throws Exception {
        return RclonePlace.of(
                new CopyPrograms(here.resolve("state"), name -> Optional.of(config)),
                "rclone",
                new RcloneRemote(remote),
                SETTING);
    }

    private Outgoing file(boolean mayReplace) throws IOException {
        return Fixtures.outgoing(here.resolve("store"), PATH, mayReplace);
    }

    private void assertStoredAndRemoved(CopyPlace place, Path served) throws Exception {
        place.begin(0);
        assertThat(place.list()).isEmpty();
        place.put(file(false));
        assertThat(served.resolve(PATH)).hasSameBinaryContentAs(file(false).file());
        assertThat(CopyHost.filesIn(served)).containsExactlyInAnyOrder(PATH, FolderPlace.MARKER);
        assertThat(place.list()).containsExactly(PATH);
        place.begin(1);

        write(2);
        assertThatThrownBy(() -> place.put(file(false))).hasMessageContaining("exists with another content");
        place.put(file(true));
        assertThat(served.resolve(PATH)).hasSameBinaryContentAs(file(false).file());
        try (Incoming back = place.get(PATH)) {
            assertThat(back.content())
                    .hasSameContentAs(Files.newInputStream(file(true).file()));
        }
        assertThat(place.check()).isEmpty();

        place.remove(PATH);
        place.remove(PATH);
        assertThat(place.has(PATH)).isFalse();
        assertThatThrownBy(() -> place.get(PATH)).isInstanceOf(IOException.class);
        assertThat(place.list()).isEmpty();
    }

    private void assertCutUploadsLeaveNothing(CopyPlace place, Path served, FaultyLink link) throws Exception {
        for (long bytes : new long[] {0, 1_000, 1_000_000, SIZE}) {
            link.cutAfter(Way.UP, bytes);
            assertThatThrownBy(() -> place.put(file(true))).isInstanceOf(IOException.class);
            link.recover();
            assertThat(served.resolve(PATH)).doesNotExist();
        }
        place.put(file(true));
        assertThat(place.list())
                .filteredOn(path -> !S3_PROXY_LEFTOVER.matcher(path).find())
                .containsExactly(PATH);
        assertThat(served.resolve(PATH)).hasSameBinaryContentAs(file(true).file());
    }

    @Test
    void anObjectStoreHasWholeObjectsOnly() throws Exception {
        try (S3End end = S3End.start();
                FaultyLink link = FaultyLink.to(end.port())) {
            CopyPlace place = place("s3:" + S3End.BUCKET + "/copies", end.rclone("s3", link.port()));
            Path served = end.served().resolve("copies");
            assertStoredAndRemoved(place, served);
            place.remove(FolderPlace.MARKER);
            assertCutUploadsLeaveNothing(place, served, link);

            long sent = link.forwarded(Way.UP) + link.forwarded(Way.DOWN);
            place.put(file(true));
            assertThat(link.forwarded(Way.UP) + link.forwarded(Way.DOWN) - sent).isLessThan(LITTLE);
        }
    }

    @Test
    void refusedDeletesAndKeysAreFailures() throws Exception {
        try (S3End end = S3End.start()) {
            CopyPlace place = place("s3:" + S3End.BUCKET, end.rclone("s3", end.port()));
            place.begin(0);
            place.put(file(true));
            end.refuseDeletes();
            assertThatThrownBy(() -> place.remove(PATH)).isInstanceOf(IOException.class);
            assertThat(place.has(PATH)).isTrue();
            assertThat(place.check()).contains("it refuses to remove files, so copies there are retained");
            end.readOnly();
            write(2);
            assertThatThrownBy(() -> place.put(file(true))).isInstanceOf(IOException.class);
            assertThat(place.has(PATH)).isTrue();
            end.changeSecret();
            assertThatThrownBy(() -> place.begin(1))
                    .isInstanceOf(IOException.class)
                    .satisfies(e -> assertThat(e.getMessage())
                            .doesNotContain("AKIATESTOFPGSTEWARD", "a+secret/of=tests", "\n")
                            .hasSizeLessThan(400));
        }
    }

    @Test
    void aServerWithoutHashesIsReadBack() throws Exception {
        try (WebDavEnd end = WebDavEnd.start();
                FaultyLink link = FaultyLink.to(end.port())) {
            CopyPlace place = place("dav:copies", end.rclone("dav", link.port()));
            Path served = end.served().resolve("copies");
            assertStoredAndRemoved(place, served);
            place.remove(FolderPlace.MARKER);
            assertCutUploadsLeaveNothing(place, served, link);

            long down = link.forwarded(Way.DOWN);
            long up = link.forwarded(Way.UP);
            place.put(file(true));
            assertThat(link.forwarded(Way.UP) - up).isLessThan(LITTLE);
            assertThat(link.forwarded(Way.DOWN) - down).isBetween((long) SIZE, SIZE + LITTLE);
        }
    }

    @Test
    void aChangedPasswordOfWebDavIsNamed() throws Exception {
        try (WebDavEnd end = WebDavEnd.start()) {
            CopyPlace place = place("dav:copies", end.rclone("dav", end.port()));
            place.put(file(true));
            end.changePassword();
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(
                            () -> assertThatThrownBy(() -> place.has(PATH)).hasMessageContaining("401 Unauthorized"));
            assertThatThrownBy(() -> place.has(PATH)).hasMessageNotContaining("a password + of tests");
        }
    }
}
