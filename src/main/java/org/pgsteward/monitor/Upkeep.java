package org.pgsteward.monitor;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The state of the server that no session shows, and that gets worse until an operator acts.
 *
 * @param checksums whether PostgreSQL writes a checksum into each page of data
 * @param dataDirectory the folder of the data, as PostgreSQL sees it
 * @param shared failed reads of the tables that all databases share, such as {@code pg_database}
 * @param slots inactive replication slots, that with the most WAL first
 * @param prepared the oldest prepared transactions of each database
 */
public record Upkeep(
        boolean checksums,
        String dataDirectory,
        PageFailures shared,
        WalArchive archive,
        List<Slot> slots,
        List<Prepared> prepared) {
    /** A server without a fault. */
    public static final Upkeep NONE =
            new Upkeep(true, "/var/lib/postgresql/data", PageFailures.NONE, WalArchive.OFF, List.of(), List.of());

    public Upkeep {
        slots = List.copyOf(slots);
        prepared = List.copyOf(prepared);
    }

    /**
     * Reads that failed because of a page's checksum, since the counter began. PostgreSQL loses the counter in a crash.
     *
     * @param count 0 also without checksums
     * @param last the time of the last one; empty for none
     */
    public record PageFailures(long count, Optional<Instant> last) {
        public static final PageFailures NONE = new PageFailures(0, Optional.empty());
    }

    /**
     * A replication slot that no program uses now.
     *
     * @param name of lower-case letters, digits and underscores
     * @param type {@code physical} or {@code logical}
     * @param lost whether PostgreSQL has removed WAL that the slot needs
     * @param heldBytes WAL that PostgreSQL keeps for it
     * @param inactiveSince empty before PostgreSQL 17; there, also the last start of PostgreSQL
     */
    public record Slot(String name, String type, boolean lost, long heldBytes, Optional<Instant> inactiveSince) {}

    /**
     * A transaction between {@code PREPARE TRANSACTION} and {@code COMMIT PREPARED} or {@code ROLLBACK PREPARED}.
     *
     * @param database in which it can be ended
     * @param id its name, which the application chose
     * @param seconds since it was prepared
     * @param count of all prepared transactions of the database
     */
    public record Prepared(String service, String database, String id, String owner, double seconds, long count) {}
}
