package org.pgsteward.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.backup.verify.ProofOrder.Place;

@Tag("fast")
class ProofOrderTest {
    private static final Instant START = Instant.parse("2026-11-28T03:00:00Z");

    @Test
    void leastUsedTimeGoesFirstAndThenTheOrderOfAsking() {
        List<Place> inOrder = List.of(
                new Place(0, START.plusSeconds(60), "b"),
                new Place(1, START, "b"),
                new Place(1, START.plusMillis(1), "a"),
                new Place(1, START.plusMillis(1), "b"),
                new Place(100, START.minusSeconds(3600), "a"));
        assertThat(Stream.of(4, 2, 0, 3, 1).map(inOrder::get).sorted()).isEqualTo(inOrder);
        assertThat(inOrder.get(0).isBefore(inOrder.get(1))).isTrue();
        assertThat(inOrder.get(1).isBefore(inOrder.get(1))).isFalse();
    }

    /** Seconds: used by its own service, by that of the last verification, since the end of that, and since it was asked. */
    @ParameterizedTest
    @CsvSource({
        "1000, 0, 0, 0, true", // right after another one
        "1000, 0, 9, 9, true", // still within the pause
        "1000, 0, 10, 10, false", // no other one came
        "1000, 0, 0, 249, true", // others follow one another
        "1000, 0, 0, 250, false", // others had a quarter of its time
        "100000, 0, 0, 599, true",
        "100000, 0, 0, 600, false", // it waits ten minutes at most
        "59, 0, 0, 0, false", // an ordinary difference
        "60, 0, 0, 0, true",
        "1000, 941, 0, 0, false", // the last one had used about as much
        "0, 1000, 0, 0, false", // the last one had used more
        "1000, 0, -1, 0, false", // the clock was set back
    })
    void aServiceThatUsedMuchMoreThanTheLastOneGivesTime(
            long own, long last, long sinceEnd, long sinceAsked, boolean gives) {
        Place place = new Place(own, START, "a");
        Instant now = START.plusSeconds(sinceAsked);
        assertThat(ProofOrder.givesTime(place, now.minus(Duration.ofSeconds(sinceEnd)), last, now))
                .isEqualTo(gives);
    }
}
