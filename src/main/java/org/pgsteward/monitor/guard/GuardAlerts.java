package org.pgsteward.monitor.guard;

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
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.alert.Reporter;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Console;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.guard.AutovacuumWorker;
import org.pgsteward.postgres.guard.DiskTaken;
import org.pgsteward.postgres.guard.MemoryTaken;
import org.pgsteward.postgres.guard.Offences;
import org.pgsteward.postgres.guard.Pauses;
import org.pgsteward.postgres.guard.ServerCrash;
import org.pgsteward.postgres.guard.ServerGuard;
import org.pgsteward.postgres.guard.TerminatedSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Raises alerts for the results of {@link ServerGuard}, and has roles with repeated incidents shut out. For one thread. */
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

    /** The same for some minutes. */
    static final String PAUSED = "role-paused";

    /** Alerts of these kinds resolve after {@link #RESOLVED_AFTER} without another incident. */
    private static final Set<String> INCIDENTS = Set.of(LOCKED, MEMORY, DISK, AUTOVACUUM);

    private static final Duration RESOLVED_AFTER = Duration.ofMinutes(10);

    /** How often the roles that are shut out are compared with the alerts. */
    private static final Duration COMPARED_EVERY = Duration.ofSeconds(10);

    /** From a shut-out until the process of a session that still runs, and harms all services, is killed. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final String KILLED =
            "used so much memory that the kernel killed its processes, and PostgreSQL ended all sessions of all services";

    private static final Logger LOG = LoggerFactory.getLogger(GuardAlerts.class);

    private final ServerGuard guard;
    private final Function<ServerCrash, Optional<String>> killedRole;
    private final AlertBook alerts;
    private final GuardTexts texts;
    private final Reporter reporter;
    private final Clock clock;
    private final Offences offences = new Offences();
    private final Pauses pauses = new Pauses();

    /** The last incident, by the key of its alert. */
    private final Map<String, Instant> lastIncidents = new HashMap<>();

    /** Terminated sessions since the alert fired, by role. */
    private final Map<String, Integer> counts = new HashMap<>();

    /** The terminated session that still runs, by role. */
    private final Map<String, TerminatedSession> stillRunning = new HashMap<>();

    /** When the guard shut a role out that is still shut out. */
    private final Map<String, Instant> shutOutAt = new HashMap<>();

    private Instant comparedAt = Instant.EPOCH;

    /** @param killedRole returns the role whose process the kernel killed in a crash, if it is known */
    public GuardAlerts(
            ServerGuard guard,
            Function<ServerCrash, Optional<String>> killedRole,
            AlertBook alerts,
            Console console,
            Reporter reporter,
            Clock clock) {
        this.guard = guard;
        this.killedRole = killedRole;
        this.alerts = alerts;
        this.texts = new GuardTexts(console);
        this.reporter = reporter;
        this.clock = clock;
    }

    /** Takes over the alerts that fired before this process started. */
    void resume() {
        alerts.firing().stream()
                .filter(alert -> INCIDENTS.contains(alert.kind()))
                .forEach(alert -> lastIncidents.put(alert.key(), clock.instant()));
        alerts.firing().stream()
                .filter(alert -> alert.kind().equals(PAUSED))
                .forEach(alert ->
                        pauses.begin(alert.service(), PostgresServer.ROLE_CONNECTIONS, false, clock.instant()));
    }

    /** @throws SQLException if PostgreSQL cannot be asked */
    void report(ServerGuard.Result result) throws SQLException {
        Map<String, List<TerminatedSession>> byRole = result.terminated().stream()
                .collect(Collectors.groupingBy(TerminatedSession::role, TreeMap::new, Collectors.toList()));
        Set<String> killed = Set.of();
        try {
            // Before any alert: PostgreSQL may be unavailable a moment later.
            count(result, byRole);
            killed = killUninterruptible(byRole);
        } finally {
            for (Map.Entry<String, List<TerminatedSession>> entry : byRole.entrySet()) {
                raiseLocked(entry.getValue(), killed.contains(entry.getKey()));
            }
            result.memory().ifPresent(this::raiseMemory);
            result.workers().forEach(this::raiseAutovacuum);
        }
        raiseEnded(byRole.keySet());
        compareShutOuts();
        resolve();
    }

    private void count(ServerGuard.Result result, Map<String, List<TerminatedSession>> byRole) throws SQLException {
        if (result.disk().isPresent()) {
            countDisk(result.disk().get());
        }
        for (Map.Entry<String, List<TerminatedSession>> entry : byRole.entrySet()) {
            countLocks(entry.getKey(), entry.getValue());
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
            pause(taken);
        } else {
            // It may have needed what it had, and is terminated all the same. A transaction is no evidence.
            if (taken.kind() != DiskTaken.Kind.TRANSACTION) {
                offences.add(taken.role(), Offences.Kind.HELD_DISK, clock.instant());
                shutOutIfRepeated(taken.role(), GuardTexts.words(taken));
            }
            Optional<String> service = serviceOf(taken.role());
            raise(DISK, service.orElse(taken.role()), texts.held(taken, service));
        }
    }

    /** Without repetition: a second time there may be no space left. */
    private void pause(DiskTaken taken) throws SQLException {
        Instant now = clock.instant();
        String role = taken.role();
        int limit = guard.connectionLimit(role);
        Optional<String> service;
        try {
            service = guard.shutOut(role);
        } catch (SQLException e) {
            raise(DISK, role, texts.disk(taken, Optional.empty()));
            throw e;
        }
        raise(DISK, service.orElse(role), texts.disk(taken, service));
        if (service.isPresent()) {
            Duration length = pauses.begin(service.get(), usual(limit), true, now);
            raise(PAUSED, service.get(), texts.pausedForDisk(length, taken));
        }
    }

    /** The limit of a role that is shut out is 0. */
    private static int usual(int connectionLimit) {
        return connectionLimit == 0 ? PostgresServer.ROLE_CONNECTIONS : connectionLimit;
    }

    private void countLocks(String role, List<TerminatedSession> sessions) throws SQLException {
        sessions.stream()
                .filter(TerminatedSession::countsAsOffence)
                .forEach(session -> offences.add(
                        role, session.ended() ? Offences.Kind.SESSION : Offences.Kind.STILL_RUNNING, clock.instant()));
        shutOutIfRepeated(role, worst(sessions).reason());
    }

    /** Returns the roles with a session whose process was killed. It is tried once after each shut-out. */
    private Set<String> killUninterruptible(Map<String, List<TerminatedSession>> byRole) {
        Instant now = clock.instant();
        Set<String> killed = new HashSet<>();
        byRole.forEach((role, sessions) -> {
            TerminatedSession worst = worst(sessions);
            Instant since = shutOutAt.get(role);
            if (!worst.ended() && since != null && since.plus(PATIENCE).isBefore(now)) {
                shutOutAt.remove(role);
                if (isKilled(worst)) {
                    killed.add(role);
                }
            }
        });
        return killed;
    }

    private boolean isKilled(TerminatedSession session) {
        try {
            return guard.killProcess(session);
        } catch (SQLException e) {
            LOG.warn("cannot kill process {} of role {}: {}", session.pid(), session.role(), e.getMessage());
            return false;
        }
    }

    private void countMemory(MemoryTaken taken) throws SQLException {
        if (!taken.countsAsOffence()) {
            return;
        }
        offences.add(taken.role(), taken.crashed() ? Offences.Kind.CRASH : Offences.Kind.MEMORY, clock.instant());
        shutOutIfRepeated(taken.role(), GuardTexts.words(taken));
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
            offences.add(role.get(), Offences.Kind.KILLED, clock.instant());
            shutOutIfRepeated(role.get(), KILLED);
        }
    }

    private void shutOutIfRepeated(String role, String incident) throws SQLException {
        Instant now = clock.instant();
        if (!offences.isEnough(role, now)) {
            return;
        }
        boolean uncertain = offences.areUncertain(role);
        // Not asked if the lock table may be full.
        int limit = uncertain ? guard.connectionLimit(role) : 0;
        Optional<String> service = guard.shutOut(role);
        offences.reset(role);
        if (service.isEmpty()) {
            return;
        }
        shutOutAt.put(role, now);
        if (uncertain) {
            Duration length = pauses.begin(service.get(), usual(limit), false, now);
            raise(PAUSED, service.get(), texts.paused(role, length, incident));
        } else {
            pauses.end(service.get());
            raise(SHUT_OUT, service.get(), texts.shutOut(role, incident));
        }
    }

    /**
     * @param sessions of one role
     * @param killed whether the process of one was killed
     */
    private void raiseLocked(List<TerminatedSession> sessions, boolean killed) {
        TerminatedSession worst = killed ? worst(sessions).asEnded() : worst(sessions);
        int ended = (int) sessions.stream().filter(TerminatedSession::ended).count();
        counts.merge(worst.role(), ended, Integer::sum);
        if (worst.ended()) {
            stillRunning.remove(worst.role());
        } else {
            stillRunning.put(worst.role(), worst);
        }
        if (killed) {
            Optional<String> service = serviceOf(worst.role());
            raise(LOCKED, service.orElse(worst.role()), texts.killed(worst, service));
        } else {
            raiseLocked(worst);
        }
    }

    /** Updates the alerts of sessions that still ran at the previous check and have ended since. */
    private void raiseEnded(Set<String> presentRoles) {
        List<TerminatedSession> ended = stillRunning.values().stream()
                .filter(session -> !presentRoles.contains(session.role()))
                .toList();
        for (TerminatedSession session : ended) {
            stillRunning.remove(session.role());
            counts.merge(session.role(), 1, Integer::sum);
            raiseLocked(session.asEnded());
        }
    }

    private void raiseLocked(TerminatedSession session) {
        Optional<String> service = serviceOf(session.role());
        raise(
                LOCKED,
                service.orElse(session.role()),
                texts.locked(session, counts.getOrDefault(session.role(), 1), service));
    }

    private void raiseMemory(MemoryTaken taken) {
        Optional<String> service = serviceOf(taken.role());
        raise(MEMORY, service.orElse(taken.role()), texts.memory(taken, service));
    }

    private void raiseAutovacuum(AutovacuumWorker worker) {
        Severity severity = worker.isLarge() ? Severity.CRITICAL : Severity.WARNING;
        raise(AUTOVACUUM, severity, serviceOf(worker.owner()).orElse(worker.owner()), texts.autovacuum(worker));
    }

    private Optional<String> serviceOf(String role) {
        try {
            return guard.serviceOf(role);
        } catch (SQLException e) {
            LOG.debug("cannot read the service of role {}: {}", role, e.getMessage());
            return Optional.empty();
        }
    }

    /** Returns a session that still runs, if there is one. */
    private static TerminatedSession worst(List<TerminatedSession> sessions) {
        return sessions.stream()
                .filter(session -> !session.ended())
                .findFirst()
                .orElse(sessions.get(sessions.size() - 1));
    }

    private void raise(String kind, String service, GuardTexts.Text text) {
        raise(kind, Severity.CRITICAL, service, text);
    }

    private void raise(String kind, Severity severity, String service, GuardTexts.Text text) {
        LOG.warn("{}", text.reason());
        Condition condition = Condition.bad(severity, kind, service, text.reason(), text.remedy(), clock.instant());
        if (INCIDENTS.contains(kind)) {
            lastIncidents.put(condition.key(), clock.instant());
        }
        reporter.raise(condition);
    }

    private void resolve(String key, String why) {
        alerts.firing().stream()
                .filter(alert -> alert.key().equals(key))
                .forEach(alert -> reporter.raise(Condition.well(alert.kind(), alert.service(), why, clock.instant())));
    }

    /** Raises and resolves alerts so that they match the roles that are shut out, by the guard or by an operator. */
    private void compareShutOuts() throws SQLException {
        Instant now = clock.instant();
        if (comparedAt.plus(COMPARED_EVERY).isAfter(now)) {
            return;
        }
        comparedAt = now;
        Optional<Map<String, String>> read = guard.shutOutRoles();
        if (read.isEmpty()) {
            return;
        }
        Map<String, String> shutOut = new HashMap<>(read.get());
        for (Map.Entry<String, Integer> over :
                pauses.over(now, guard.hasDiskSpace()).entrySet()) {
            String role = shutOut.remove(over.getKey());
            if (role != null) {
                guard.readmit(role, over.getValue());
            }
        }
        shutOutAt.keySet().retainAll(shutOut.values());
        pauses.retain(shutOut.keySet());
        Set<String> firing = services(SHUT_OUT);
        shutOut.forEach((service, role) -> {
            if (!firing.contains(service) && !pauses.services().contains(service)) {
                raise(SHUT_OUT, service, texts.shutOut(role));
            }
        });
        resolveExcept(SHUT_OUT, shutOut.keySet());
        resolveExcept(PAUSED, pauses.services());
    }

    private void resolveExcept(String kind, Set<String> shutOut) {
        services(kind).stream()
                .filter(service -> !shutOut.contains(service))
                .forEach(service -> resolve(kind + ":" + service, "its role can log in again, or does not exist"));
    }

    private Set<String> services(String kind) {
        return alerts.firing().stream()
                .filter(alert -> alert.kind().equals(kind))
                .map(Alert::service)
                .collect(Collectors.toSet());
    }

    private void resolve() {
        Instant now = clock.instant();
        lastIncidents.entrySet().removeIf(entry -> {
            boolean over = entry.getValue().plus(RESOLVED_AFTER).isBefore(now);
            if (over) {
                resolve(entry.getKey(), "no further incident for " + RESOLVED_AFTER.toMinutes() + " min");
            }
            return over;
        });
        if (lastIncidents.isEmpty()) {
            counts.clear();
        }
    }
}
