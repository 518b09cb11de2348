package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.pgsteward.postgres.ContainerMemory;

class MemoryRoomRuleTest {
    private static final long MIB = 1 << 20;

    /** What {@code compose.yaml} gives, with some services at work. */
    private static final ContainerMemory MEMORY = new ContainerMemory(256 * MIB, 130 * MIB);

    @Test
    void aDumpMayTakeWhatIsFreeButForAReserve() {
        // 256 - 130 - 24 = 102 MiB, 5 KiB for each table
        assertThat(MemoryRoomRule.hindrance("big", 20_889, MEMORY)).isEmpty();
        assertThat(MemoryRoomRule.hindrance("big", 20_890, MEMORY))
                .contains(
                        "database big has 20,890 tables, for which a dump takes about 102 MiB of PostgreSQL's memory, and 102"
                                + " of its 256 MiB are free; the kernel would end all sessions of all services; give PostgreSQL's"
                                + " container more: mem_limit in compose.yaml");
    }

    @Test
    void aDatabaseOfOrdinarySizeIsDumpedHoweverLittleIsFree() {
        assertThat(MemoryRoomRule.hindrance("small", 1000, new ContainerMemory(256 * MIB, 255 * MIB)))
                .isEmpty();
        assertThat(MemoryRoomRule.hindrance("large", 1001, new ContainerMemory(256 * MIB, 255 * MIB)))
                .isPresent();
    }

    @Test
    void withoutALimitThereIsRoom() {
        assertThat(MemoryRoomRule.hindrance("big", 1_000_000, ContainerMemory.of(null, null)))
                .isEmpty();
    }
}
