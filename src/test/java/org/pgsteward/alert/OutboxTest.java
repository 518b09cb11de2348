package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.model.Notification;

@Tag("fast")
class OutboxTest {
    @TempDir
    private Path state;

    private final SettableClock clock = new SettableClock();
    private final List<String> sent = new ArrayList<>();
    private boolean refusing;

    @Test
    void laysOneFileForEachReceiver() {
        open().put(notice("n1"), List.of("email", "webhook"));

        assertThat(open().depth("email")).isEqualTo(1);
        assertThat(open().depth("webhook")).isEqualTo(1);
        assertThat(open().depth("pigeon")).isZero();
        assertThat(open().known()).containsExactly("email", "webhook");
    }

    @Test
    void readsTheReceiversAtEachPut() {
        List<String> receivers = new ArrayList<>(List.of("email"));
        Outbox outbox = new Outbox(state, Json.mapper(), clock, () -> receivers);
        outbox.put(notice("n1"));
        receivers.add("webhook");
        outbox.put(notice("n2"));

        assertThat(outbox.depth("email")).isEqualTo(2);
        assertThat(outbox.depth("webhook")).isEqualTo(1);
    }

    @Test
    void deliversInTheOrderOfPuttingThroughRestartsAndAClockSetBack() {
        open().put(notice("n1"), List.of("email"));
        open().put(notice("n2"), List.of("email"));
        clock.pass(Duration.ofSeconds(-90));
        Outbox outbox = open();
        for (int i = 3; i < 30; i++) {
            outbox.put(notice("n" + i), List.of("email"));
        }

        scheduler(open()).deliver();

        assertThat(sent)
                .hasSize(29)
                .isEqualTo(Stream.iterate(1, i -> i + 1)
                        .limit(29)
                        .map(i -> "n" + i)
                        .toList());
        assertThat(outbox.depth("email")).isZero();
    }

    /** Listing a folder that grows returns some of the new files, and not necessarily the oldest first. */
    @Test
    void showsNoNoticeBeforeTheOneThatWasPutBeforeIt() throws IOException {
        int count = 2000;
        Outbox outbox = open();
        Path email = Files.createDirectories(state.resolve("outbox").resolve("email"));
        CompletableFuture<Void> putting = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < count; i++) {
                try {
                    Files.createFile(email.resolve(String.format("%013d-%06d-n%d.json", 1, i, i)));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
        int seen = 0;
        while (seen < count) {
            List<String> ids = outbox.waiting("email").stream()
                    .map(NotificationFileNames::id)
                    .toList();
            seen = ids.size();
            assertThat(ids)
                    .isEqualTo(IntStream.range(0, seen).mapToObj(i -> "n" + i).toList());
            assertThat(putting).isNotCompletedExceptionally();
        }
        putting.join();
    }

    @Test
    void noticeOfThePreviousVersionHasTheNewNameOfItsKind() throws IOException {
        open().put(notice("n1"), List.of("email"));
        Path file = open().waiting("email").get(0);
        Files.writeString(file, """
                {"id": "n1", "state": "firing", "severity": "warning", "kind": "feed-deaf", "service": "pgsteward",
                 "since": "2026-03-01T12:00:00Z", "title": "", "text": "", "remedy": "", "figures": {},
                 "alerts": [{"id": "%s", "state": "firing", "severity": "warning", "kind": "feed-deaf",
                             "service": "pgsteward", "since": "2026-03-01T12:00:00Z"}]}
                """.formatted(Notification.Entry.id("feed-deaf", "pgsteward")));

        assertThat(open().read(file)).hasValueSatisfying(entry -> {
            assertThat(entry.notice().kind()).isEqualTo("feed-stale");
            assertThat(entry.notice().alerts()).singleElement().satisfies(alert -> {
                assertThat(alert.kind()).isEqualTo("feed-stale");
                assertThat(alert.id()).isEqualTo(Notification.Entry.id("feed-stale", "pgsteward"));
            });
        });
    }

    @Test
    void puttingTheSameNoticeTwiceLeavesOne() {
        open().put(notice("n1"), List.of("email"));
        open().put(notice("n1"), List.of("email"));

        assertThat(open().depth("email")).isEqualTo(1);
    }

    @Test
    void aRefusedNoticeStaysAndIsTriedAfterFiveTenTwentySeconds() {
        Outbox outbox = open();
        outbox.put(notice("n1"), List.of("email"));
        outbox.put(notice("n2"), List.of("email"));
        DeliveryScheduler scheduler = scheduler(outbox);
        refusing = true;

        assertThat(scheduler.deliver()).hasSeconds(5);
        clock.pass(Duration.ofSeconds(4));
        assertThat(scheduler.deliver()).as("time until the next attempt").hasSeconds(1);
        clock.pass(Duration.ofSeconds(1));
        assertThat(scheduler.deliver()).hasSeconds(10);
        clock.pass(Duration.ofSeconds(10));
        assertThat(scheduler.deliver()).hasSeconds(20);
        assertThat(sent).isEmpty();
        assertThat(outbox.depth("email")).isEqualTo(2);

        refusing = false;
        clock.pass(Duration.ofSeconds(20));
        scheduler.deliver();
        assertThat(sent).containsExactly("n1", "n2");
    }

    /** uptime-kuma #6046, #1946: notices raised while the channel was unavailable were lost. */
    @Test
    void restartDeliversNoticesOfThePreviousRun() {
        Outbox outbox = open();
        outbox.put(notice("n1"), List.of("email"));
        refusing = true;
        scheduler(outbox).deliver();

        refusing = false;
        scheduler(open()).deliver();

        assertThat(sent).containsExactly("n1");
    }

    @Test
    void saysHowLateItIsAfterAMinute() {
        Outbox outbox = open();
        outbox.put(notice("n1"), List.of("email"));
        clock.pass(Duration.ofSeconds(60));
        outbox.put(notice("n2"), List.of("email"));
        clock.pass(Duration.ofSeconds(1));
        List<String> texts = new ArrayList<>();

        scheduler(outbox, (receiver, notice) -> texts.add(notice.text())).deliver();

        assertThat(texts)
                .containsExactly(
                        "text\nThis notification is 1 min 1 s late: pgsteward or the receiver was unavailable.",
                        "text");
    }

    @Test
    void tornEntryIsSetAsideAndBlocksNoNotice() throws IOException {
        Outbox outbox = open();
        outbox.put(notice("n1"), List.of("email"));
        outbox.put(notice("n2"), List.of("email"));
        Path first = files().get(0);
        Files.writeString(first, "{\"id\":");

        scheduler(outbox).deliver();

        assertThat(sent).containsExactly("n2");
        assertThat(files()).containsExactly(first.resolveSibling(first.getFileName() + ".corrupt"));
    }

    /** Such an entry waited for a receiver while pgsteward was updated. */
    @Test
    void anEntryOfAVersionThatListedNoAlertsIsDelivered() throws IOException {
        Outbox outbox = open();
        outbox.put(notice("n1"), List.of("email"));
        Path file = files().get(0);
        Files.writeString(file, Files.readString(file).replaceFirst(",\\s*\"alerts\" : \\[[^]]*]", ""));
        assertThat(file).content().doesNotContain("alerts");

        scheduler(outbox).deliver();

        assertThat(sent).containsExactly("n1");
    }

    @Test
    void anEntryOfMoreThanANoticeEverHasIsSetAside() throws IOException {
        Outbox outbox = open();
        outbox.put(notice("n1"), List.of("email"));
        outbox.put(notice("n2"), List.of("email"));
        Files.writeString(files().get(0), "{\"id\":\"" + "x".repeat(2_000_000) + "\"}");

        scheduler(outbox).deliver();

        assertThat(sent).containsExactly("n2");
    }

    @Test
    void halfWrittenAndForeignFilesAreNoEntries() throws IOException {
        Outbox outbox = open();
        outbox.put(notice("n1"), List.of("email"));
        Files.writeString(state.resolve("outbox/email/.1777636800000-000001-n9.json.x.part"), "{");
        Files.writeString(state.resolve("outbox/email/README.json"), "{");

        assertThat(outbox.depth("email")).isEqualTo(1);
    }

    @Test
    void folderThatCannotBeMadeDelaysNoOtherReceiver() throws IOException {
        Files.createDirectories(state.resolve("outbox"));
        Files.writeString(state.resolve("outbox/broken"), "a file where the folder should be");
        Outbox outbox = open();

        assertThatThrownBy(() -> outbox.put(notice("n1"), List.of("broken", "../evil", "email")))
                .isInstanceOf(UncheckedIOException.class);
        assertThat(outbox.depth("email")).isEqualTo(1);
        assertThat(state.resolve("evil")).doesNotExist();
    }

    @Test
    void unreadableFolderOnlyDelaysItsOwnReceiver() throws IOException {
        Files.createDirectories(state.resolve("outbox"));
        Path unreadable = state.resolve("outbox/email");
        // Even root cannot list this folder, unless it is root of the machine itself.
        Files.createSymbolicLink(unreadable, Path.of("/proc/1/map_files"));
        Outbox outbox = open();

        outbox.put(notice("n1"), List.of("webhook", "email", "pigeon"));
        outbox.put(notice("n1"), List.of("webhook", "email", "pigeon"));
        outbox.put(notice("n2"), List.of("email"));

        assertThat(outbox.depth("webhook")).isEqualTo(1);
        assertThat(outbox.depth("pigeon")).isEqualTo(1);
        Files.delete(unreadable);
        scheduler(outbox).deliver();
        assertThat(sent).containsExactly("n1", "n2");
        assertThat(outbox.depth("email")).isZero();
    }

    @Test
    void noticesRefusedByTheDiskAreDeliveredInOrder() throws IOException {
        Files.writeString(state.resolve("outbox"), "a file where the folder should be");
        Outbox outbox = open();
        outbox.put(notice("n1"), List.of("email"));
        outbox.put(notice("n1"), List.of("email"));
        outbox.put(notice("n2"), List.of("email"));
        assertThat(outbox.depth("email")).isEqualTo(2);
        assertThat(outbox.known()).containsExactly("email");

        scheduler(outbox).deliver();

        assertThat(sent).containsExactly("n1", "n2");
        assertThat(outbox.depth("email")).isZero();
    }

    @Test
    void refusedNoticesAreWrittenWhenTheDiskAcceptsThem() throws IOException {
        Files.writeString(state.resolve("outbox"), "a file where the folder should be");
        Outbox outbox = open();
        outbox.put(notice("n1"), List.of("email"));
        Files.delete(state.resolve("outbox"));
        outbox.put(notice("n2"), List.of("email"));
        refusing = true;

        scheduler(outbox).deliver();

        assertThat(files()).hasSize(2);
        refusing = false;
        scheduler(open()).deliver();
        assertThat(sent).containsExactly("n1", "n2");
    }

    /**
     * An interrupt means that this process ends, and its memory with it. So put() throws instead of keeping the notice
     * in memory.
     */
    @Test
    void noticeOfAnInterruptedThreadIsNotKeptInMemory() {
        Outbox outbox = open();
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> outbox.put(notice("n1"), List.of("email"))).isInstanceOf(UncheckedIOException.class);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(outbox.depth("email")).isZero();
    }

    @Test
    void moreThanFiveHundredAreNotKeptInMemory() throws IOException {
        Files.writeString(state.resolve("outbox"), "a file where the folder should be");
        Outbox outbox = open();
        for (int i = 0; i < 500; i++) {
            outbox.put(notice("n" + i), List.of("email"));
        }

        assertThatThrownBy(() -> outbox.put(notice("one too many"), List.of("email")))
                .isInstanceOf(UncheckedIOException.class);
        assertThat(outbox.depth("email")).isEqualTo(500);
    }

    private Outbox open() {
        return new Outbox(state, Json.mapper(), clock, List::of);
    }

    private DeliveryScheduler scheduler(Outbox outbox) {
        return scheduler(outbox, (receiver, notice) -> {
            if (refusing) {
                throw new Sender.NotTaken("refused");
            }
            sent.add(notice.id());
        });
    }

    private DeliveryScheduler scheduler(Outbox outbox, Sender sender) {
        return new DeliveryScheduler(
                "email", outbox, sender, clock, DeliveryScheduler.Rests.USUAL, Fallbacks.NONE, condition -> {});
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(state.resolve("outbox/email"))) {
            return files.sorted().toList();
        }
    }

    private static Notification notice(String id) {
        return new Notification(
                id,
                "firing",
                "warning",
                "memory-high",
                "vikunja",
                SettableClock.NOON,
                "title",
                "text",
                "docker ps",
                Map.of("percent", 82));
    }
}
