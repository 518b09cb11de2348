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
import org.pgsteward.backup.verify.VerificationOrder.Place;

@Tag("fast")
class VerificationOrderTest {
    private static final Instant START = Instant.parse("2026-11-28T03:00:00Z");

    @Test
    void leastUsedTimeGoesFirstThenTheOldestRequest() {
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

    /**
     * The figures are seconds: the time that this service used, and the time that the service of the last
     * verification used. The other two are the time since the end of that verification, and the time since the
     * request.
     */
    @ParameterizedTest
    @CsvSource({
        "1000, 0, 0, 0, true", // right after another verification
        "1000, 0, 9, 9, true", // within the pause
        "1000, 0, 10, 10, false", // no other verification came
        "1000, 0, 0, 249, true", // other verifications follow one another
        "1000, 0, 0, 250, false", // other services had a quarter of its time
        "100000, 0, 0, 599, true",
        "100000, 0, 0, 600, false", // it waits ten minutes at most
        "59, 0, 0, 0, false", // an ordinary difference
        "60, 0, 0, 0, true",
        "1000, 941, 0, 0, false", // the last service had used almost as much
        "0, 1000, 0, 0, false", // the last service had used more
        "1000, 0, -1, 0, false", // the clock was set back
    })
    void aServiceThatUsedMuchMoreThanTheLastGivesWay(
            long own, long last, long sinceEnd, long sinceAsked, boolean gives) {
        Place place = new Place(own, START, "a");
        Instant now = START.plusSeconds(sinceAsked);
        assertThat(VerificationOrder.givesTime(place, now.minus(Duration.ofSeconds(sinceEnd)), last, now))
                .isEqualTo(gives);
    }
}
