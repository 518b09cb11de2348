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
import org.pgsteward.alert.Alert;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.postgres.guard.DiskTaken;
import org.pgsteward.postgres.guard.Offences;
import org.pgsteward.postgres.guard.Pauses;
import org.pgsteward.postgres.guard.ServerGuard;
import org.pgsteward.postgres.guard.TerminatedSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Disables the login of roles with repeated incidents, for some minutes or until an operator enables it again, and raises
 * the alerts about it. For one thread.
 */
final class ShutOuts {
    /** How often the roles that are shut out are compared with the alerts. */
    private static final Duration COMPARED_EVERY = Duration.ofSeconds(10);

    /** From a shut-out until the process of a session that still runs, and harms all services, is killed. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(ShutOuts.class);

    private final ServerGuard guard;
    private final RoleAlerts alerts;
    private final GuardTexts texts;
    private final Clock clock;
    private final Offences offences = new Offences();
    private final Pauses pauses = new Pauses();

    /** When the guard shut a role out that is still shut out. */
    private final Map<String, Instant> shutOutAt = new HashMap<>();

    private Instant comparedAt = Instant.EPOCH;

    ShutOuts(ServerGuard guard, RoleAlerts alerts, GuardTexts texts, Clock clock) {
        this.guard = guard;
        this.alerts = alerts;
        this.texts = texts;
        this.clock = clock;
    }

    /** Begins anew the pauses of alerts that fired before this process started. */
    void resume(List<Alert> firing) {
        firing.stream()
                .filter(alert -> alert.kind().equals(GuardAlerts.PAUSED))
                .forEach(alert ->
                        pauses.begin(alert.service(), PostgresServer.ROLE_CONNECTIONS, false, clock.instant()));
    }

    /**
     * Counts an incident, and shuts the role out if it has caused enough of them.
     *
     * @param incident such as {@code held 30000 of the server's 31232 locks}
     */
    void count(String role, Offences.Kind kind, String incident) throws SQLException {
        offences.add(role, kind, clock.instant());
        shutOutIfRepeated(role, incident);
    }

    /** Counts the terminated sessions of one role in the same way. */
    void countSessions(String role, List<TerminatedSession> sessions) throws SQLException {
        sessions.stream()
                .filter(TerminatedSession::countsAsOffence)
                .forEach(session -> offences.add(
                        role, session.ended() ? Offences.Kind.SESSION : Offences.Kind.STILL_RUNNING, clock.instant()));
        shutOutIfRepeated(role, LockAlerts.worst(sessions).reason());
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
            alerts.raise(GuardAlerts.PAUSED, service.get(), texts.paused(role, length, incident));
        } else {
            pauses.end(service.get());
            alerts.raise(GuardAlerts.SHUT_OUT, service.get(), texts.shutOut(role, incident));
        }
    }

    /** Shuts a role out at its first incident: before a second one the disk may be full. */
    void pauseForDisk(DiskTaken taken) throws SQLException {
        Instant now = clock.instant();
        String role = taken.role();
        int limit = guard.connectionLimit(role);
        Optional<String> service;
        try {
            service = guard.shutOut(role);
        } catch (SQLException e) {
            alerts.raise(GuardAlerts.DISK, role, texts.disk(taken, Optional.empty()));
            throw e;
        }
        alerts.raise(GuardAlerts.DISK, service.orElse(role), texts.disk(taken, service));
        if (service.isPresent()) {
            Duration length = pauses.begin(service.get(), usual(limit), true, now);
            alerts.raise(GuardAlerts.PAUSED, service.get(), texts.pausedForDisk(length, taken));
        }
    }

    /** The limit of a role that is shut out is 0. */
    private static int usual(int connectionLimit) {
        return connectionLimit == 0 ? PostgresServer.ROLE_CONNECTIONS : connectionLimit;
    }

    /** Returns the roles with a session whose process was killed. It is tried once after each shut-out. */
    Set<String> killUninterruptible(Map<String, List<TerminatedSession>> byRole) {
        Instant now = clock.instant();
        Set<String> killed = new HashSet<>();
        byRole.forEach((role, sessions) -> {
            TerminatedSession worst = LockAlerts.worst(sessions);
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

    /**
     * Ends the pauses that are over. Raises and resolves alerts so that they match the roles that are shut out, by the
     * guard or by an operator.
     */
    void compare() throws SQLException {
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
        Set<String> firing = alerts.firing(GuardAlerts.SHUT_OUT);
        shutOut.forEach((service, role) -> {
            if (!firing.contains(service) && !pauses.services().contains(service)) {
                alerts.raise(GuardAlerts.SHUT_OUT, service, texts.shutOut(role));
            }
        });
        alerts.resolveExcept(GuardAlerts.SHUT_OUT, shutOut.keySet());
        alerts.resolveExcept(GuardAlerts.PAUSED, pauses.services());
    }
}
