package org.pgsteward.monitor.guard;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Reporter;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.guard.ServerGuard;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Raises and resolves alerts about roles. An alert is raised for the service of the role, and for the role itself if no
 * service has it. For one thread.
 */
final class RoleAlerts {
    /** Alerts of these kinds resolve after {@link #RESOLVED_AFTER} without another incident. */
    private static final Set<String> INCIDENTS =
            Set.of(GuardAlerts.LOCKED, GuardAlerts.MEMORY, GuardAlerts.DISK, GuardAlerts.AUTOVACUUM);

    private static final Duration RESOLVED_AFTER = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(RoleAlerts.class);

    private final ServerGuard guard;
    private final AlertRegistry alerts;
    private final Reporter reporter;
    private final Clock clock;

    /** The last incident, by the key of its alert. */
    private final Map<String, Instant> lastIncidents = new HashMap<>();

    RoleAlerts(ServerGuard guard, AlertRegistry alerts, Reporter reporter, Clock clock) {
        this.guard = guard;
        this.alerts = alerts;
        this.reporter = reporter;
        this.clock = clock;
    }

    /** Takes over the alerts of incidents that fired before this process started. */
    void resume() {
        alerts.firing().stream()
                .filter(alert -> INCIDENTS.contains(alert.kind()))
                .forEach(alert -> lastIncidents.put(alert.key(), clock.instant()));
    }

    /** Raises a critical alert about a role, after it has read the service of the role. */
    void raise(String kind, String role, Function<Optional<String>, GuardTexts.Text> text) {
        raise(kind, Severity.CRITICAL, role, text);
    }

    /** @param text returns the text for the service of the role; without one if PostgreSQL does not answer */
    void raise(String kind, Severity severity, String role, Function<Optional<String>, GuardTexts.Text> text) {
        Optional<String> service = serviceOf(role);
        raise(kind, severity, service.orElse(role), text.apply(service));
    }

    private Optional<String> serviceOf(String role) {
        try {
            return guard.serviceOf(role);
        } catch (SQLException e) {
            LOG.debug("cannot read the service of role {}: {}", role, e.getMessage());
            return Optional.empty();
        }
    }

    /** Raises a critical alert about a service, or about a role of which the service is unknown. */
    void raise(String kind, String service, GuardTexts.Text text) {
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

    /** Returns the services with a firing alert of this kind. */
    Set<String> firing(String kind) {
        return alerts.firing().stream()
                .filter(alert -> alert.kind().equals(kind))
                .map(Alert::service)
                .collect(Collectors.toSet());
    }

    /** Resolves the alerts of this kind about roles that can log in again. */
    void resolveExcept(String kind, Set<String> shutOut) {
        firing(kind).stream()
                .filter(service -> !shutOut.contains(service))
                .forEach(service -> resolve(kind + ":" + service, "its role can log in again, or does not exist"));
    }

    /** Resolves alerts ten minutes after their last incident. Returns whether there is no other incident. */
    boolean resolveOld() {
        Instant now = clock.instant();
        lastIncidents.entrySet().removeIf(entry -> {
            boolean over = entry.getValue().plus(RESOLVED_AFTER).isBefore(now);
            if (over) {
                resolve(entry.getKey(), "no further incident for " + RESOLVED_AFTER.toMinutes() + " min");
            }
            return over;
        });
        return lastIncidents.isEmpty();
    }

    private void resolve(String key, String why) {
        alerts.firing().stream()
                .filter(alert -> alert.key().equals(key))
                .forEach(alert -> reporter.raise(Condition.well(alert.kind(), alert.service(), why, clock.instant())));
    }
}
