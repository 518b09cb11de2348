package org.pgsteward.backup;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.backup.underway.RunsUnderWay;
import org.pgsteward.backup.underway.StuckRule;
import org.pgsteward.io.Threads;
import org.pgsteward.journal.RunRows;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends stuck runs, from a thread of its own. It needs none of the threads that back up, verify or serve routes.
 *
 * <ol>
 *   <li>Cancels a run without progress: its children and connections end, and its own thread releases the rest.
 *   <li>Raises an alert.
 *   <li>Ends the process if the run does not end. The kernel and PostgreSQL then release its resources, and the next
 *       start of the daemon closes its row as failed.
 * </ol>
 */
public final class Watchdog implements AutoCloseable {
    /** The {@code kind} of its alerts. */
    static final String STUCK = "backup-stuck";

    private static final Duration LONGEST_TICK = Duration.ofSeconds(30);

    private static final long SETTLED_SECONDS = 10;

    private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);

    private final RunsUnderWay runs;
    private final StuckRule rule;
    private final Supplier<StuckRule.Others> others;
    private final Tables tables;
    private final AlertRegistry alerts;
    private final Reporter reporter;
    private final Runnable endProcess;
    private final Runnable everyMinute;
    private final Clock clock;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ReentrantLock ending = new ReentrantLock();
    private final Thread thread = Threads.daemon("watchdog", 256 * 1024, this::watch);
    private long minuteAt = System.nanoTime() - TimeUnit.MINUTES.toNanos(1);

    /**
     * @param others the waiting work outside of the runs of this process
     * @param endProcess ends this process at once, even if threads hang
     * @param everyMinute runs about once a minute, the first time at once
     */
    public Watchdog(
            RunsUnderWay runs,
            StuckRule rule,
            Supplier<StuckRule.Others> others,
            Tables tables,
            AlertRegistry alerts,
            Reporter reporter,
            Runnable endProcess,
            Runnable everyMinute,
            Clock clock) {
        this.runs = runs;
        this.rule = rule;
        this.others = others;
        this.tables = tables;
        this.alerts = alerts;
        this.reporter = reporter;
        this.endProcess = endProcess;
        this.everyMinute = everyMinute;
        this.clock = clock;
    }

    public void start() {
        thread.start();
    }

    private void watch() {
        Duration tick = rule.limit().dividedBy(10);
        long millis = Math.max(100, Math.min(tick.toMillis(), LONGEST_TICK.toMillis()));
        while (!isClosedWithin(millis)) {
            try {
                look();
            } catch (RuntimeException | Error e) {
                LOG.error("cannot check for stuck runs; the next check follows: {}", e.toString());
            }
        }
    }

    private boolean isClosedWithin(long millis) {
        try {
            return closed.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private void look() {
        RunLock.attend();
        List<RunsUnderWay.Run> all = runs.all();
        List<Progress.State> states =
                all.stream().map(run -> run.progress().state()).toList();
        StuckRule.Others waiting = others.get();
        for (int i = 0; i < all.size(); i++) {
            StuckRule.Verdict verdict = rule.judge(states.get(i), states, waiting);
            if (verdict.action() != StuckRule.Action.NONE) {
                end(all.get(i), states.get(i), verdict);
            }
        }
        resolve();
        if (System.nanoTime() - minuteAt >= TimeUnit.MINUTES.toNanos(1)) {
            minuteAt = System.nanoTime();
            everyMinute.run();
        }
    }

    private void end(RunsUnderWay.Run run, Progress.State state, StuckRule.Verdict verdict) {
        ending.lock();
        try {
            cancel(run, state, verdict);
        } finally {
            ending.unlock();
        }
    }

    private void cancel(RunsUnderWay.Run run, Progress.State state, StuckRule.Verdict verdict) {
        String what = state.name() + " was stuck: " + verdict.reason();
        boolean process = verdict.action() == StuckRule.Action.END_PROCESS;
        LOG.error("{}; {}", what, process ? "this process ends" : "it is cancelled");
        if (!process) {
            run.progress()
                    .cancel("it was stuck and was cancelled: " + verdict.reason())
                    .forEach(trouble -> LOG.warn("{}: {}", state.name(), trouble));
        }
        try {
            raise(run.service(), what, process, state);
        } finally {
            if (process) {
                endProcess.run();
            }
        }
    }

    private void raise(String service, String what, boolean process, Progress.State state) {
        String remedy = "pgsteward doctor   # is PostgreSQL, the store or the scratch disk slow or unavailable?"
                + (service.equals(RunsUnderWay.NIGHT) ? "" : "\npgsteward backup " + service + "   # try it again now");
        reporter.raise(Condition.bad(
                        Severity.CRITICAL,
                        STUCK,
                        service,
                        what + (process ? "; pgsteward ended its own process to release locks and connections" : ""),
                        remedy,
                        clock.instant())
                .with(Map.of(
                        "silent_seconds",
                        state.silence().toSeconds(),
                        "bytes",
                        state.bytes(),
                        "limit_seconds",
                        rule.limit().toSeconds())));
    }

    /**
     * Resolves the alert of a service after a later run of it ends without failure. For the alert of a night, any later
     * run suffices.
     */
    private void resolve() {
        List<Alert> stuck = alerts.firing().stream()
                .filter(alert -> alert.kind().equals(STUCK))
                .toList();
        if (stuck.isEmpty()) {
            return;
        }
        try {
            for (BackupKind kind : BackupKind.values()) {
                Map<String, RunRows.LastRun> last = tables.runs().lastRuns(kind.word());
                for (Alert alert : stuck) {
                    if (last.entrySet().stream().anyMatch(run -> ends(alert, run.getKey(), run.getValue()))) {
                        reporter.raise(
                                Condition.well(STUCK, alert.service(), "a later backup is finished", clock.instant()));
                    }
                }
            }
        } catch (SQLException e) {
            LOG.debug("cannot determine whether a backup finished after a stuck one: {}", e.getMessage());
        }
    }

    private static boolean ends(Alert alert, String service, RunRows.LastRun run) {
        Instant began = run.startedAt();
        return (alert.service().equals(service) || alert.service().equals(RunsUnderWay.NIGHT))
                && began.isAfter(alert.since())
                && !run.state().equals("running")
                && !run.state().equals("failed");
    }

    /** Waits until the alert of a cancelled run is raised, since a command ends when its last run does. */
    public void settle() {
        try {
            if (ending.tryLock(SETTLED_SECONDS, TimeUnit.SECONDS)) {
                ending.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
