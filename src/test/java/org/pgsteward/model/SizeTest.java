package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class SizeTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "17, 17",
        "512b, 512",
        "500k, 512000",
        "3M, 3145728",
        "1.5g, 1610612736",
        "64 kb, 65536",
        "1.5GiB, 1610612736",
        "2t, 2199023255552",
        "' 1m ', 1048576",
        "999999999g, 1073741822926258176"
    })
    void readsBytesAndUnitsOf1024(String text, long bytes) {
        assertThat(Size.read(text)).hasValue(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "lots", "1e9", "5x", "1,5g", "80%", "1 m b", "k", "8०"})
    void refusesEverythingElse(String text) {
        assertThat(Size.read(text)).isEmpty();
    }
}
