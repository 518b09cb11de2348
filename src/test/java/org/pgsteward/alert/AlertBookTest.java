package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notice;
import org.pgsteward.model.Severity;
import org.pgsteward.routing.Json;

class AlertBookTest {
    @TempDir
    private Path state;

    private final SettableClock clock = new SettableClock();

    @Test
    void tellsOnceWhenItBeginsAndOnceWhenItIsOver() {
        AlertBook book = open();

        assertThat(book.consider(well())).isEmpty();
        assertThat(book.consider(bad(Severity.WARNING))).map(Notice::state).contains("firing");
        assertThat(book.consider(bad(Severity.WARNING))).isEmpty();
        clock.pass(Duration.ofMinutes(3));
        assertThat(book.consider(well())).map(Notice::title).contains("[over] vikunja memory high, after 3 min");
        assertThat(book.consider(well())).isEmpty();
    }

    @Test
    void informationFiresWhileItHoldsAndItsPageGoesInSilence() {
        AlertBook book = open();
        Notice begun = book.consider(bad(Severity.INFO)).orElseThrow();
        book.told(begun);
        assertThat(book.firing()).hasSize(1);

        assertThat(book.consider(well())).isEmpty();

        assertThat(book.firing()).isEmpty();
        assertThat(book.untold()).isEmpty();
        assertThat(state.resolve("alerts")).isEmptyDirectory();
    }

    @Test
    void informationThatWasOverBeforeItReachedTheOutboxIsStillTold() {
        Notice begun = open().consider(bad(Severity.INFO)).orElseThrow();
        open().consider(well());
        clock.pass(Duration.ofSeconds(1));

        assertThat(open().untold()).containsExactly(begun);
    }

    @Test
    void aRestartForgetsNothing() {
        open().consider(bad(Severity.WARNING));
        clock.pass(Duration.ofHours(2));

        assertThat(open().consider(bad(Severity.WARNING))).isEmpty();
        assertThat(open().consider(bad(Severity.CRITICAL)))
                .map(Notice::severity)
                .contains("critical");
        assertThat(open().firing())
                .singleElement()
                .satisfies(alert -> assertThat(alert.since()).isEqualTo(SettableClock.NOON));
        assertThat(open().consider(well()))
                .map(Notice::text)
                .hasValueSatisfying(text -> assertThat(text).contains("It lasted 2 h"));
    }

    @Test
    void refreshesTheFiguresWithoutTelling() {
        AlertBook book = open();
        book.consider(bad(Severity.WARNING));
        Condition fresh = Condition.bad(Severity.WARNING, "memory-high", "vikunja", "84%", "", clock.instant());

        assertThat(book.consider(fresh)).isEmpty();
        assertThat(book.firing().get(0).worst()).map(Alert.Cause::reason).contains("84%");
    }

    @Test
    void isOverOnlyWhenNoSourceSaysBadAnyMoreAlsoAcrossARestart() {
        open().consider(bad(Severity.CRITICAL), "probe");

        assertThat(open().consider(bad(Severity.CRITICAL), "container")).isEmpty();
        assertThat(open().consider(well(), "probe")).isEmpty();
        assertThat(open().consider(well(), "container")).map(Notice::state).contains("resolved");
    }

    @Test
    void keepsWhatNeverReachedTheOutboxForTheNextStart() {
        Notice first = open().consider(bad(Severity.WARNING)).orElseThrow();
        Notice second = open().consider(well()).orElseThrow();
        clock.pass(Duration.ofSeconds(1));

        AlertBook book = open();
        assertThat(book.untold()).containsExactly(first, second);
        book.told(first);
        assertThat(book.untold()).containsExactly(second);
        book.told(second);
        assertThat(book.untold()).isEmpty();
        assertThat(state.resolve("alerts")).isEmptyDirectory();
    }

    @Test
    void whatIsOnItsWayToTheOutboxIsNotPutTwice() {
        AlertBook book = open();
        book.consider(bad(Severity.WARNING));

        assertThat(book.untold()).isEmpty();
        clock.pass(Duration.ofSeconds(60));
        assertThat(book.untold()).hasSize(1);
    }

    @Test
    void aTornFileIsSetAsideAndDoesNotStopTheRest() throws IOException {
        open().consider(bad(Severity.WARNING));
        open().consider(Condition.bad(Severity.INFO, "service-down", "gitea", "stopped", "", clock.instant()));
        Path torn = file("memory-high");
        Files.writeString(torn, "{\"kind\":\"memory-high\",");

        assertThat(open().firing()).extracting(Alert::service).containsExactly("gitea");
        assertThat(torn.resolveSibling(torn.getFileName() + ".corrupt")).exists();
        assertThat(open().consider(bad(Severity.WARNING))).isPresent();
    }

    @Test
    void aFileThatLacksHalfOfItIsTornToo() throws IOException {
        open().consider(bad(Severity.WARNING));
        Files.writeString(file("memory-high"), "{}");

        assertThat(open().consider(bad(Severity.WARNING))).isPresent();
    }

    @Test
    void goesOnInMemoryWhileTheDiskRefuses() throws IOException {
        Files.writeString(state.resolve("alerts"), "a file where the folder should be");
        AlertBook book = open();

        assertThat(book.consider(bad(Severity.WARNING))).isPresent();
        assertThat(book.consider(bad(Severity.WARNING))).isEmpty();
        assertThat(book.firing()).hasSize(1);
        assertThat(book.consider(well())).isPresent();
    }

    @Test
    void keysThatLookAlikeAsFileNamesStayApart() {
        AlertBook book = open();
        for (String service : new String[] {"a b", "a/b", "../a", "a b ", "x".repeat(500), "x".repeat(501)}) {
            assertThat(book.consider(
                            Condition.bad(Severity.INFO, "service-down", service, "stopped", "", clock.instant())))
                    .as(service)
                    .isPresent();
        }
        assertThat(open().firing()).hasSize(6);
    }

    @Test
    void manyThreadsMakeOneNotice() throws Exception {
        AlertBook book = open();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            Callable<Optional<Notice>> look = () -> book.consider(bad(Severity.WARNING));
            long told = 0;
            for (Future<Optional<Notice>> answer :
                    threads.invokeAll(Stream.generate(() -> look).limit(100).toList())) {
                told += answer.get().stream().count();
            }
            assertThat(told).isEqualTo(1);
        } finally {
            threads.shutdownNow();
        }
    }

    private AlertBook open() {
        return new AlertBook(state, Json.mapper(), clock, ZoneOffset.UTC);
    }

    private Path file(String start) throws IOException {
        try (Stream<Path> files = Files.list(state.resolve("alerts"))) {
            return files.filter(path -> path.getFileName().toString().startsWith(start))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private Condition bad(Severity severity) {
        return Condition.bad(severity, "memory-high", "vikunja", "82%", "docker stats vikunja", clock.instant());
    }

    private Condition well() {
        return Condition.well("memory-high", "vikunja", "20%", clock.instant());
    }
}
