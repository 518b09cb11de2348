package org.pgsteward.backup;

import java.util.Locale;
import java.util.Optional;
import org.pgsteward.postgres.ContainerMemory;

/**
 * Whether the server's container has room for the memory of a dump. Pure.
 *
 * <p>The session of pg_dump keeps some kilobytes for each table until it ends. If that exceeds the limit of the container,
 * the kernel kills a process of PostgreSQL, and PostgreSQL ends all sessions of all services.
 */
final class MemoryRoomRule {
    /** Tables that a dump needs little memory for; with fewer nothing is checked. */
    static final int FEW_TABLES = 1000;

    /** Bytes of the sessions of a dump for one table; measured with 15,000 tables of PostgreSQL 15. */
    private static final long TABLE_BYTES = 5 * 1024;

    /** Bytes that remain for other sessions and for the kernel's page tables. */
    private static final long RESERVE = 24 << 20;

    private MemoryRoomRule() {}

    /** Returns why a dump cannot be made, in one line with what to do; empty where it can. */
    static Optional<String> hindrance(String database, long tables, ContainerMemory memory) {
        long need = tables * TABLE_BYTES;
        long free = memory.limit() - memory.taken() - RESERVE;
        if (tables <= FEW_TABLES || need <= free) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "database %s has %,d tables, for which a dump takes about %d MiB of PostgreSQL's memory, and %d of its %d MiB"
                        + " are free; the kernel would end all sessions of all services; give PostgreSQL's container more:"
                        + " mem_limit in compose.yaml",
                database,
                tables,
                need >> 20,
                Math.max(0, free) >> 20,
                memory.limit() >> 20));
    }
}
