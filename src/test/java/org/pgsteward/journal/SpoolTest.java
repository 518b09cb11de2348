package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.model.Activity;

@Tag("fast")
class SpoolTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    private Path folder;

    @Test
    void rowsKeepTheirOrderWhileTheClockStandsStill() throws IOException {
        Spool spool = new Spool(folder, Json.mapper(), Clock.fixed(NOON, ZoneOffset.UTC));
        for (int i = 0; i < 50; i++) {
            spool.put(activity("row " + i));
        }
        assertThat(actions(spool)).containsExactlyElementsOf(numbered(50));
    }

    @Test
    void rowsKeepTheirOrderWhenTheClockStepsBack() throws IOException {
        List<Instant> times = new ArrayList<>(List.of(NOON, NOON.minusSeconds(3600), NOON.minusSeconds(7200)));
        Clock stepping = new Clock() {
            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return times.remove(0);
            }
        };
        Spool spool = new Spool(folder, Json.mapper(), stepping);
        for (int i = 0; i < 3; i++) {
            spool.put(activity("row " + i));
        }
        assertThat(actions(spool)).containsExactlyElementsOf(numbered(3));
    }

    @Test
    void manyThreadsLoseNothing() throws Exception {
        Spool spool = spool();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Callable<Void>> puts = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int number = i;
            puts.add(() -> {
                spool.put(activity("row " + number));
                return null;
            });
        }
        for (var put : threads.invokeAll(puts)) {
            put.get();
        }
        threads.shutdown();
        assertThat(actions(spool)).containsExactlyInAnyOrderElementsOf(numbered(200));
    }

    @Test
    void unfinishedRowsAndForeignFilesAreNotRead() throws IOException {
        Spool spool = spool();
        Files.writeString(folder.resolve(".20260301T120000.000000000-x.json.part"), "{\"table\":");
        Files.writeString(folder.resolve("README"), "not ours");
        Files.createDirectories(folder.resolve("refused"));
        assertThat(spool.waiting()).isEmpty();
    }

    @Test
    void unfinishedRowOfAKilledProcessIsRemovedAfterAnHour() throws IOException {
        Path old = Files.writeString(folder.resolve(".20260301T120000.000000000-old.json.part"), "{");
        Path young = Files.writeString(folder.resolve(".20260301T120000.000000000-young.json.part"), "{");
        Path none = Files.writeString(folder.resolve("README"), "not ours");
        for (Path file : List.of(old, none)) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3700)));
        }

        spool();

        assertThat(folder).isDirectoryNotContaining(old::equals);
        assertThat(List.of(young, none)).allMatch(Files::exists);
    }

    @Test
    void doneItIsGoneAndDoneTwiceIsDone() throws IOException {
        Spool spool = spool();
        spool.put(activity("row 0"));
        Path file = spool.waiting().get(0);
        spool.done(file);
        spool.done(file);
        assertThat(spool.waiting()).isEmpty();
    }

    @Test
    void rowSetAsideIsKeptAndDelaysNoOther() throws IOException {
        Spool spool = spool();
        spool.put(activity("bad"));
        spool.put(activity("good"));
        Path aside = spool.setAside(spool.waiting().get(0));
        assertThat(spool.read(aside).columns()).containsEntry("action", "bad");
        assertThat(actions(spool)).containsExactly("good");
    }

    @Test
    void onlyOneProcessDrainsAtATime() throws IOException {
        try (Spool.Claim held = spool().claim().orElseThrow()) {
            assertThat(held).isNotNull();
            assertThat(spool().claim()).isEmpty();
            Object inode = Files.getAttribute(folder.resolve(".lock"), "unix:ino");
            assertThat(Files.readAllLines(Path.of("/proc/locks")))
                    .as("a failed claim does not release the lock")
                    .anyMatch(
                            lock -> lock.contains(" " + ProcessHandle.current().pid() + " ")
                                    && lock.contains(":" + inode + " "));
        }
        assertThat(spool().claim()).isPresent();
    }

    @Test
    void halfARowIsAnErrorThatNamesItsFile() throws IOException {
        Spool spool = spool();
        Path broken = Files.writeString(folder.resolve("20260301T120000.000000000-x.json"), "{\"table\":");
        assertThatThrownBy(() -> spool.read(broken)).isInstanceOf(IOException.class);
    }

    private Spool spool() throws IOException {
        return new Spool(folder, Json.mapper(), Clock.systemUTC());
    }

    private static Activity activity(String action) {
        return Activity.ours("app", action, NOON);
    }

    private static List<String> actions(Spool spool) throws IOException {
        List<String> actions = new ArrayList<>();
        for (Path file : spool.waiting()) {
            actions.add(String.valueOf(spool.read(file).columns().get("action")));
        }
        return actions;
    }

    private static List<String> numbered(int count) {
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add("row " + i);
        }
        return rows;
    }
}
