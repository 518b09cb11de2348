package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.SmallDisk;
import org.pgsteward.io.Json;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

@Tag("fast")
class AlertRegistryTest {
    @TempDir
    private Path state;

    private final SettableClock clock = new SettableClock();
    private final NotificationPolicy rule = new NotificationPolicy();

    @BeforeEach
    void notifyAtOnce() {
        rule.setWait("0s");
    }

    @Test
    void notifiesOnceWhenItFiresAndOnceWhenItResolves() {
        AlertRegistry book = open();

        assertThat(news(book, well())).isEmpty();
        assertThat(news(book, bad(Severity.WARNING)))
                .extracting(Notification::state)
                .containsExactly("firing");
        assertThat(news(book, bad(Severity.WARNING))).isEmpty();
        clock.pass(Duration.ofMinutes(3));
        assertThat(news(book, well()))
                .extracting(Notification::title)
                .containsExactly("[resolved] vikunja memory high after 3 min");
        assertThat(news(book, well())).isEmpty();
    }

    @Test
    void informationFiresAndResolvesWithoutANotice() {
        AlertRegistry book = open();
        assertThat(news(book, bad(Severity.INFO))).hasSize(1);
        assertThat(book.firing()).hasSize(1);

        assertThat(news(book, well())).isEmpty();
        assertThat(book.firing()).isEmpty();
    }

    @Test
    void finishedAlertFileIsRemoved() throws IOException {
        AlertRegistry book = open();
        news(book, bad(Severity.WARNING));
        news(book, well());
        assertThat(file("memory-high")).as("kept to detect flapping").exists();

        clock.pass(Duration.ofHours(1));
        book.due(rule);
        try (Stream<Path> files = Files.list(state.resolve("alerts"))) {
            assertThat(files)
                    .extracting(file -> file.getFileName().toString())
                    .containsExactlyInAnyOrder(".lock", ".reserve");
        }
    }

    @Test
    void aRepetitionInCalmTimesIsTenSecondsLateAtMost() {
        rule.setRepeatWarning("10m");
        AlertRegistry book = open();
        assertThat(news(book, bad(Severity.WARNING))).hasSize(1);
        clock.pass(Duration.ofMinutes(5));
        assertThat(sendDue(book)).isEmpty();
        clock.pass(Duration.ofMinutes(5).minusSeconds(4));
        assertThat(sendDue(book)).isEmpty();

        clock.pass(Duration.ofSeconds(8));
        assertThat(sendDue(book)).isEmpty();
        clock.pass(Duration.ofSeconds(2));
        assertThat(sendDue(book)).extracting(Notification::state).containsExactly("firing");
    }

    @Test
    void newsOfAnotherProcessIsNotifiedAtOnceInCalmTimes() {
        AlertRegistry book = open();
        news(book, bad(Severity.WARNING));
        clock.pass(Duration.ofMinutes(5));
        assertThat(sendDue(book)).isEmpty();
        clock.pass(Duration.ofSeconds(2));

        open().consider(well());

        assertThat(sendDue(book)).extracting(Notification::state).containsExactly("resolved");
    }

    @Test
    void anUnreadableFileIsReadAgainInAnUnchangedFolder() throws IOException {
        news(open(), bad(Severity.WARNING));
        Path alert = file("memory-high");
        byte[] bytes = Files.readAllBytes(alert);
        Files.write(alert, new byte[2 * 1024 * 1024]);
        Files.setLastModifiedTime(alert.getParent(), FileTime.from(Instant.now().minusSeconds(60)));
        AlertRegistry book = open();
        assertThat(book.firing()).as("the file is too large").isEmpty();

        Files.write(alert, bytes);

        assertThat(book.firing()).hasSize(1);
    }

    @Test
    void onlyAConditionThatChangesNothingIsNoNews() {
        AlertRegistry book = open();
        assertThat(book.isNoNews(well())).isTrue();
        assertThat(book.isNoNews(bad(Severity.WARNING))).isFalse();

        open().consider(bad(Severity.WARNING));

        assertThat(book.isNoNews(well())).isFalse();
        book.consider(well());
        assertThat(book.isNoNews(well())).isTrue();
    }

    @Test
    void aRestartForgetsNothing() {
        news(open(), bad(Severity.WARNING));
        clock.pass(Duration.ofHours(2));

        assertThat(news(open(), bad(Severity.WARNING))).isEmpty();
        assertThat(news(open(), bad(Severity.CRITICAL)))
                .extracting(Notification::severity)
                .containsExactly("critical");
        assertThat(open().firing())
                .singleElement()
                .satisfies(alert -> assertThat(alert.since()).isEqualTo(SettableClock.NOON));
        assertThat(news(open(), well()))
                .singleElement()
                .satisfies(notice -> assertThat(notice.text()).contains("It lasted 2 h"));
    }

    @Test
    void refreshesTheFiguresWithoutNotification() {
        AlertRegistry book = open();
        news(book, bad(Severity.WARNING));
        Condition fresh = Condition.bad(Severity.WARNING, "memory-high", "vikunja", "84%", "", clock.instant());

        assertThat(news(book, fresh)).isEmpty();
        assertThat(book.firing().get(0).worst()).map(Alert.Cause::reason).contains("84%");
    }

    @Test
    void resolvesOnlyWhenNoSourceReportsAProblem() {
        open().consider(bad(Severity.CRITICAL), "probe");
        open().consider(bad(Severity.CRITICAL), "container");
        assertThat(sendDue(open())).hasSize(1);
        open().consider(well(), "probe");
        assertThat(sendDue(open())).isEmpty();
        open().consider(well(), "container");
        assertThat(sendDue(open())).extracting(Notification::state).containsExactly("resolved");
    }

    @Test
    void noticeLostBeforeTheOutboxIsSentAfterRestart() {
        AlertRegistry ended = open();
        ended.consider(bad(Severity.WARNING));
        List<Notification> lost = ended.due(rule);
        assertThat(lost).hasSize(1);

        clock.pass(Duration.ofSeconds(5));
        assertThat(sendDue(open())).as("with the same id").isEqualTo(lost);
        assertThat(sendDue(open())).isEmpty();
    }

    @Test
    void noticeIsRepeatedOnlyIfItDoesNotReachTheOutbox() {
        AlertRegistry book = open();
        book.consider(bad(Severity.WARNING));
        assertThat(book.due(rule)).hasSize(1);

        assertThat(book.due(rule)).isEmpty();
        clock.pass(Duration.ofSeconds(60));
        assertThat(sendDue(book)).hasSize(1);
    }

    @Test
    void changeDuringDispatchIsSentNext() {
        AlertRegistry book = open();
        book.consider(bad(Severity.WARNING));
        Notification began = book.due(rule).get(0);
        book.consider(well());
        book.notified(began);

        assertThat(sendDue(book)).extracting(Notification::state).containsExactly("resolved");
        assertThat(sendDue(book)).isEmpty();
    }

    @Test
    void manyOfAKindAreOneNoticeThatNamesThemAll() {
        AlertRegistry book = open();
        for (int i = 1; i <= 50; i++) {
            book.consider(Condition.bad(
                    Severity.CRITICAL, "service-down", "s" + i, "ended", "docker start s" + i, clock.instant()));
        }
        assertThat(sendDue(book)).singleElement().satisfies(notice -> {
            assertThat(notice.title()).isEqualTo("[critical] 50 x service down: s1, s10, s11 and 47 more");
            assertThat(notice.text().lines()).hasSize(51).contains("s50 since 12:00:00 (0 s): ended");
            assertThat(notice.remedy().lines()).hasSize(21).contains("docker start s1", "# and 30 more lines");
            assertThat(NotificationText.services(notice)).hasSize(50).contains("s50");
        });
        assertThat(book.heard()).hasSize(50);
    }

    @Test
    void groupedInformationNeverResolves() {
        AlertRegistry book = open();
        for (int i = 1; i <= 3; i++) {
            book.consider(Condition.bad(Severity.INFO, "service-updated", "s" + i, "made anew", "", clock.instant()));
            book.consider(Condition.well("service-updated", "s" + i, "runs", clock.instant()));
        }
        assertThat(sendDue(book)).singleElement().satisfies(notice -> {
            assertThat(notice.title()).isEqualTo("[info] 3 x service updated: s1, s2, s3");
            assertThat(notice.state()).isEqualTo("firing");
            assertThat(notice.text()).contains("s1 since 12:00:00 (0 s): made anew");
        });
    }

    @Test
    void aSilenceHoldsAcrossARestartAndForACommandToo() throws IOException {
        Silence silence =
                new Silences(state, Json.mapper(), clock).begin("vikunja", "", Duration.ofMinutes(30), "an update");
        assertThat(news(open(), bad(Severity.WARNING))).isEmpty();
        assertThat(open().heard()).isEmpty();

        assertThat(new Silences(state, Json.mapper(), clock).end(silence.id())).isTrue();
        assertThat(sendDue(open())).hasSize(1);
    }

    @Test
    void silenceWithoutAReasonHoldsWithAnEmptyReason() throws IOException {
        Files.createDirectories(state.resolve("silences"));
        Files.writeString(
                state.resolve("silences/mine.json"),
                "{\"service\":\"vikunja\",\"kind\":\"\",\"until\":\""
                        + clock.instant().plusSeconds(60) + "\"}");

        assertThat(new Silences(state, Json.mapper(), clock).active())
                .singleElement()
                .satisfies(
                        silence -> assertThat(silence.id() + silence.reason()).isEmpty());
        assertThat(news(open(), bad(Severity.WARNING))).isEmpty();
    }

    @Test
    void aTornFileIsSetAsideAndDoesNotStopTheRest() throws IOException {
        news(open(), bad(Severity.WARNING));
        news(open(), Condition.bad(Severity.INFO, "service-down", "gitea", "stopped", "", clock.instant()));
        Path torn = file("memory-high");
        Files.writeString(torn, "{\"kind\":\"memory-high\",");

        assertThat(open().firing()).extracting(Alert::service).containsExactly("gitea");
        assertThat(torn.resolveSibling(torn.getFileName() + ".corrupt")).exists();
        assertThat(news(open(), bad(Severity.WARNING))).hasSize(1);
    }

    @Test
    void anUnreadableFileDoesNotHideTheOtherAlerts() throws IOException {
        news(open(), bad(Severity.WARNING));
        Files.createDirectory(state.resolve("alerts/unreadable.json"));

        assertThat(open().firing()).extracting(Alert::service).containsExactly("vikunja");
    }

    @Test
    void aFileThatLacksHalfOfItIsTornToo() throws IOException {
        news(open(), bad(Severity.WARNING));
        Files.writeString(file("memory-high"), "{}");

        assertThat(news(open(), bad(Severity.WARNING))).hasSize(1);
    }

    @Test
    void goesOnInMemoryWhileTheDiskRefuses() throws IOException {
        Files.writeString(state.resolve("alerts"), "a file where the folder should be");
        AlertRegistry book = open();

        assertThat(news(book, bad(Severity.WARNING))).hasSize(1);
        assertThat(news(book, bad(Severity.WARNING))).isEmpty();
        assertThat(book.firing()).hasSize(1);
        assertThat(news(book, well())).hasSize(1);
    }

    @Test
    void refusedAlertsAreWrittenWhenTheDiskAcceptsThem() throws IOException {
        Path folder = state.resolve("alerts");
        Files.writeString(folder, "a file where the folder should be");
        AlertRegistry book = open();
        news(book, bad(Severity.WARNING));
        Files.delete(folder);

        assertThat(book.due(rule)).isEmpty();

        assertThat(open().firing()).hasSize(1);
    }

    @Test
    void newerAlertOfAnotherProcessIsNotOverwritten() throws IOException {
        Path folder = state.resolve("alerts");
        Files.writeString(folder, "a file where the folder should be");
        AlertRegistry book = open();
        news(book, bad(Severity.WARNING));
        Files.delete(folder);
        clock.pass(Duration.ofMinutes(1));
        open().consider(bad(Severity.CRITICAL));

        book.due(rule);

        assertThat(open().firing())
                .singleElement()
                .satisfies(alert -> assertThat(alert.severity()).isEqualTo(Severity.CRITICAL));
    }

    @Test
    void alertRaisedOnAFullDiskSurvivesARestart() throws IOException {
        try (SmallDisk disk = SmallDisk.of("16m")) {
            AlertRegistry book = open(disk.folder());
            news(book, bad(Severity.WARNING));
            news(book, well());
            disk.fill();

            for (int service = 0; service < 40; service++) {
                book.consider(Condition.bad(
                        Severity.WARNING, "disk-filling", "service-" + service, "full", "", clock.instant()));
            }

            assertThat(open(disk.folder()).firing()).hasSize(40);
            Files.delete(disk.folder().resolve("filler"));
            book.due(rule);
            disk.fill();
            book.consider(bad(Severity.CRITICAL));
            assertThat(open(disk.folder()).firing()).hasSize(41);
        }
    }

    @Test
    void keysThatLookAlikeAsFileNamesStayApart() {
        AlertRegistry book = open();
        for (String service : new String[] {"a b", "a/b", "../a", "a b ", "x".repeat(500), "x".repeat(501)}) {
            book.consider(Condition.bad(Severity.INFO, "service-down", service, "stopped", "", clock.instant()));
        }
        assertThat(open().firing()).hasSize(6);
    }

    @Test
    void alertOfARenamedKindResolvesUnderTheNewName() throws IOException {
        news(open(), stale(Severity.WARNING));
        renameAsBefore();

        assertThat(open().firing()).extracting(Alert::kind).containsExactly("feed-stale");
        clock.pass(Duration.ofMinutes(1));
        assertThat(news(open(), stale(Severity.WARNING))).as("no second alert").isEmpty();
        assertThat(file("feed-stale")).exists();
        assertThat(alertFiles()).noneMatch(name -> name.startsWith("feed-deaf"));

        assertThat(news(open(), Condition.well("feed-stale", "pgsteward", "connected", clock.instant())))
                .singleElement()
                .satisfies(notice -> {
                    assertThat(notice.state()).isEqualTo("resolved");
                    assertThat(notice.kind()).isEqualTo("feed-stale");
                });
        assertThat(open().firing()).isEmpty();
    }

    @Test
    void presentFileOfARenamedKindCountsBeforeThePreviousOne() throws IOException {
        news(open(), stale(Severity.WARNING));
        renameAsBefore();
        Path previous = file("feed-deaf");
        byte[] content = Files.readAllBytes(previous);
        news(open(), stale(Severity.CRITICAL));
        Files.write(previous, content);

        assertThat(open().firing())
                .singleElement()
                .satisfies(alert -> assertThat(alert.severity()).isEqualTo(Severity.CRITICAL));
        news(open(), Condition.well("feed-stale", "pgsteward", "connected", clock.instant()));
        assertThat(open().firing()).isEmpty();
        clock.pass(Duration.ofHours(1));
        open().due(rule);
        assertThat(alertFiles()).containsExactlyInAnyOrder(".lock", ".reserve");
    }

    @Test
    void silenceOfARenamedKindStillHolds() throws IOException {
        Files.createDirectories(state.resolve("silences"));
        Files.writeString(
                state.resolve("silences/mine.json"),
                "{\"service\":\"\",\"kind\":\"feed-deaf\",\"until\":\""
                        + clock.instant().plusSeconds(60) + "\"}");

        assertThat(news(open(), stale(Severity.WARNING))).isEmpty();
        assertThat(news(open(), bad(Severity.WARNING))).hasSize(1);
    }

    @Test
    void renamedFigureIsSentUnderBothNames() {
        Condition seconds = stale(Severity.WARNING).with(Map.of("staleSeconds", 400));
        assertThat(news(open(), seconds))
                .singleElement()
                .satisfies(notice ->
                        assertThat(notice.figures()).isEqualTo(Map.of("staleSeconds", 400, "deafSeconds", 400)));
    }

    @Test
    void manyThreadsMakeOneNotice() throws Exception {
        AlertRegistry book = open();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            Callable<List<Notification>> look = () -> news(book, bad(Severity.WARNING));
            int reported = 0;
            for (Future<List<Notification>> answer :
                    threads.invokeAll(Stream.generate(() -> look).limit(100).toList())) {
                reported += answer.get().size();
            }
            assertThat(reported).isEqualTo(1);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Considers a condition and returns the notices about it, which arrive. */
    private List<Notification> news(AlertRegistry book, Condition condition) {
        book.consider(condition);
        return sendDue(book);
    }

    private List<Notification> sendDue(AlertRegistry book) {
        List<Notification> due = book.due(rule);
        due.forEach(book::notified);
        return due;
    }

    private AlertRegistry open() {
        return open(state);
    }

    private AlertRegistry open(Path folder) {
        return new AlertRegistry(
                folder,
                new Silences(folder, Json.mapper(), clock),
                Json.mapper(),
                clock,
                ZoneOffset.UTC,
                CommandPrefix.PLAIN);
    }

    private Path file(String start) throws IOException {
        try (Stream<Path> files = Files.list(state.resolve("alerts"))) {
            return files.filter(path -> path.getFileName().toString().startsWith(start))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private List<String> alertFiles() throws IOException {
        try (Stream<Path> files = Files.list(state.resolve("alerts"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    /** Renames the file of the stale feed, and its content, to what the previous version wrote. */
    private void renameAsBefore() throws IOException {
        Path present = file("feed-stale");
        String content = Files.readString(present);
        assertThat(content).contains("\"kind\":\"feed-stale\"");
        // The end of the name is the start of the SHA-256 of 'feed-deaf:pgsteward'.
        Files.writeString(
                present.resolveSibling("feed-deaf-pgsteward-99811f87fb2f.json"),
                content.replace("feed-stale", "feed-deaf"));
        Files.delete(present);
    }

    private Condition stale(Severity severity) {
        return Condition.bad(severity, "feed-stale", "pgsteward", "no events", "docker ps", clock.instant());
    }

    private Condition bad(Severity severity) {
        return Condition.bad(severity, "memory-high", "vikunja", "82%", "docker stats vikunja", clock.instant());
    }

    private Condition well() {
        return Condition.well("memory-high", "vikunja", "20%", clock.instant());
    }
}
