package org.pgsteward.overview;

import java.util.Comparator;
import java.util.Optional;
import org.pgsteward.alert.Alert;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.containers.ServiceState;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.DatabaseMetrics;

/** Words of a service's row, equal on the status page and in {@code status}. */
public final class RowTexts {
    private RowTexts() {}

    /**
     * State of a service.
     *
     * @param words empty for backups of the whole cluster
     * @param severity empty if all is well; {@code INFO} if the service does not run and need not
     * @param runs whether the service works for its users
     */
    public record State(String words, Optional<Severity> severity, boolean runs) {}

    /** Returns the name for the first column. Backups of the whole cluster have no service's name. */
    public static String name(Overview.Service service) {
        return switch (service.name()) {
            case Targets.GLOBALS -> "roles and passwords";
            case Targets.BASE -> "base backup";
            default -> service.name();
        };
    }

    /** Returns the state of the container, followed by the highest severity of the service's alerts. */
    public static State state(Overview.Service service, Overview overview) {
        if (service.quarantinedAt().isPresent()) {
            return new State("quarantined", Optional.of(Severity.WARNING), false);
        }
        Optional<Severity> worst = overview.firing().stream()
                .filter(alert -> alert.service().equals(service.name()) && alert.severity() != Severity.INFO)
                .map(Alert::severity)
                .max(Comparator.naturalOrder());
        Optional<Severity> own = service.state().flatMap(ServiceState::severity);
        Optional<Severity> severity = worst.isPresent()
                        && own.filter(bad -> bad.compareTo(worst.get()) >= 0).isEmpty()
                ? worst
                : own;
        boolean runs = service.state().filter(ServiceState::runs).isPresent();
        String word = word(service, overview);
        boolean alertOnly = worst.isPresent()
                && service.state().filter(ServiceState::isTrouble).isEmpty();
        if (!alertOnly) {
            return new State(word, severity, runs);
        }
        String alert = worst.get().word();
        return new State(service.state().isPresent() ? word + ", " + alert : alert, severity, runs);
    }

    private static String word(Overview.Service service, Overview overview) {
        if (service.state().isPresent()) {
            return service.state().get().word();
        }
        if (service.isOfTheCluster()) {
            return "";
        }
        if (service.isGone()) {
            return "gone";
        }
        if (service.database().filter(DatabaseMetrics.Figure::isOfAdministrator).isPresent()) {
            return "no service";
        }
        boolean known = overview.daemon()
                .filter(report -> report.isRunning(overview.at()))
                .isPresent();
        return known ? "no container" : "unknown";
    }
}
