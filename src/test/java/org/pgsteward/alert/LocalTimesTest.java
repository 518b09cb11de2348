package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

@Tag("fast")
class LocalTimesTest {
    private final LocalTimes times = new LocalTimes(ZoneId.of("Europe/Berlin"));

    @ParameterizedTest
    @CsvSource({
        "verified at 2026-05-01T12:00:00Z., verified at 2026-05-01 14:00:00 CEST.",
        "verified at 2026-11-30T12:00:00.123456789Z; damaged, verified at 2026-11-30 13:00:00 CET; damaged",
        "from 2026-05-01T12:00:00Z to 2026-05-01T12:00Z, from 2026-05-01 14:00:00 CEST to 2026-05-01T12:00Z",
        "2026-99-01T12:00:00Z is no moment, 2026-99-01T12:00:00Z is no moment",
        "backup 20260501T120000Z failed, backup 20260501T120000Z failed",
        "nothing, nothing"
    })
    void momentsBecomeLocalTimes(String text, String local) {
        assertThat(times.in(text)).isEqualTo(local);
    }

    @Test
    void remedyAndFiguresStay() {
        Instant noon = Instant.parse("2026-05-01T12:00:00Z");
        Condition condition = Condition.bad(
                        Severity.WARNING, "backup-overdue", "vikunja", "since " + noon, "restore --at " + noon, noon)
                .with(Map.of("due", noon.toString()));

        assertThat(times.in(condition)).isEqualTo(condition.because("since 2026-05-01 14:00:00 CEST"));
    }
}
