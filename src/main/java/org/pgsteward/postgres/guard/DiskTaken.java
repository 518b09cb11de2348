package org.pgsteward.postgres.guard;

import java.time.Duration;

/**
 * A role that takes the disk with PostgreSQL's data. On a full disk nobody can log in, and PostgreSQL may not start again.
 *
 * @param bytes that it took, or that its temporary files or the queue have
 * @param within the time in which it took them, or the age of its transaction; zero for the other kinds
 * @param freeBytes what is left; 0 for the queue, where it does not matter
 */
public record DiskTaken(Kind kind, String role, long bytes, Duration within, long freeBytes) {
    /** What takes the space. */
    public enum Kind {
        /** The role writes into its databases, temporary files, the write-ahead log or the queue of {@code NOTIFY}. */
        FILES,
        /** Its temporary files are large while another role needs the space, which is free again when its sessions end. */
        TEMPORARY,
        /** It writes most while the queue of {@code NOTIFY} is large. */
        QUEUE,
        /** Its open transaction may keep PostgreSQL from removing anything from the queue of {@code NOTIFY}. */
        TRANSACTION
    }
}
