package org.pgsteward.routing;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertBook;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.DatabaseFigures;

/**
 * How things are, as the journal, PostgreSQL and the alert book know it. No Docker Engine is asked, and what PostgreSQL
 * cannot say while it is away is left out.
 *
 * @param at when
 * @param trouble why what stands in the journal cannot be read, if it cannot
 * @param services by name, those of the cluster ({@code _globals}, {@code _base}) among them
 * @param firing the worst first
 */
public record Overview(Instant at, Optional<String> trouble, List<Service> services, List<Alert> firing) {
    /** undefined_table, and undefined_column for the tables of a version before. */
    private static final List<String> NO_JOURNAL = List.of("42P01", "42703");

    /**
     * A service, or a database of no service.
     *
     * @param database how large it is and who is connected; empty for what has none of its own
     * @param backups how they went; empty when there was none yet
     */
    public record Service(String name, Optional<DatabaseFigures.Figure> database, Optional<Tables.History> backups) {}

    public static Overview of(Tables tables, DatabaseFigures databases, AlertBook alerts, Clock clock) {
        Map<String, Tables.History> histories = new TreeMap<>();
        Map<String, DatabaseFigures.Figure> figures = new TreeMap<>();
        Optional<String> trouble = Optional.empty();
        try {
            tables.histories().forEach(history -> histories.put(history.service(), history));
            databases.read().forEach(figure -> figures.put(figure.service(), figure));
        } catch (SQLException e) {
            trouble = Optional.of(why(e));
        }
        TreeSet<String> names = new TreeSet<>(histories.keySet());
        names.addAll(figures.keySet());
        List<Service> services = new ArrayList<>();
        for (String name : names) {
            services.add(new Service(
                    name, Optional.ofNullable(figures.get(name)), Optional.ofNullable(histories.get(name))));
        }
        List<Alert> firing = alerts.firing().stream()
                .sorted(java.util.Comparator.comparing(Alert::severity)
                        .reversed()
                        .thenComparing(Alert::since))
                .toList();
        return new Overview(clock.instant(), trouble, services, firing);
    }

    /** Why the journal could not be read, in words. */
    static String why(SQLException e) {
        return NO_JOURNAL.contains(e.getSQLState())
                ? "there is no journal in this PostgreSQL yet; 'pgsteward run' makes it"
                : "PostgreSQL does not answer: " + e.getMessage();
    }

    /** Whether nobody need do anything: information is no trouble. */
    public boolean isWell() {
        return trouble.isEmpty() && firing.stream().allMatch(alert -> alert.severity() == Severity.INFO);
    }

    public Duration age(Instant then) {
        return Duration.between(then, at);
    }
}
