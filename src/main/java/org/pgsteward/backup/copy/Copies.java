package org.pgsteward.backup.copy;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.retention.RetentionSettings;
import org.pgsteward.backup.retention.ServicePolicies;
import org.pgsteward.io.Threads;
import org.pgsteward.journal.CopyRows;
import org.pgsteward.journal.Readiness;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies verified backups to all targets. Each target has a thread of its own while a pass runs, so a slow target delays
 * neither a backup nor another target. Between the passes there is no thread.
 *
 * <p>A pass begins a minute after a backup, every quarter of an hour, and after a failure at growing intervals. The daily drill of a
 * target has a thread of its own as well; {@link CopiesInUse} keeps it and a pass apart.
 */
public final class Copies implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Copies.class);

    /** The time between two passes that found nothing wrong. */
    private static final Duration USUAL = Duration.ofMinutes(15);

    /** The time after the first failure. It doubles with each further one. */
    private static final Duration FIRST_RETRY = Duration.ofMinutes(1);

    /** A server may block an address after frequent failed logins. */
    private static final Duration LAST_RETRY = Duration.ofHours(1);

    /** A stack for Camel's route and for the JSON of rclone and restic. */
    private static final long STACK_BYTES = 512 * 1024;

    private final CopyTargets targets;
    private final CopyPass pass;
    private final CopyDrill drill;
    private final CopyAlerts alerts;
    private final RetentionSettings keeps;
    private final Readiness house;
    private final CopyRows rows;
    private final Clock clock;
    private final Map<String, Worker> workers = new HashMap<>();
    private Instant newestResult = Instant.MIN;
    private boolean closed;

    /** @param keeps the policies of the store, for targets without a policy of their own */
    public Copies(
            CopyTargets targets,
            CopyPass pass,
            CopyDrill drill,
            CopyAlerts alerts,
            RetentionSettings keeps,
            Readiness house,
            CopyRows rows,
            Clock clock) {
        this.targets = targets;
        this.pass = pass;
        this.drill = drill;
        this.alerts = alerts;
        this.keeps = keeps;
        this.house = house;
        this.rows = rows;
        this.clock = clock;
    }

    /** A target's pass, and the time of its next one. */
    private static final class Worker {
        private @Nullable Thread thread;
        private @Nullable Thread drill;
        private Optional<String> lastFailure = Optional.empty();
        private Instant next = Instant.MIN;
        private int failures;

        /** Whether backups were made since the pass under way began. */
        private boolean again;
    }

    /** Begins the passes that are due. Returns at once. */
    public synchronized void run(@Nullable ServicePolicies policies) {
        List<CopyTarget> known = targets.all();
        Set<String> names = new HashSet<>();
        if (!known.isEmpty() && !closed) {
            wakeAfterNewBackups();
        }
        for (CopyTarget target : known) {
            names.add(target.name());
            Worker worker = workers.computeIfAbsent(target.name(), none -> new Worker());
            if (!closed && worker.thread == null && isDue(worker)) {
                worker.thread = Threads.start("copy-" + target.name(), STACK_BYTES, () -> work(target, policies));
            }
        }
        workers.keySet().removeIf(name -> !names.contains(name));
        alerts.onlyOf(names);
    }

    /** A time further away than the longest pause was set while the clock was ahead, and is not waited for. */
    private boolean isDue(Worker worker) {
        Instant now = clock.instant();
        return !now.isBefore(worker.next) || worker.next.isAfter(now.plus(LAST_RETRY));
    }

    /** Lets the next {@link #run} begin a pass over each target that did not fail, because there are new backups. */
    public synchronized void wake() {
        workers.values().stream().filter(worker -> worker.failures == 0).forEach(worker -> {
            worker.next = Instant.MIN;
            // A pass that runs now may not copy them, and sets the time of the next one at its end.
            worker.again = worker.thread != null;
        });
    }

    /** A command makes backups in another process, so the journal is asked for them. */
    private void wakeAfterNewBackups() {
        try {
            Instant newest = rows.newestResult().orElse(Instant.MIN);
            if (newest.isAfter(newestResult)) {
                newestResult = newest;
                wake();
            }
        } catch (SQLException e) {
            LOG.debug("cannot read the newest backups: {}", e.getMessage());
        }
    }

    /**
     * Begins to fetch and restore the copies that were checked longest ago. Returns at once. A target whose previous drill
     * has not ended is left out, so that a target that hangs delays no other.
     *
     * @param count the number of copies of each target; 0 for none
     */
    public synchronized void drill(int count) {
        for (CopyTarget target : targets.all()) {
            Worker worker = workers.computeIfAbsent(target.name(), none -> new Worker());
            if (!closed && count > 0 && worker.drill == null) {
                worker.drill =
                        Threads.start("copy-drill-" + target.name(), Threads.DEFAULT_STACK, () -> drill(target, count));
            }
        }
    }

    private void drill(CopyTarget target, int count) {
        boolean damaged = false;
        try {
            house.order();
            damaged = !drill.run(target, targets.place(target.name()), count)
                    .damaged()
                    .isEmpty();
        } catch (SQLException e) {
            LOG.warn("the drill of the copies at {} waits for PostgreSQL: {}", target.name(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            LOG.error("the drill of the copies at {} failed: {}", target.name(), FirstCause.of(e), e);
        } finally {
            drilled(target, damaged);
        }
    }

    private synchronized void drilled(CopyTarget target, boolean damaged) {
        Worker worker = workers.get(target.name());
        if (worker != null) {
            worker.drill = null;
            worker.next = damaged ? Instant.MIN : worker.next;
        }
    }

    /** Returns the failure of the last pass over a target; empty if it succeeded or has not ended yet. */
    public synchronized Optional<String> lastFailure(String target) {
        return Optional.ofNullable(workers.get(target)).flatMap(worker -> worker.lastFailure);
    }

    private void work(CopyTarget target, @Nullable ServicePolicies policies) {
        Optional<String> failure = Optional.of("the pass ended unexpectedly");
        try {
            house.order();
            CopyPass.Result result = pass.run(target, targets.place(target.name()), policies(policies));
            failure = result.failure();
            alerts.passed(target, result, failures(target) + (failure.isPresent() ? 1 : 0));
        } catch (SQLException e) {
            // PostgreSQL has an alert of its own, and the target is not at fault.
            LOG.warn("the copies to {} wait for PostgreSQL: {}", target.name(), e.getMessage());
            failure = Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            LOG.error("the copies to {} failed: {}", target.name(), FirstCause.of(e), e);
        } finally {
            ended(target, failure);
        }
    }

    private synchronized int failures(CopyTarget target) {
        Worker worker = workers.get(target.name());
        return worker == null ? 0 : worker.failures;
    }

    private synchronized void ended(CopyTarget target, Optional<String> failure) {
        Worker worker = workers.get(target.name());
        if (worker == null) {
            return;
        }
        worker.thread = null;
        worker.lastFailure = failure;
        worker.failures = failure.isPresent() ? worker.failures + 1 : 0;
        Duration wait = USUAL;
        if (worker.failures > 0) {
            wait = FIRST_RETRY.multipliedBy(1L << Math.min(worker.failures - 1, 6));
            wait = wait.compareTo(LAST_RETRY) > 0 ? LAST_RETRY : wait;
        }
        worker.next = worker.again && worker.failures == 0
                ? Instant.MIN
                : clock.instant().plus(wait);
        worker.again = false;
    }

    private Function<String, Optional<RetentionPolicy>> policies(@Nullable ServicePolicies policies) {
        return service -> {
            if (policies == null) {
                return Optional.empty();
            }
            try {
                return keeps.of(service, policies);
            } catch (SQLException e) {
                LOG.warn("{}: all its copies are kept, because its policy cannot be read: {}", service, e.getMessage());
                return Optional.empty();
            }
        };
    }

    /** Returns whether a pass or a drill runs. */
    public synchronized boolean isBusy() {
        return workers.values().stream().anyMatch(worker -> worker.thread != null || worker.drill != null);
    }

    /** Ends the passes. Their programs are killed, and the copies under way are made again later. */
    @Override
    public synchronized void close() {
        closed = true;
        workers.values().forEach(worker -> {
            if (worker.thread != null) {
                worker.thread.interrupt();
            }
            if (worker.drill != null) {
                worker.drill.interrupt();
            }
        });
    }
}
