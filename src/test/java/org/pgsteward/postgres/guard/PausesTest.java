package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PausesTest {
    private static final Instant NOW = Instant.parse("2026-11-29T04:00:00Z");

    private final Pauses pauses = new Pauses();

    @Test
    void twoAreAllowedWithinAnHour() {
        assertThat(pauses.isAllowed("wiki", NOW)).isTrue();
        pauses.begin("wiki", 50, NOW);
        pauses.begin("wiki", 50, NOW.plusSeconds(1200));

        assertThat(pauses.isAllowed("wiki", NOW.plusSeconds(3600))).isFalse();
        assertThat(pauses.isAllowed("photos", NOW.plusSeconds(3600))).isTrue();
        assertThat(pauses.isAllowed("wiki", NOW.plusSeconds(3601))).isTrue();
    }

    @Test
    void isOverAfterItsLengthUntilItIsEnded() {
        pauses.begin("wiki", 50, NOW);

        assertThat(pauses.over(NOW.plus(Pauses.LENGTH).minusSeconds(1))).isEmpty();
        assertThat(pauses.over(NOW.plus(Pauses.LENGTH))).containsEntry("wiki", 50);
        assertThat(pauses.over(NOW.plus(Duration.ofDays(1)))).containsKey("wiki");
        pauses.end("wiki");
        assertThat(pauses.services()).isEmpty();
    }

    @Test
    void keepsOnlyThePausesThatStillHold() {
        pauses.begin("wiki", 50, NOW);
        pauses.begin("photos", 50, NOW);

        pauses.retain(Set.of("photos", "notes"));

        assertThat(pauses.services()).containsExactly("photos");
    }
}
