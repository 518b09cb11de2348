package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.model.Severity;

@Tag("fast")
class RecentIncidentsTest {
    private static final Instant START = Instant.parse("2026-03-01T03:00:00Z");

    @TempDir
    private Path state;

    @Test
    void recordIsReadOnlyAfterAChange() throws IOException {
        AlertHistory history = history();
        RecentIncidents recent = new RecentIncidents(history);
        assertThat(recent.newest(START, List.of())).isEmpty();
        record(history, "wiki", START, Duration.ofMinutes(1));
        assertThat(services(recent, START)).containsExactly("wiki");

        // The same size, time and file, with another text: a reading would show it.
        Path file = state.resolve("history.jsonl");
        FileTime time = Files.getLastModifiedTime(file);
        String text = Files.readString(file);
        try (RandomAccessFile same = new RandomAccessFile(file.toFile(), "rw")) {
            same.write(text.replace("wiki", "wikj").getBytes(StandardCharsets.UTF_8));
        }
        Files.setLastModifiedTime(file, time);
        assertThat(services(recent, START)).containsExactly("wiki");
        assertThat(services(new RecentIncidents(history), START)).containsExactly("wikj");

        record(history, "shop", START.plusSeconds(9), Duration.ofMinutes(1));
        assertThat(services(recent, START)).containsExactly("shop", "wikj");
    }

    @Test
    void newestTenOfTheLastSevenDaysAreReturned() throws IOException {
        AlertHistory history = history();
        for (int i = 0; i < 14; i++) {
            record(history, "s" + i, START.plus(Duration.ofHours(i)), Duration.ofMinutes(1));
        }
        RecentIncidents recent = new RecentIncidents(history);
        assertThat(services(recent, START)).hasSize(10).startsWith("s13").endsWith("s4");
        assertThat(recent.newest(START, List.of(firing("now", START.plus(Duration.ofHours(20))))))
                .extracting(Incident::service)
                .hasSize(10)
                .startsWith("now", "s13")
                .endsWith("s5");
        assertThat(services(recent, START.plus(RecentIncidents.SPAN).plus(Duration.ofHours(12))))
                .containsExactly("s13", "s12");
    }

    @Test
    void leftOutLongIncidentCountsOnceNewerOnesAreTooOld() throws IOException {
        AlertHistory history = history();
        for (int i = 1; i <= 10; i++) {
            record(history, "short" + i, START.plusSeconds(i), Duration.ofMinutes(1));
        }
        record(history, "long", START, Duration.ofDays(2));
        RecentIncidents recent = new RecentIncidents(history);
        assertThat(services(recent, START.plus(Duration.ofDays(2)))).hasSize(10).doesNotContain("long");
        assertThat(services(recent, START.plus(Duration.ofDays(8)))).containsExactly("long");
    }

    @Test
    void unreadableRecordLeavesTheFiringAlerts() throws IOException {
        Files.createDirectory(state.resolve("history.jsonl"));
        assertThat(new RecentIncidents(history()).newest(START, List.of(firing("wiki", START))))
                .extracting(Incident::service)
                .containsExactly("wiki");
    }

    private AlertHistory history() {
        return new AlertHistory(state, Json.mapper());
    }

    private static List<String> services(RecentIncidents recent, Instant now) {
        return recent.newest(now, List.of()).stream().map(Incident::service).toList();
    }

    private static void record(AlertHistory history, String service, Instant since, Duration lasted) {
        history.keep(
                Optional.of(firing(service, since)),
                alert(service, since, new Alert.Over("it runs", since.plus(lasted), false)));
    }

    private static Alert firing(String service, Instant since) {
        return alert(service, since, null);
    }

    private static Alert alert(String service, Instant since, Alert.@Nullable Over over) {
        Alert.Cause cause = new Alert.Cause(Severity.CRITICAL, "exited", "", Map.of(), since);
        return new Alert(
                "service-down",
                service,
                since,
                Severity.CRITICAL,
                over == null ? Map.of("look", cause) : Map.of(),
                cause,
                over,
                null,
                List.of());
    }
}
