package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Guard that terminates the sessions of a role that takes the last space of a disk, or its last inodes. Not
 * thread-safe.
 */
final class Shortage {
    /** The databases are read again once this fraction (one part in 32) of the remaining amount is gone. */
    private static final int STEP = 32;

    private static final Duration READ_AGAIN_AFTER = Duration.ofMinutes(1);

    /** The interval of readings when little remains, since the rest may be gone soon. */
    private static final Duration SOON = Duration.ofSeconds(2);

    /** A file or a database was removed, access to a file is denied, or the disk or the lock table is full. */
    private static final Set<String> UNREADABLE = Set.of("58030", "58P01", "42501", "3D000", "XX000", "53100", "53200");

    /** Reader of the use of all roles. */
    interface Reader {
        DiskUse read(Connection session, Instant now, long left) throws SQLException;
    }

    private final DiskUnit unit;
    private final Supplier<OptionalLong> left;
    private final Reader reader;
    private final DiskHistory history;
    private @Nullable Instant readAt;
    private long leftBefore;

    /**
     * Creates a guard.
     *
     * @param left the remaining amount; empty if it is unknown
     */
    Shortage(DiskUnit unit, Supplier<OptionalLong> left, Reader reader) {
        this.unit = unit;
        this.left = left;
        this.reader = reader;
        this.history = new DiskHistory(unit);
    }

    /** Returns whether enough remains to let roles that were stopped log in again. */
    boolean isOver() {
        OptionalLong now = left.get();
        return now.isEmpty() || now.getAsLong() >= unit.enough();
    }

    /** Returns whether so much is gone that the next check must not wait. */
    boolean isDue() {
        OptionalLong now = left.get();
        return now.isPresent() && now.getAsLong() < unit.watched() && isDue(now.getAsLong(), Instant.now());
    }

    private boolean isDue(long now, Instant time) {
        Duration longest = now < unit.fewest() ? SOON : READ_AGAIN_AFTER;
        return readAt == null
                || now < leftBefore - leftBefore / STEP
                || !readAt.plus(longest).isAfter(time);
    }

    Optional<DiskTaken> check(Connection session) throws SQLException {
        OptionalLong read = left.get();
        if (read.isEmpty() || read.getAsLong() >= unit.watched()) {
            history.clear();
            readAt = null;
            return Optional.empty();
        }
        long now = read.getAsLong();
        Instant time = Instant.now();
        if (!isDue(now, time)) {
            return Optional.empty();
        }
        readAt = time;
        leftBefore = now;
        Sql.query(session, UNREADABLE, () -> reader.read(session, time, now)).ifPresent(history::add);
        Optional<DiskTaken> taken = history.responsible();
        if (taken.isPresent()) {
            ShutOut.terminateOnce(session, taken.get().role());
        }
        return taken;
    }
}
