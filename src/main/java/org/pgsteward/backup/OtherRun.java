package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;

/** The wait for a run of the same target in another process or thread. Its rows in the journal show its progress. */
final class OtherRun {
    private static final Duration LOOK = Duration.ofMillis(250);

    /** A run that holds the lock writes its row at once, unless PostgreSQL is unavailable. */
    private static final Duration ROW_COMES = Duration.ofSeconds(10);

    /**
     * The longest wait for another run's verification, enough for a large database. After this time, its unverified
     * backup is the result.
     */
    private static final Duration VERIFICATION_ENDS = Duration.ofHours(1);

    private final Tables tables;
    private final Path locks;
    private final Clock clock;

    OtherRun(Tables tables, Path locks, Clock clock) {
        this.tables = tables;
        this.locks = locks;
        this.clock = clock;
    }

    /** Returns the newest run; empty while PostgreSQL is unavailable. */
    Optional<Backup> newest(BackupTarget target) {
        try {
            return tables.runs().newestRun(target.service(), target.database(), target.kind());
        } catch (SQLException e) {
            return Optional.empty();
        }
    }

    /**
     * Waits for the run that is under way.
     *
     * @param before the newest run before the request
     * @return the result of the other run; empty if its process ended without one
     */
    Optional<Backup> await(BackupTarget target, Optional<Backup> before) {
        Instant began = clock.instant();
        while (!Thread.currentThread().isInterrupted()) {
            Optional<Backup> other = newest(target)
                    .filter(row -> isUnfinished(row)
                            || before.isEmpty()
                            || isUnfinished(before.get())
                            || !row.id().equals(before.get().id()));
            if (other.filter(row -> !isUnfinished(row)).isPresent()) {
                return other;
            }
            Duration waited = Duration.between(began, clock.instant());
            boolean verifying =
                    other.filter(row -> row.state() == BackupState.MADE).isPresent();
            if (waited.compareTo(verifying ? VERIFICATION_ENDS : ROW_COMES) > 0 && isLockFree(target)) {
                return verifying ? other : Optional.empty();
            }
            // A run releases its lock before its verification, so this check applies only before that.
            if (!verifying && waited.compareTo(ROW_COMES) > 0 && !RunLock.isAttended(locks, target.service())) {
                return Optional.of(BackupRun.notBegun(
                        target,
                        "another process has held the lock of this service in " + locks
                                + " for minutes without progress; end that process, and run this command again",
                        clock.instant()));
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
        return Optional.empty();
    }

    /**
     * Returns whether a result is still expected. A backup that this host cannot decrypt stays {@code made}. It was
     * verified while it was dumped, and its row contains that time.
     */
    private static boolean isUnfinished(Backup row) {
        return row.state() == BackupState.RUNNING
                || (row.state() == BackupState.MADE && !row.verification().inStream());
    }

    private boolean isLockFree(BackupTarget target) {
        try {
            Optional<RunLock> lock = RunLock.take(locks, target.service());
            if (lock.isPresent()) {
                lock.get().close();
            }
            return lock.isPresent();
        } catch (IOException e) {
            return true;
        }
    }
}
