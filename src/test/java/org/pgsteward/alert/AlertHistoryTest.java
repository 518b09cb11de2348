package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.model.Severity;

@Tag("fast")
class AlertHistoryTest {
    private static final Instant START = Instant.parse("2026-03-01T03:00:00Z");

    @TempDir
    private Path state;

    @Test
    void onlyTheEndOfAnIncidentIsRecorded() throws IOException {
        AlertHistory history = new AlertHistory(state, Json.mapper());
        history.keep(Optional.empty(), firing(0));
        history.keep(Optional.of(firing(0)), firing(0));
        assertThat(state.resolve("history.jsonl")).doesNotExist();
        history.keep(Optional.of(firing(0)), resolved(0));
        history.keep(Optional.of(resolved(0)), resolved(0));

        List<Incident> incidents = history.since(START, List.of(firing(500)));
        assertThat(incidents).hasSize(2);
        assertThat(incidents.get(0).until()).isNull();
        assertThat(incidents.get(1).until()).isEqualTo(START.plusSeconds(60));
        assertThat(incidents.get(1).title()).isEqualTo("wiki service down: exited");
        assertThat(history.since(START.plusSeconds(61), List.of())).isEmpty();
    }

    @Test
    void unfinishedLineOfAKilledProcessLosesOnlyItself() throws IOException {
        AlertHistory history = new AlertHistory(state, Json.mapper());
        history.keep(Optional.of(firing(0)), resolved(0));
        Files.writeString(state.resolve("history.jsonl"), "{\"kind\":\"serv", StandardOpenOption.APPEND);
        Files.write(
                state.resolve("history.jsonl"),
                new byte[] {'\n', '\r', '\n', 0, '\n', '"', (byte) 0xff, '\n', 'n', 'u', 'l', 'l'},
                StandardOpenOption.APPEND);
        history.keep(Optional.of(firing(100)), resolved(100));
        assertThat(history.since(START, List.of())).hasSize(2);
    }

    @Test
    void filesHaveALimitAndKeepTheNewestIncidents() throws IOException {
        AlertHistory history = new AlertHistory(state, Json.mapper(), 2_000);
        for (int i = 0; i < 100; i++) {
            history.keep(Optional.of(firing(i)), resolved(i));
        }
        List<Incident> incidents = history.since(START, List.of());
        assertThat(incidents).hasSizeBetween(10, 60);
        assertThat(incidents.get(0).since()).isEqualTo(START.plusSeconds(99));
        assertThat(Files.size(state.resolve("history.jsonl"))).isLessThanOrEqualTo(2_000);
        assertThat(Files.size(state.resolve("history.1.jsonl"))).isLessThanOrEqualTo(2_000);
    }

    private static Alert firing(int second) {
        return alert(second, true);
    }

    private static Alert resolved(int second) {
        return alert(second, false);
    }

    private static Alert alert(int second, boolean fires) {
        Instant at = START.plusSeconds(second);
        Alert.Cause cause = new Alert.Cause(Severity.CRITICAL, "exited", "", Map.of(), at);
        return new Alert(
                "service-down",
                "wiki",
                at,
                Severity.CRITICAL,
                fires ? Map.of("look", cause) : Map.of(),
                cause,
                fires ? null : new Alert.Over("it runs", at.plusSeconds(60), false),
                null,
                List.of());
    }
}
