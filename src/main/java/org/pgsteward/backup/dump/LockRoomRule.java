package org.pgsteward.backup.dump;

import java.util.Locale;
import java.util.Optional;

/**
 * Decides whether the server has room for the locks of a dump. Pure.
 *
 * <p>pg_dump locks each table, sequence and view of a database in one transaction, and all sessions of a server share
 * one table of locks. A dump that fills this table fails with "out of shared memory", and so do all other sessions
 * meanwhile.
 */
final class LockRoomRule {
    /**
     * The share of PostgreSQL's locks that remains for other sessions. It covers the loss in PostgreSQL 15, which
     * allocates the memory in pieces: a server with room for 440 locks gave 384 to each of two sessions.
     */
    private static final double OTHERS_SHARE = 0.1;

    private static final int OTHERS_LEAST = 128;

    /** Bytes of shared memory for one lock, with its two entries by session. */
    private static final long LOCK_BYTES = 300;

    /** The step of the proposed setting. */
    private static final int STEP = 64;

    private LockRoomRule() {}

    /**
     * The locks and the objects of the server and the database.
     *
     * @param perTransaction {@code max_locks_per_transaction}
     * @param sessions the number in PostgreSQL's calculation: connections, workers, prepared transactions
     * @param taken locks that other sessions hold now
     * @param objects the number of objects of the database that a dump locks
     * @param holder the role that holds most locks now; empty if there is none
     */
    record Room(int perTransaction, int sessions, long taken, long objects, String holder) {
        private Room withoutOthers() {
            return new Room(perTransaction, sessions, 0, objects, "");
        }
    }

    /** Returns the reason why a dump cannot be made, in one line with the remedy; empty if it can. */
    static Optional<String> hindrance(String database, Room room) {
        if (fits(room, room.perTransaction())) {
            return Optional.empty();
        }
        if (fits(room.withoutOthers(), room.perTransaction())) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "a dump of database %s locks all its %,d tables, sequences and views at once. Other sessions hold"
                            + " %,d of the server's %,d locks%s; back up again when these locks are free",
                    database,
                    room.objects(),
                    room.taken(),
                    locks(room, room.perTransaction()),
                    room.holder().isEmpty() ? "" : ", most of them by role " + room.holder()));
        }
        int enough = room.perTransaction() / STEP * STEP;
        while (!fits(room, enough)) {
            enough += STEP;
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "a dump of database %s locks all its %,d tables, sequences and views at once. The server has %,d locks"
                        + " (max_locks_per_transaction = %d): %,d are taken, and more than a tenth stays free for other sessions."
                        + " Run ALTER SYSTEM SET max_locks_per_transaction = %d, which takes %d MiB more shared memory, and"
                        + " restart PostgreSQL",
                database,
                room.objects(),
                locks(room, room.perTransaction()),
                room.perTransaction(),
                room.taken(),
                enough,
                1 + LOCK_BYTES * (locks(room, enough) - locks(room, room.perTransaction())) / (1 << 20)));
    }

    private static boolean fits(Room room, int perTransaction) {
        return room.objects()
                <= (long) (locks(room, perTransaction) * (1 - OTHERS_SHARE)) - OTHERS_LEAST - room.taken();
    }

    private static long locks(Room room, int perTransaction) {
        return (long) perTransaction * room.sessions();
    }
}
