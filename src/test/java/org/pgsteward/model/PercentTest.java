package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class PercentTest {
    @ParameterizedTest
    @CsvSource({"0%, 0", "50%, 50", "12.5%, 12.5", "82.5 %, 82.5", "150%, 150", "' 5% ', 5"})
    void readsShares(String text, double percent) {
        assertThat(Percent.read(text)).hasValue(percent);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "%", "50", "half", "-5%", "1e2%", "80 percent", "8०%"})
    void refusesEverythingElse(String text) {
        assertThat(Percent.read(text)).isEmpty();
    }
}
