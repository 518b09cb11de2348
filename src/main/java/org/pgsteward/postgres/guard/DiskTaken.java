package org.pgsteward.postgres.guard;

import java.time.Duration;

/**
 * A role that takes the disk with PostgreSQL's data. On a full disk no role can log in, and PostgreSQL may not start
 * again.
 *
 * @param unit the unit of {@code amount} and {@code left}
 * @param amount the growth, or the size of the temporary files or of the queue
 * @param within the time of the growth, or the age of the transaction; zero for the other kinds
 * @param left the remaining amount on the disk; 0 for the queue, for which it does not matter
 */
public record DiskTaken(Kind kind, DiskUnit unit, String role, long amount, Duration within, long left) {
    /** The kinds of use. */
    public enum Kind {
        /** The role writes to its databases, temporary files, the write-ahead log or the queue of {@code NOTIFY}. */
        GROWTH,
        /**
         * The role has large temporary files while another role needs the disk. PostgreSQL removes them when the role's
         * sessions end.
         */
        TEMPORARY,
        /** The role writes most while the queue of {@code NOTIFY} is large. */
        QUEUE,
        /**
         * The role's open transaction may prevent PostgreSQL from removing entries from the queue of {@code NOTIFY}.
         */
        TRANSACTION
    }
}
