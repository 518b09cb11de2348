package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class UsualUseTest {
    private static final long MIB = 1 << 20;
    private static final Instant AT = Instant.parse("2026-11-29T02:00:00Z");

    private final UsualUse usual = new UsualUse(Duration.ofMinutes(1), MIB);

    /** Otherwise a start of pgsteward during a shortage would blame all roles equally for years. */
    @Test
    void theFirstReadingIsTheAverage() {
        usual.add(AT, Map.of("wiki", 40 * MIB), true);

        assertThat(usual.of("wiki")).isEqualTo(40 * MIB);
        assertThat(usual.of("photos")).isZero();
        assertThat(usual.growth("wiki", 50 * MIB)).isEqualTo(10 * MIB);
        assertThat(usual.growth("wiki", 30 * MIB)).isZero();
    }

    @Test
    void followsWithinMinutesAndNotWithinSeconds() {
        usual.add(AT, Map.of(), false);
        usual.add(AT.plusSeconds(2), Map.of("wiki", 100 * MIB), false);
        assertThat(usual.of("wiki")).isCloseTo(3 * MIB, Percentage.withPercentage(10));

        for (int n = 2; n <= 150; n++) {
            usual.add(AT.plusSeconds(2L * n), Map.of("wiki", 100 * MIB), false);
        }
        assertThat(usual.of("wiki")).isCloseTo(100 * MIB, Percentage.withPercentage(1));
    }

    @Test
    void memoryTakenDuringAShortageDoesNotBecomeUsual() {
        usual.add(AT, Map.of("wiki", 40 * MIB), false);
        usual.add(AT.plusSeconds(2), Map.of("wiki", 90 * MIB), true);
        usual.add(AT.plusSeconds(60), Map.of("wiki", 90 * MIB), false);
        assertThat(usual.of("wiki")).isEqualTo(40 * MIB);

        usual.add(AT.plusSeconds(63), Map.of("wiki", 90 * MIB), false);
        assertThat(usual.of("wiki")).isGreaterThan(70 * MIB);
    }

    /** Otherwise a role could leave entries under many names. */
    @Test
    void forgetsARoleWithoutSessions() {
        usual.add(AT, Map.of("wiki", 40 * MIB), false);
        usual.add(AT.plusSeconds(3600), Map.of(), false);

        assertThat(usual.of("wiki")).isZero();
    }

    @Test
    void aClockSetBackChangesNothing() {
        usual.add(AT, Map.of("wiki", 40 * MIB), false);
        usual.add(AT.minusSeconds(3600), Map.of("wiki", 400 * MIB), false);

        assertThat(usual.of("wiki")).isEqualTo(40 * MIB);
    }

    @Test
    void growthIsSuddenWithinTenSecondsBeforeTheShortage() {
        usual.add(AT, Map.of(), false);
        for (int n = 1; n <= 10; n++) {
            usual.add(AT.plusSeconds(2L * n), Map.of("mail", 70 * MIB), false);
        }
        usual.add(AT.plusSeconds(22), Map.of("mail", 70 * MIB, "evil", 30 * MIB), false);
        usual.add(AT.plusSeconds(24), Map.of("mail", 80 * MIB, "evil", 60 * MIB), true);

        assertThat(usual.suddenGrowth("mail", 80 * MIB)).isEqualTo(10 * MIB);
        assertThat(usual.suddenGrowth("evil", 60 * MIB)).isEqualTo(60 * MIB);
        assertThat(usual.growth("mail", 80 * MIB)).as("growth over the average").isGreaterThan(50 * MIB);
    }

    @Test
    void growthIsMeasuredAnewAfterAClockWasSetBack() {
        usual.add(AT, Map.of("wiki", 40 * MIB), false);
        usual.add(AT.minusSeconds(3600), Map.of("wiki", 50 * MIB), false);

        assertThat(usual.suddenGrowth("wiki", 60 * MIB)).isEqualTo(10 * MIB);
    }
}
