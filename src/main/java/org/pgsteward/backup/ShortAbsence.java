package org.pgsteward.backup;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.pgsteward.postgres.NoConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the backups of a night wait while PostgreSQL is unavailable for a short time, as during a restart. Otherwise
 * each backup that begins in these seconds would fail and raise an alert.
 *
 * <p>All backups of a night share one limit: a server that stays unavailable delays the night once, not once per
 * backup.
 */
final class ShortAbsence {
    private static final long PAUSE_SECONDS = 1;

    private static final Logger LOG = LoggerFactory.getLogger(ShortAbsence.class);

    private final Duration longest;
    private boolean away;
    private long since;

    /** @param longest the longest time to wait for PostgreSQL */
    ShortAbsence(Duration longest) {
        this.longest = longest;
    }

    /** Records that PostgreSQL answered. */
    synchronized void over() {
        away = false;
    }

    /**
     * Waits a moment after a failed attempt.
     *
     * @return whether to retry; false if the server answered, or has been unavailable for too long
     */
    boolean isToTryAgain(SQLException failed) throws InterruptedException {
        if (!isAway(failed) || !isShort()) {
            return false;
        }
        TimeUnit.SECONDS.sleep(PAUSE_SECONDS);
        return true;
    }

    private synchronized boolean isShort() {
        long now = System.nanoTime();
        if (!away) {
            away = true;
            since = now;
            LOG.warn("PostgreSQL is unavailable; due backups wait for it, up to {} s", longest.toSeconds());
        }
        return now - since < longest.toNanos();
    }

    /**
     * Returns whether PostgreSQL is unavailable. Class 08: connection exception. 57P01 to 57P03: it is shutting down,
     * has crashed or is starting. Class 53: it has no room for one more session. With any other state the server has
     * answered, and a retry would get the same answer.
     */
    private static boolean isAway(SQLException failed) {
        if (failed instanceof NoConnection none && none.isRefused()) {
            return false;
        }
        String state = failed.getSQLState();
        if (state == null) {
            return failed instanceof NoConnection;
        }
        return state.startsWith("08")
                || state.startsWith("57P")
                || (failed instanceof NoConnection && state.startsWith("53"));
    }
}
