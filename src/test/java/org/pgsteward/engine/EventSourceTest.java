package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class EventSourceTest {
    @Test
    void timesAreWrittenAsSecondsWithNineDecimals() {
        assertThat(EventSource.written(Instant.ofEpochSecond(1_795_468_042, 7))).isEqualTo("1795468042.000000007");
        assertThat(EventSource.written(Instant.ofEpochSecond(1_795_468_042))).isEqualTo("1795468042.000000000");
    }
}
