package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class UnchangedRuleTest {
    private static final Instant NIGHT = Instant.parse("2026-12-01T03:00:00Z");

    /** Nights begin at the same time of day, but a verification ends some hours later than the next night begins. */
    @ParameterizedTest(name = "{0} days: at least every {0} nights")
    @CsvSource({"1", "2", "3", "7", "30"})
    void noVerificationIsOlderThanItsDays(int days) {
        for (int service = 0; service < 100; service++) {
            Instant verified = NIGHT.plus(Duration.ofHours(5));
            int night = 1;
            while (!UnchangedRule.isDue("service" + service, verified, days, NIGHT.plus(Duration.ofDays(night)))) {
                night++;
            }
            assertThat(night).isLessThanOrEqualTo(days).isGreaterThan(days - 3).isPositive();
        }
    }

    @Test
    void aVerificationWhileTheClockWasAheadDoesNotCount() {
        assertThat(UnchangedRule.isDue("wiki", NIGHT.plus(Duration.ofHours(1)), 7, NIGHT))
                .isFalse();
        assertThat(UnchangedRule.isDue("wiki", NIGHT.plus(Duration.ofDays(4000)), 7, NIGHT))
                .isTrue();
    }

    @Test
    void theServicesOfOneNightBecomeDueOnSeveralNights() {
        Map<Integer, Integer> due = new TreeMap<>();
        for (int service = 0; service < 150; service++) {
            int night = 1;
            while (!UnchangedRule.isDue("service" + service, NIGHT, 7, NIGHT.plus(Duration.ofDays(night)))) {
                night++;
            }
            due.merge(night, 1, Integer::sum);
        }
        assertThat(due.keySet()).containsExactly(5, 6, 7);
        assertThat(due.values()).allMatch(services -> services >= 25);
    }
}
