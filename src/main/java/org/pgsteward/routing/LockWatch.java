package org.pgsteward.routing;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.alert.OneLine;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.Severity;
import org.pgsteward.model.Typing;
import org.pgsteward.monitor.Console;
import org.pgsteward.postgres.CatalogGuard;
import org.pgsteward.postgres.Quote;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks every two seconds for what {@link CatalogGuard} ends, from a thread of its own, and raises an alert for it. */
public final class LockWatch implements AutoCloseable {
    /** The {@code kind} of its alerts. */
    static final String KIND = "catalog-locked";

    private static final long PERIOD_MILLISECONDS = 2000;

    private static final long PERIOD_UNDER_ATTACK_MILLISECONDS = 50;

    /** Sessions that one look ended. */
    private static final int FEW = 5;

    /** After a look that failed, since PostgreSQL writes down each login that it refuses. */
    private static final long PERIOD_WITHOUT_ANSWER_MILLISECONDS = 15_000;

    /** After so long without another session that was ended, the alert is over. */
    private static final Duration OVER = Duration.ofMinutes(10);

    /** Characters. */
    private static final int LONGEST_REASON = 500;

    private static final Logger LOG = LoggerFactory.getLogger(LockWatch.class);

    private final CatalogGuard guard;
    private final Tables tables;
    private final AlertBook alerts;
    private final Console console;
    private final Doors doors;
    private final Clock clock;
    private final Map<String, Instant> last = new HashMap<>();
    private final Map<String, Integer> times = new HashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(null, this::watch, "lock-watch", 256 * 1024);

    public LockWatch(CatalogGuard guard, Tables tables, AlertBook alerts, Console console, Doors doors, Clock clock) {
        this.guard = guard;
        this.tables = tables;
        this.alerts = alerts;
        this.console = console;
        this.doors = doors;
        this.clock = clock;
    }

    public void start() {
        alerts.firing().stream()
                .filter(alert -> alert.kind().equals(KIND))
                .forEach(alert -> last.put(alert.service(), clock.instant()));
        thread.setDaemon(true);
        thread.start();
    }

    private void watch() {
        try {
            long period;
            do {
                period = look();
            } while (!closed.await(period, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            LOG.debug("interrupted");
        } finally {
            guard.close();
        }
    }

    /** Returns after how many milliseconds to look again. */
    private long look() {
        try {
            List<CatalogGuard.Evicted> ended = guard.look();
            ended.stream()
                    .collect(Collectors.groupingBy(CatalogGuard.Evicted::role, TreeMap::new, Collectors.toList()))
                    .values()
                    .forEach(this::tell);
            resolve();
            // Of many sessions some come back at once.
            return ended.size() > FEW ? PERIOD_UNDER_ATTACK_MILLISECONDS : PERIOD_MILLISECONDS;
        } catch (SQLException e) {
            // That PostgreSQL is down is the monitor's to tell.
            LOG.debug("cannot look for locks of the catalog: {}", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("the look for locks of the catalog failed and goes on: {}", e.toString());
        }
        return PERIOD_WITHOUT_ANSWER_MILLISECONDS;
    }

    /** @param sessions of one role */
    private void tell(List<CatalogGuard.Evicted> sessions) {
        CatalogGuard.Evicted ended =
                sessions.stream().filter(one -> !one.gone()).findFirst().orElse(sessions.get(sessions.size() - 1));
        Optional<String> known = serviceOf(ended.role());
        String service = known.orElse(ended.role());
        Instant now = clock.instant();
        int gone = (int) sessions.stream().filter(CatalogGuard.Evicted::gone).count();
        int count = times.merge(service, gone, Integer::sum);
        last.put(service, now);
        // Whoever makes a role or a database may write several lines into its name.
        String reason = OneLine.of(
                "role " + ended.role() + " " + ended.what() + " in database " + ended.database()
                        + ", which others need to log in, or pgsteward for its journal; its session "
                        + ended.pid()
                        + (ended.gone()
                                ? " was ended" + (count > 1 ? ", and " + (count - 1) + " before it" : "")
                                : " was told to end and still runs, since PostgreSQL cannot interrupt what it does"),
                LONGEST_REASON);
        LOG.warn("{}", reason);
        doors.ask(
                "direct:alert-raise",
                Condition.bad(
                        Severity.CRITICAL,
                        KIND,
                        service,
                        reason,
                        keepOut(ended.role(), known)
                                + (ended.gone()
                                        ? ""
                                        : "\ndocker restart " + Typing.word(console.container())
                                                + "   # if that session does not end: all sessions end"),
                        now));
    }

    private String keepOut(String role, Optional<String> service) {
        return service.map(one -> "pgsteward remove " + Typing.word(one)
                        + "   # quarantine: its role cannot log in until 'pgsteward remove --undo'")
                .orElseGet(() -> console.psql("ALTER ROLE " + Quote.identifier(role) + " NOLOGIN"));
    }

    /** Empty for a role that is no service's, or where the services cannot be read. */
    private Optional<String> serviceOf(String role) {
        try {
            List<Enrolment> enrolments = tables.enrolments();
            return enrolments.stream()
                    .filter(one -> one.user().equals(role))
                    .map(Enrolment::service)
                    .findFirst();
        } catch (SQLException e) {
            return Optional.empty();
        }
    }

    private void resolve() {
        Instant now = clock.instant();
        last.entrySet().removeIf(entry -> {
            boolean over = entry.getValue().plus(OVER).isBefore(now);
            if (over) {
                times.remove(entry.getKey());
                doors.ask(
                        "direct:alert-raise",
                        Condition.well(
                                KIND, entry.getKey(), "it has locked nothing for " + OVER.toMinutes() + " min", now));
            }
            return over;
        });
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
