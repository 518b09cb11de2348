package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class BackoffTest {
    @ParameterizedTest
    @CsvSource({"1, 5", "2, 10", "3, 20", "6, 160", "7, 300", "8, 300", "1000000, 300"})
    void doublesFromFiveSecondsToFiveMinutes(int failures, long seconds) {
        assertThat(Backoff.USUAL.after(failures)).hasSeconds(seconds);
    }

    @Test
    void refusesOneThatDoesNotGrow() {
        assertThatThrownBy(() -> new Backoff(Duration.ofSeconds(9), Duration.ofSeconds(3)))
                .hasMessageContaining("PT9S");
    }
}
