package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class CountTest {
    @ParameterizedTest
    @CsvSource({"0, 0 rows", "1, 1 row", "2, 2 rows", "-1, -1 rows", "1234567, '1,234,567 rows'"})
    void onlyOneIsSingular(long number, String words) {
        assertThat(Count.words(number, "row")).isEqualTo(words);
    }
}
