package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.postgres.ContainerMemory;

@Tag("fast")
class MemoryRoomRuleTest {
    private static final long MIB = 1 << 20;

    /** The limit of {@code compose.yaml}, and the memory that some services use. */
    private static final ContainerMemory MEMORY = new ContainerMemory(256 * MIB, 130 * MIB);

    @Test
    void aDumpMayTakeTheFreeMemoryMinusAReserve() {
        // 256 - 130 - 24 = 102 MiB. Each table with its four columns needs 5 KiB.
        assertThat(MemoryRoomRule.hindrance("big", tables(20_889), MEMORY)).isEmpty();
        assertThat(MemoryRoomRule.hindrance("big", tables(20_890), MEMORY))
                .contains(
                        "a dump of database big takes about 102 MiB of PostgreSQL's memory, but only 102 of its 256 MiB are free."
                                + " A dump would make the kernel end all sessions of all services. The database has 20,890 tables, 0 views,"
                                + " 0 indexes, 83,560 columns and 0 MiB of expressions and functions. Give PostgreSQL's container"
                                + " more memory: mem_limit in compose.yaml");
    }

    /**
     * 110 tables of an attacker had check constraints of 0.9 MB each, and two sessions kept all of them in memory.
     */
    @Test
    void fewTablesMayHaveLargeDefinitions() {
        assertThat(hindrance(110, 0, 0, 770, 40 * MIB)).isEmpty();
        assertThat(hindrance(110, 0, 0, 770, 99 * MIB))
                .hasValueSatisfying(line -> assertThat(line).startsWith("a dump of database shop takes about 248 MiB"));
    }

    @Test
    void columnsIndexesAndViewsCount() {
        assertThat(hindrance(300, 0, 0, 300 * 1606, 0)).isPresent();
        assertThat(hindrance(3000, 0, 12_000, 40_000, 0)).isEmpty();
        assertThat(hindrance(300, 0, 60_000, 70_000, 0)).isPresent();
        assertThat(hindrance(0, 18_000, 0, 20_000, 0)).isPresent();
    }

    @Test
    void aDatabaseOfOrdinarySizeIsDumpedHoweverLittleIsFree() {
        assertThat(MemoryRoomRule.hindrance("small", tables(1000), new ContainerMemory(256 * MIB, 255 * MIB)))
                .isEmpty();
        assertThat(MemoryRoomRule.hindrance("large", tables(1100), new ContainerMemory(256 * MIB, 255 * MIB)))
                .isPresent();
    }

    @Test
    void withoutALimitThereIsRoom() {
        assertThat(MemoryRoomRule.hindrance("big", tables(1_000_000), ContainerMemory.of(null, null)))
                .isEmpty();
    }

    private static Optional<String> hindrance(long tables, long views, long indexes, long columns, long bytes) {
        return MemoryRoomRule.hindrance(
                "shop", new MemoryRoomRule.Definitions(tables, views, indexes, columns, bytes), MEMORY);
    }

    private static MemoryRoomRule.Definitions tables(int tables) {
        return new MemoryRoomRule.Definitions(tables, 0, 0, tables * 4L, 0);
    }
}
