package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class PausesTest {
    private static final Instant NOW = Instant.parse("2026-11-29T04:00:00Z");

    private final Pauses pauses = new Pauses();

    @Test
    void growLongerWithinFourHours() {
        assertThat(pauses.begin("wiki", 50, false, NOW)).isEqualTo(Duration.ofMinutes(5));
        assertThat(pauses.begin("wiki", 50, false, NOW.plusSeconds(1200))).isEqualTo(Duration.ofMinutes(15));
        assertThat(pauses.begin("wiki", 50, false, NOW.plusSeconds(4 * 3600))).isEqualTo(Duration.ofHours(1));
        assertThat(pauses.begin("photos", 50, false, NOW.plusSeconds(4 * 3600))).isEqualTo(Duration.ofMinutes(5));
        assertThat(pauses.begin("wiki", 50, false, NOW.plus(Duration.ofHours(9))))
                .isEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void isOverAfterItsLengthUntilItIsEnded() {
        Instant end = NOW.plus(pauses.begin("wiki", 50, false, NOW));

        assertThat(pauses.over(end.minusSeconds(1), true)).isEmpty();
        assertThat(pauses.over(end, true)).containsEntry("wiki", 50);
        assertThat(pauses.over(NOW.plus(Duration.ofDays(1)), true)).containsKey("wiki");
        pauses.end("wiki");
        assertThat(pauses.services()).isEmpty();
    }

    @Test
    void mayAlsoLastUntilTheDiskHasSpace() {
        Instant end = NOW.plus(pauses.begin("wiki", 50, true, NOW));

        assertThat(pauses.over(end.minusSeconds(1), true)).isEmpty();
        assertThat(pauses.over(end, false)).isEmpty();
        assertThat(pauses.over(end, true)).containsEntry("wiki", 50);
    }

    @Test
    void keepsOnlyThePausesThatStillHold() {
        pauses.begin("wiki", 50, false, NOW);
        pauses.begin("photos", 50, false, NOW);

        pauses.retain(Set.of("photos", "notes"));

        assertThat(pauses.services()).containsExactly("photos");
    }
}
