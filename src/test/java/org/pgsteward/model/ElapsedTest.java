package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ElapsedTest {
    @ParameterizedTest
    @CsvSource({
        "-PT5S, 0 s",
        "PT0.9S, 0 s",
        "PT59S, 59 s",
        "PT12M5S, 12 min 5 s",
        "PT2H, 2 h",
        "PT2H30M59S, 2 h 30 min",
        "P1D, 1 day",
        "P3DT4H, 3 days 4 h"
    })
    void saysTheTwoLargestUnits(Duration span, String words) {
        assertThat(Elapsed.words(span)).isEqualTo(words);
    }

    @ParameterizedTest
    @CsvSource({"-PT5S, 0 s", "PT59.9S, 59 s", "PT12M5S, 12 min", "PT2H30M59S, 2 h 30 min"})
    void leavesOutSecondsForWhoLooksInPassing(Duration span, String words) {
        assertThat(Elapsed.roughly(span)).isEqualTo(words);
    }
}
