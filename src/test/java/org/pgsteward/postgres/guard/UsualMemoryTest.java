package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class UsualMemoryTest {
    private static final long MIB = 1 << 20;
    private static final Instant AT = Instant.parse("2026-11-29T02:00:00Z");

    private final UsualMemory usual = new UsualMemory();

    @Test
    void theFirstReadingIsTheAverage() {
        assertThat(usual.isEmpty()).isTrue();
        usual.add(AT, Map.of("wiki", 40 * MIB));

        assertThat(usual.isEmpty()).isFalse();
        assertThat(usual.of("wiki")).isEqualTo(40 * MIB);
        assertThat(usual.of("photos")).isZero();
    }

    @Test
    void followsWithinMinutesAndNotWithinSeconds() {
        usual.add(AT, Map.of());
        usual.add(AT.plusSeconds(2), Map.of("wiki", 100 * MIB));
        assertThat(usual.of("wiki")).isCloseTo(3 * MIB, Percentage.withPercentage(10));

        for (int n = 2; n <= 150; n++) {
            usual.add(AT.plusSeconds(2L * n), Map.of("wiki", 100 * MIB));
        }
        assertThat(usual.of("wiki")).isCloseTo(100 * MIB, Percentage.withPercentage(1));
    }

    /** Otherwise a role could leave entries behind under many names. */
    @Test
    void forgetsARoleWithoutSessions() {
        usual.add(AT, Map.of("wiki", 40 * MIB));
        usual.add(AT.plusSeconds(3600), Map.of());

        assertThat(usual.of("wiki")).isZero();
    }

    @Test
    void aClockSetBackChangesNothing() {
        usual.add(AT, Map.of("wiki", 40 * MIB));
        usual.add(AT.minusSeconds(3600), Map.of("wiki", 400 * MIB));

        assertThat(usual.of("wiki")).isEqualTo(40 * MIB);
    }
}
