package org.pgsteward.backup.dump;

import java.util.Locale;
import java.util.Optional;
import org.pgsteward.postgres.ContainerMemory;

/**
 * Decides whether the server's container has enough memory for a dump. Pure.
 *
 * <p>Each session that opens a table keeps its definition until the session ends. A dump opens all tables of a
 * database, in two sessions: the session of the snapshot and the session of pg_dump. If their memory exceeds the limit
 * of the container, the kernel kills a process of PostgreSQL, and PostgreSQL ends all sessions of all services.
 */
final class MemoryRoomRule {
    /** Bytes that a dump may take without a check. */
    static final long LITTLE = 5 << 20;

    /**
     * Bytes of both sessions for one table without its columns. This and all following figures were measured with
     * PostgreSQL 15.
     */
    private static final long TABLE_BYTES = 4 * 1024;

    /** Bytes of both sessions for one view, sequence or type. */
    private static final long VIEW_BYTES = 6 * 1024;

    /** Bytes of both sessions for the first index of a table. */
    private static final long FIRST_INDEX_BYTES = 8 * 1024;

    /** Bytes of both sessions for each other index. */
    private static final long INDEX_BYTES = 2 * 1024;

    private static final long COLUMN_BYTES = 256;

    /** Bytes for each byte of an expression: both sessions keep it, and one of them also reads it. */
    private static final double EXPRESSION_BYTES = 2.5;

    /** Bytes that remain for other sessions and for the kernel's page tables. */
    private static final long RESERVE = 24 << 20;

    private MemoryRoomRule() {}

    /**
     * The definitions of a database that PostgreSQL's sessions keep.
     *
     * @param tables including partitioned ones
     * @param views including sequences and composite types
     * @param columns of all of them, including the system columns of each table
     * @param bytes the size of expressions, rules and function bodies in a session
     */
    record Definitions(long tables, long views, long indexes, long columns, long bytes) {
        /** Returns the approximate memory of a dump in bytes. */
        long need() {
            return tables * TABLE_BYTES
                    + views * VIEW_BYTES
                    + Math.min(tables, indexes) * FIRST_INDEX_BYTES
                    + Math.max(0, indexes - tables) * INDEX_BYTES
                    + columns * COLUMN_BYTES
                    + (long) (bytes * EXPRESSION_BYTES);
        }
    }

    /** Returns the reason why a dump cannot be made, in one line with the remedy; empty if it can. */
    static Optional<String> hindrance(String database, Definitions definitions, ContainerMemory memory) {
        long need = definitions.need();
        long free = memory.limit() - memory.taken() - RESERVE;
        if (need <= LITTLE || need <= free) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "a dump of database %s takes about %d MiB of PostgreSQL's memory, but only %d of its %d MiB are free."
                        + " A dump would make the kernel end all sessions of all services. The database has %,d tables,"
                        + " %,d views, %,d indexes, %,d columns and %d MiB of expressions and functions. Give PostgreSQL's"
                        + " container more memory: mem_limit in compose.yaml",
                database,
                need >> 20,
                Math.max(0, free) >> 20,
                memory.limit() >> 20,
                definitions.tables(),
                definitions.views(),
                definitions.indexes(),
                definitions.columns(),
                definitions.bytes() >> 20));
    }
}
