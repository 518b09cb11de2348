package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
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
    void roundsToMinutesForABriefView(Duration span, String words) {
        assertThat(Elapsed.roughly(span)).isEqualTo(words);
    }

    @ParameterizedTest
    @CsvSource({
        "0s, PT0S",
        "10s, PT10S",
        "90m, PT90M",
        "6h, PT6H",
        "2d, PT48H",
        "' 2d ', PT48H",
        "5 M, PT5M",
        "1.5h, PT90M",
        "0.25s, PT0.25S",
        "500ms, PT0.5S",
        "1h30m, PT90M",
        "1d 2h 3m 4s 5ms, PT26H3M4.005S",
        "999999999d, PT23999999976H"
    })
    void readsAmountsWithUnits(String text, Duration span) {
        assertThat(Elapsed.read(text)).contains(span);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "60",
                "soon",
                "-5s",
                "5x",
                "s",
                "1m1h",
                "1s1s",
                "1:30",
                "1e3s",
                "1,5h",
                "PT5S",
                "٥s",
                "1000000000d"
            })
    void refusesEverythingElseWithNameAndText(String text) {
        assertThat(Elapsed.read(text)).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Elapsed.parse("--for", text))
                .withMessage("--for is '" + text + "', not a time such as 90m, 6h or 2d");
    }
}
