package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.ZoneId;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.model.Refusal;

@Tag("fast")
class AtTimeTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @ParameterizedTest
    @CsvSource({
        "2026-01-31T03:00:00Z, 2026-01-31T03:00:00Z",
        "2026-01-31T03:00:00+05:30, 2026-01-30T21:30:00Z",
        "2026-01-31T03:00, 2026-01-31T02:00:00Z",
        "2026-07-31 03:00, 2026-07-31T01:00:00Z",
        "2026-01-31 03:00:30, 2026-01-31T02:00:30Z",
        "2026-01-31, 2026-01-31T22:59:59.999Z",
        // The skipped hour of summer time, and the repeated one, whose first occurrence counts.
        "2026-03-29T02:30, 2026-03-29T01:30:00Z",
        "2026-10-25T02:30, 2026-10-25T00:30:00Z"
    })
    void isReadWithItsOffsetOrInTheConfiguredZone(String text, String instant) {
        assertThat(AtTime.parse(text, BERLIN)).hasToString(instant);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "yesterday", "2026-13-01", "2026-02-30T03:00", "03:00", "2026-01-31T25:00Z"})
    void invalidTimeIsRefusedWithTheFormat(String text) {
        assertThatThrownBy(() -> AtTime.parse(text, BERLIN))
                .isInstanceOf(Refusal.class)
                .hasMessage("--at '" + text + "' is not a time: write 2026-01-31T03:00:00Z, or"
                        + " '2026-01-31 03:00' for local time (Europe/Berlin)");
    }

    @Test
    void remainingTimeUsesThePreviousRunThenTheProgress() {
        assertThat(TerminalProgress.words(1_000_000, 100_000_000, Duration.ofSeconds(1), Duration.ofSeconds(41)))
                .isEqualTo("1.0 of 100.0 MB, about 40 s left");
        assertThat(TerminalProgress.words(50_000_000, 100_000_000, Duration.ofSeconds(30), Duration.ofSeconds(41)))
                .isEqualTo("50.0 of 100.0 MB, about 30 s left");
    }
}
