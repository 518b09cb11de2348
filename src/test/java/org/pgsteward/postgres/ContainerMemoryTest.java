package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class ContainerMemoryTest {
    @ParameterizedTest
    @ValueSource(strings = {"max\n", "", "9223372036854771712\n", "-1", "1e9", "99999999999999999999999"})
    void readsOtherTextsAsNoLimit(String text) {
        assertThat(ContainerMemory.of(text, null).limit()).isGreaterThanOrEqualTo(1L << 50);
    }

    @Test
    void readsVersionTwo() {
        assertThat(ContainerMemory.of("268435456\n", "anon 1000\nfile 5\nshmem 300\nanon_thp 7\n"))
                .isEqualTo(new ContainerMemory(256 << 20, 1300));
    }

    @Test
    void readsVersionOne() {
        assertThat(ContainerMemory.of("268435456", "rss 1000\nshmem 300\ntotal_rss 1000\ntotal_shmem 300\n"))
                .isEqualTo(new ContainerMemory(256 << 20, 1300));
    }
}
