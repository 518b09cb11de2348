package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.postgres.ContainerMemory;

@Tag("fast")
class ServerMemoryTest {
    private static final long MIB = 1 << 20;
    private static final Instant STARTED = Instant.parse("2026-11-28T02:00:00Z");
    private static final Instant AT = STARTED.plusSeconds(1000);

    @ParameterizedTest
    @CsvSource({"230, false", "231, true", "256, true"})
    void isNearlyFullAboveAShareOfTheLimit(long taken, boolean nearlyFull) {
        ServerMemory reading =
                new ServerMemory(AT, STARTED, STARTED, "", new ContainerMemory(256 * MIB, taken * MIB), List.of());

        assertThat(reading.isNearlyFull()).isEqualTo(nearlyFull);
    }

    @ParameterizedTest
    @CsvSource({"PT0S, PT2S, true", "PT0S, PT9S, true", "PT0S, PT-1S, false", "PT0S, PT11S, false", "PT1S, PT2S, false"
    })
    void recognizesACrashShortlyAfterTheReading(Duration restart, Duration recovered, boolean crash) {
        ServerMemory before =
                new ServerMemory(AT, STARTED, STARTED, "", new ContainerMemory(256 * MIB, 200 * MIB), List.of());
        ServerMemory now = new ServerMemory(
                AT.plusSeconds(20),
                STARTED.plus(restart),
                AT.plus(recovered),
                "",
                new ContainerMemory(256 * MIB, 0),
                List.of());

        assertThat(now.isAfterCrash(before)).isEqualTo(crash);
    }
}
