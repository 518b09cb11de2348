package org.pgsteward.monitor.guard;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.pgsteward.io.Threads;
import org.pgsteward.postgres.guard.ServerGuard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that runs {@link ServerGuard} every two seconds, and more often during an incident. */
public final class GuardWatch implements AutoCloseable {
    private static final long PERIOD_MILLISECONDS = 2000;

    /** The interval at which the free space of the disk is read between two checks. */
    private static final long DISK_MILLISECONDS = 250;

    private static final long INCIDENT_MILLISECONDS = 50;

    /** More terminated sessions than this are an incident, since the role may come back at once. */
    private static final int FEW = 5;

    /**
     * The time after the end of a session within which the guard must be back, before a role takes all locks.
     */
    private static final Duration HURRY = Duration.ofSeconds(30);

    /**
     * The period of checks after {@link #HURRY}: another crash may follow, and only a reading just before it shows its
     * cause.
     */
    private static final long ALERT_MILLISECONDS = 250;

    private static final Duration ALERT = Duration.ofMinutes(10);

    /** The period of checks after {@link #HURRY}, while PostgreSQL does not answer. */
    private static final long UNAVAILABLE_MILLISECONDS = 200;

    private static final Duration UNAVAILABLE = Duration.ofMinutes(10);

    /**
     * The period of checks after {@link #UNAVAILABLE}, and while the login is refused, since PostgreSQL logs each
     * refusal.
     */
    private static final long LONG_MILLISECONDS = 15_000;

    /** The class of SQLSTATE for an invalid password or role. */
    private static final String LOGIN_REFUSED = "28";

    private static final Logger LOG = LoggerFactory.getLogger(GuardWatch.class);

    private final ServerGuard guard;
    private final GuardAlerts alerts;
    private final Clock clock;
    private Instant answeredAt = Instant.EPOCH;
    private Instant failedAt = Instant.EPOCH;

    /** The reason for the early end of a pause: a check that must not wait, or the end of the guard. */
    private enum Call {
        CHECK,
        CLOSE
    }

    /** A second call to check, before the first is heard, is not needed. */
    private final BlockingQueue<Call> calls = new ArrayBlockingQueue<>(2);

    private final Thread thread = Threads.daemon("guard", 256 * 1024, this::run);

    public GuardWatch(ServerGuard guard, GuardAlerts alerts, Clock clock) {
        this.guard = guard;
        this.alerts = alerts;
        this.clock = clock;
    }

    public void start() {
        alerts.resume();
        answeredAt = clock.instant();
        thread.start();
    }

    private void run() {
        try {
            long pause;
            do {
                pause = check();
            } while (!isClosedAfter(pause));
        } catch (InterruptedException e) {
            LOG.debug("interrupted");
        } finally {
            guard.close();
        }
    }

    /** Waits, but returns at once if PostgreSQL ends a session, or if the disk fills. */
    private boolean isClosedAfter(long milliseconds) throws InterruptedException {
        for (long left = milliseconds; left > 0; left -= DISK_MILLISECONDS) {
            Call call = calls.poll(Math.min(left, DISK_MILLISECONDS), TimeUnit.MILLISECONDS);
            if (call == Call.CLOSE) {
                return true;
            }
            if (call == Call.CHECK) {
                failedAt = clock.instant();
                return false;
            }
            try {
                if (guard.isDiskFilling()) {
                    return false;
                }
            } catch (RuntimeException e) {
                LOG.error("cannot read the free space of PostgreSQL's disk: {}", e.toString());
                return calls.poll(PERIOD_MILLISECONDS, TimeUnit.MILLISECONDS) == Call.CLOSE;
            }
        }
        return false;
    }

    /**
     * Reports that PostgreSQL has ended a session of pgsteward, as it does with all sessions when it crashes. The guard then
     * checks in quick succession for a while, also if PostgreSQL has ended only this session.
     */
    public void sessionEnded() {
        boolean called = calls.offer(Call.CHECK);
        LOG.debug("PostgreSQL has ended a session; called: {}", called);
    }

    /** Returns the pause before the next check, in milliseconds. */
    private long check() {
        try {
            ServerGuard.Result result = guard.check();
            answeredAt = clock.instant();
            alerts.report(result);
            boolean incident = result.terminated().size() > FEW
                    || result.memory().isPresent()
                    || result.disk().isPresent()
                    || isWithin(HURRY, failedAt);
            if (incident) {
                return INCIDENT_MILLISECONDS;
            }
            return isWithin(ALERT, failedAt) ? ALERT_MILLISECONDS : PERIOD_MILLISECONDS;
        } catch (SQLException e) {
            // The monitor reports that PostgreSQL is unavailable.
            LOG.debug("the guard cannot check the server: {}", e.getMessage());
            failedAt = clock.instant();
            return pauseAfter(e);
        } catch (RuntimeException e) {
            LOG.error("a check of the guard failed, and the next one follows soon: {}", e.toString());
            return PERIOD_MILLISECONDS;
        }
    }

    private long pauseAfter(SQLException error) {
        if (isWithin(HURRY, answeredAt)) {
            return INCIDENT_MILLISECONDS;
        }
        boolean refused = String.valueOf(error.getSQLState()).startsWith(LOGIN_REFUSED);
        return isWithin(UNAVAILABLE, answeredAt) && !refused ? UNAVAILABLE_MILLISECONDS : LONG_MILLISECONDS;
    }

    private boolean isWithin(Duration duration, Instant time) {
        // The clock may have been set back.
        return Duration.between(time, clock.instant()).abs().compareTo(duration) < 0;
    }

    @Override
    public void close() {
        calls.clear();
        calls.add(Call.CLOSE);
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
