package org.pgsteward.monitor.guard;

import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Reporter;
import org.pgsteward.model.Console;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.guard.AutovacuumWorker;
import org.pgsteward.postgres.guard.DiskTaken;
import org.pgsteward.postgres.guard.MemoryTaken;
import org.pgsteward.postgres.guard.Offences;
import org.pgsteward.postgres.guard.ServerCrash;
import org.pgsteward.postgres.guard.ServerGuard;
import org.pgsteward.postgres.guard.TerminatedSession;

/** Raises alerts for the results of {@link ServerGuard}, and counts the incidents of each role. For one thread. */
public final class GuardAlerts {
    /** A session was terminated because of its locks. */
    public static final String LOCKED = "catalog-locked";

    /** A role had a large share of the memory when PostgreSQL ran out of it, or was about to. */
    static final String MEMORY = "memory-taken";

    /** A role took the last space of the disk with PostgreSQL's data. */
    static final String DISK = "disk-taken";

    /** A worker of autovacuum was terminated. */
    static final String AUTOVACUUM = "autovacuum-ended";

    /** The login of a service's role is disabled. */
    public static final String SHUT_OUT = "role-shut-out";

    /** The login of a service's role is disabled for some minutes. */
    static final String PAUSED = "role-paused";

    private static final String KILLED =
            "used so much memory that the kernel killed its processes, and PostgreSQL ended all sessions of all services";

    private final Function<ServerCrash, Optional<String>> killedRole;
    private final AlertRegistry registry;
    private final GuardTexts texts;
    private final RoleAlerts alerts;
    private final LockAlerts lockAlerts;
    private final ShutOuts shutOuts;

    /** @param killedRole returns the role whose process the kernel killed in a crash, if it is known */
    public GuardAlerts(
            ServerGuard guard,
            Function<ServerCrash, Optional<String>> killedRole,
            AlertRegistry alerts,
            Console console,
            Reporter reporter,
            Clock clock) {
        this.killedRole = killedRole;
        this.registry = alerts;
        this.texts = new GuardTexts(console);
        this.alerts = new RoleAlerts(guard, alerts, reporter, clock);
        this.lockAlerts = new LockAlerts(this.alerts, texts);
        this.shutOuts = new ShutOuts(guard, this.alerts, texts, clock);
    }

    /** Takes over the alerts that fired before this process started. */
    void resume() {
        alerts.resume();
        shutOuts.resume(registry.firing());
    }

    /** @throws SQLException if PostgreSQL cannot be asked */
    void report(ServerGuard.Result result) throws SQLException {
        Map<String, List<TerminatedSession>> byRole = result.terminated().stream()
                .collect(Collectors.groupingBy(TerminatedSession::role, TreeMap::new, Collectors.toList()));
        Set<String> killed = Set.of();
        try {
            // Before any alert: PostgreSQL may be unavailable a moment later.
            count(result, byRole);
            killed = shutOuts.killUninterruptible(byRole);
        } finally {
            for (Map.Entry<String, List<TerminatedSession>> entry : byRole.entrySet()) {
                lockAlerts.raise(entry.getValue(), killed.contains(entry.getKey()));
            }
            result.memory().ifPresent(this::raiseMemory);
            result.workers().forEach(this::raiseAutovacuum);
        }
        lockAlerts.raiseEnded(byRole.keySet());
        shutOuts.compare();
        if (alerts.resolveOld()) {
            lockAlerts.reset();
        }
    }

    private void count(ServerGuard.Result result, Map<String, List<TerminatedSession>> byRole) throws SQLException {
        if (result.disk().isPresent()) {
            countDisk(result.disk().get());
        }
        for (Map.Entry<String, List<TerminatedSession>> entry : byRole.entrySet()) {
            shutOuts.countSessions(entry.getKey(), entry.getValue());
        }
        if (result.memory().isPresent()) {
            countMemory(result.memory().get());
        }
        if (result.crash().isPresent()) {
            countCrash(result.crash().get(), result.memory().map(MemoryTaken::role));
        }
    }

    private void countDisk(DiskTaken taken) throws SQLException {
        if (taken.kind() == DiskTaken.Kind.GROWTH) {
            shutOuts.pauseForDisk(taken);
            return;
        }
        // A long transaction is terminated too, but it is no evidence: the service may need it.
        if (taken.kind() != DiskTaken.Kind.TRANSACTION) {
            shutOuts.count(taken.role(), Offences.Kind.HELD_DISK, GuardTexts.words(taken));
        }
        alerts.raise(DISK, taken.role(), service -> texts.held(taken, service));
    }

    private void countMemory(MemoryTaken taken) throws SQLException {
        if (taken.countsAsOffence()) {
            shutOuts.count(
                    taken.role(),
                    taken.crashed() ? Offences.Kind.CRASH : Offences.Kind.MEMORY,
                    GuardTexts.words(taken));
        }
    }

    /**
     * Counts a crash for the role of the killed process. A role may take memory faster than the guard can read it; then mostly
     * one of its processes is killed. A single crash is no evidence, since the kernel kills a large process of any role.
     *
     * @param counted the role for which this crash has been counted already
     */
    private void countCrash(ServerCrash crash, Optional<String> counted) throws SQLException {
        if (!crash.soon()) {
            return;
        }
        Optional<String> role = killedRole
                .apply(crash)
                .filter(killed -> !crash.cleared().contains(killed))
                .filter(killed -> !counted.equals(Optional.of(killed)));
        if (role.isPresent()) {
            shutOuts.count(role.get(), Offences.Kind.KILLED, KILLED);
        }
    }

    private void raiseMemory(MemoryTaken taken) {
        alerts.raise(MEMORY, taken.role(), service -> texts.memory(taken, service));
    }

    private void raiseAutovacuum(AutovacuumWorker worker) {
        Severity severity = worker.isLarge() ? Severity.CRITICAL : Severity.WARNING;
        alerts.raise(AUTOVACUUM, severity, worker.owner(), service -> texts.autovacuum(worker));
    }
}
