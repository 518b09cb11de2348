package org.pgsteward.routing;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.pgsteward.postgres.guard.ServerGuard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has {@link ServerGuard} look every two seconds, from a thread of its own, and tells what it found. */
public final class GuardWatch implements AutoCloseable {
    private static final long PERIOD_MILLISECONDS = 2000;

    /** Between two checks whether the guard's session is still there. */
    private static final long CHECK_MILLISECONDS = 250;

    /** While a role is at it. */
    private static final long PERIOD_UNDER_ATTACK_MILLISECONDS = 50;

    /** Sessions that one look ended. */
    private static final int FEW = 5;

    /** For a while after all sessions have ended, since the same may come again at once. */
    private static final long PERIOD_AFTER_FAILURE_MILLISECONDS = 50;

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(30);

    /** Later. After a start of the server the guard has to be there before a role has taken all locks. */
    private static final long PERIOD_WITHOUT_ANSWER_MILLISECONDS = 200;

    /** Much later, or where the login is refused, which PostgreSQL writes down each time. */
    private static final long LONG_PERIOD_MILLISECONDS = 15_000;

    private static final Duration LONG_AFTER = Duration.ofMinutes(10);

    /** Of SQLSTATE: the password or the role. */
    private static final String LOGIN_REFUSED = "28";

    private static final Logger LOG = LoggerFactory.getLogger(GuardWatch.class);

    private final ServerGuard guard;
    private final GuardAlerts alerts;
    private final Clock clock;
    private Instant answered = Instant.EPOCH;
    private Instant failed = Instant.EPOCH;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(null, this::watch, "guard", 256 * 1024);

    public GuardWatch(ServerGuard guard, GuardAlerts alerts, Clock clock) {
        this.guard = guard;
        this.alerts = alerts;
        this.clock = clock;
    }

    public void start() {
        alerts.begin();
        answered = clock.instant();
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        try {
            long period;
            do {
                period = look();
            } while (!isClosedAfter(period));
        } catch (InterruptedException e) {
            LOG.debug("interrupted");
        } finally {
            guard.close();
        }
    }

    /** Returns at once where the guard's session ends: whoever ended it may take the locks for the next one. */
    private boolean isClosedAfter(long milliseconds) throws InterruptedException {
        for (long left = milliseconds; left > 0; left -= CHECK_MILLISECONDS) {
            if (closed.await(Math.min(left, CHECK_MILLISECONDS), TimeUnit.MILLISECONDS)) {
                return true;
            }
            try {
                guard.check();
            } catch (SQLException e) {
                LOG.debug("the guard's session has ended: {}", e.getMessage());
                return false;
            }
        }
        return false;
    }

    /** Returns after how many milliseconds to look again. */
    private long look() {
        try {
            ServerGuard.Looked looked = guard.look();
            answered = clock.instant();
            alerts.tell(looked);
            // Of many sessions some come back at once.
            return looked.ended().size() > FEW || looked.memory().isPresent()
                    ? PERIOD_UNDER_ATTACK_MILLISECONDS
                    : isRecent(failed, AFTER_FAILURE) ? PERIOD_AFTER_FAILURE_MILLISECONDS : PERIOD_MILLISECONDS;
        } catch (SQLException e) {
            // That PostgreSQL is down is the monitor's to tell.
            LOG.debug("the guard cannot look: {}", e.getMessage());
            failed = clock.instant();
            return periodWithoutAnswer(String.valueOf(e.getSQLState()));
        } catch (RuntimeException e) {
            LOG.error("the guard's look failed, and it goes on: {}", e.toString());
            return PERIOD_MILLISECONDS;
        }
    }

    private long periodWithoutAnswer(String state) {
        if (isRecent(answered, AFTER_FAILURE)) {
            return PERIOD_AFTER_FAILURE_MILLISECONDS;
        }
        return isRecent(answered, LONG_AFTER) && !state.startsWith(LOGIN_REFUSED)
                ? PERIOD_WITHOUT_ANSWER_MILLISECONDS
                : LONG_PERIOD_MILLISECONDS;
    }

    private boolean isRecent(Instant time, Duration since) {
        return time.plus(since).isAfter(clock.instant());
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
