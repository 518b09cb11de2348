package org.pgsteward.overview;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;

/** A daemon and a command of different versions read each other's report. */
@Tag("fast")
class DaemonStatusFileTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    private Path state;

    @Test
    void keysOfTheReportStay() throws IOException {
        DaemonStatus status = new DaemonStatus(
                NOON,
                NOON.minusSeconds(60),
                false,
                NOON.minusSeconds(9),
                "no answer",
                List.of(),
                Map.of(),
                Map.of(),
                false);
        new DaemonStatusFile(state, Json.mapper()).write(status);

        assertThat(Json.mapper()
                        .readTree(Files.readString(state.resolve("daemon.json")))
                        .fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(
                        "at",
                        "startedAt",
                        "stopped",
                        "deafSince",
                        "deafWhy",
                        "failing",
                        "containers",
                        "memory",
                        "hasNoReceiver");
        assertThat(new DaemonStatusFile(state, Json.mapper()).read()).contains(status);
    }
}
