package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.postgres.guard.Offences.Kind;

@Tag("fast")
class OffencesTest {
    private static final Instant NOW = Instant.parse("2026-11-28T02:30:00Z");

    private final Offences offences = new Offences();

    @ParameterizedTest
    @CsvSource({
        "19, 0, 0, 0, false",
        "20, 0, 0, 0, true",
        "0, 5, 0, 0, false",
        "0, 6, 0, 0, true",
        "0, 0, 2, 0, false",
        "0, 0, 3, 0, true",
        "0, 0, 0, 1, false",
        "0, 0, 0, 2, true",
        "6, 0, 2, 0, false",
        "7, 0, 2, 0, true",
        "0, 1, 1, 1, true",
        "1000, 0, 0, 0, true"
    })
    void sumsTheWeightsOfIncidents(int sessions, int memory, int crashes, int stillRunning, boolean enough) {
        add("wiki", Kind.SESSION, sessions);
        add("wiki", Kind.MEMORY, memory);
        add("wiki", Kind.CRASH, crashes);
        add("wiki", Kind.STILL_RUNNING, stillRunning);
        add("photos", Kind.SESSION, 19);

        assertThat(offences.isEnough("wiki", NOW)).isEqualTo(enough);
        assertThat(offences.isEnough("photos", NOW)).isFalse();
        assertThat(offences.isEnough("nobody", NOW)).isFalse();
    }

    @Test
    void oldIncidentsDoNotCount() {
        add("wiki", Kind.SESSION, 19);
        Instant later = NOW.plus(Offences.COUNTED).plusSeconds(1);
        offences.add("wiki", Kind.SESSION, later);

        assertThat(offences.isEnough("wiki", later)).isFalse();
    }

    @Test
    void resetRemovesTheIncidentsOfARole() {
        add("wiki", Kind.SESSION, 20);
        offences.reset("wiki");
        add("wiki", Kind.SESSION, 19);

        assertThat(offences.isEnough("wiki", NOW)).isFalse();
    }

    private void add(String role, Kind kind, int times) {
        for (int n = 0; n < times; n++) {
            offences.add(role, kind, NOW);
        }
    }
}
