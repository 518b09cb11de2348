package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class HeapReturnTest {
    private static final long MIB = 1 << 20;

    private long committed;
    private long live = 20 * MIB;
    private int collections;
    private final HeapReturn heap = new HeapReturn(() -> committed, () -> {
        collections++;
        committed = live;
    });

    @Test
    void burstCausesOneCollection() {
        look(40);
        look(22);
        look(23);
        assertThat(collections).isEqualTo(1);

        look(45);
        look(20);
        assertThat(collections).isEqualTo(2);
    }

    @Test
    void largerDaemonIsNotCollectedEachMinute() {
        live = 35 * MIB;

        look(48);
        look(36);
        look(37);

        assertThat(collections).isEqualTo(1);
    }

    private void look(long mebibytes) {
        committed = mebibytes * MIB;
        heap.look();
    }
}
