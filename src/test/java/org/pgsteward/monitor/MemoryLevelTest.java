package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class MemoryLevelTest {
    @ParameterizedTest
    @CsvSource({
        "80%, 800, 80%",
        "82.5 %, 825, 82.5%",
        "100%, 1000, 100%",
        "200m, 209715200, 200 MiB",
        "200M, 209715200, 200 MiB",
        "1.5g, 1610612736, 1.5 GiB",
        "1.5GiB, 1610612736, 1.5 GiB",
        "64 kb, 65536, 64 KiB",
        "512, 512, 512 B",
        "512b, 512, 512 B"
    })
    void readsTheFormatsOfDockersOptions(String text, long ofThousand, String words) {
        MemoryLevel level = MemoryLevel.parse("warn", text);

        assertThat(level.of(1000)).isEqualTo(ofThousand);
        assertThat(level).hasToString(words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "%", "lots", "-5%", "0%", "101%", "0", "80 percent", "1e9", "5x", "8०%"})
    void refusesAnythingElseWithTheNameAndTheValue(String text) {
        assertThatThrownBy(() -> MemoryLevel.parse("label pgsteward.memory.warn", text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("label pgsteward.memory.warn is '" + text + "'");
    }
}
