package org.pgsteward.postgres.guard;

import java.time.Duration;

/**
 * A role that takes the disk with PostgreSQL's data. On a full disk nobody can log in, and PostgreSQL may not start again.
 *
 * @param unit of {@code amount} and {@code left}
 * @param amount that it took, or that its temporary files or the queue have
 * @param within the time in which it took that, or the age of its transaction; zero for the other kinds
 * @param left on the disk; 0 for the queue, where it does not matter
 */
public record DiskTaken(Kind kind, DiskUnit unit, String role, long amount, Duration within, long left) {
    /** What takes the disk. */
    public enum Kind {
        /** The role writes into its databases, temporary files, the write-ahead log or the queue of {@code NOTIFY}. */
        GROWTH,
        /** It has much in temporary files while another role needs the disk. They are removed when its sessions end. */
        TEMPORARY,
        /** It writes most while the queue of {@code NOTIFY} is large. */
        QUEUE,
        /** Its open transaction may keep PostgreSQL from removing anything from the queue of {@code NOTIFY}. */
        TRANSACTION
    }
}
