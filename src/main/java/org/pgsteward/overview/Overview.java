package org.pgsteward.overview;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.OneLine;
import org.pgsteward.alert.Silence;
import org.pgsteward.backup.CaveatCheck;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.containers.ServiceState;
import org.pgsteward.journal.BackupDays;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.KeptDatabase;
import org.pgsteward.model.Memory;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Size;
import org.pgsteward.monitor.DatabaseMetrics;

/**
 * State of all parts, from the journal, PostgreSQL, the alerts and the daemon. While PostgreSQL is unavailable, its
 * last answers are shown with their age. {@link OverallHealth} is the resulting decision.
 *
 * @param at time of the overview
 * @param trouble reason why PostgreSQL and the journal are unavailable; empty if they are available
 * @param known time of the last answers about databases and backups; empty if there have been none
 * @param services by name, including the entries of the cluster ({@code _globals}, {@code _base})
 * @param firing firing alerts, the worst first
 * @param silences active silences
 * @param daemon the daemon's own report; empty if none has run with this state folder
 * @param typing prefix of commands on this installation
 * @param kept databases that restores made or kept, the oldest first; none of them is a service
 * @param host state beside that of the services
 */
public record Overview(
        Instant at,
        Optional<String> trouble,
        Optional<Instant> known,
        List<Service> services,
        List<Alert> firing,
        List<Silence> silences,
        Optional<DaemonStatus> daemon,
        CommandPrefix typing,
        List<KeptDatabase> kept,
        HostSummary host) {
    /** Creates an overview without databases that restores made or kept, and without the state beside the services. */
    public Overview(
            Instant at,
            Optional<String> trouble,
            Optional<Instant> known,
            List<Service> services,
            List<Alert> firing,
            List<Silence> silences,
            Optional<DaemonStatus> daemon,
            CommandPrefix typing) {
        this(at, trouble, known, services, firing, silences, daemon, typing, List.of(), HostSummary.NONE);
    }

    /** Limit of the names in a sentence; the others are counted. */
    private static final int MOST_NAMED = 10;

    /**
     * A service, a database without a service, or PostgreSQL's own container.
     *
     * @param database size and connections; empty if the entry has no database
     * @param backups backup history; empty before the first backup
     * @param days outcome of each of the last days, oldest first; empty if there was no run in that time
     * @param state state of its container; empty if no container is known
     * @param memory memory of its container at the last sample
     * @param quarantinedAt start of its quarantine; empty if it is not in quarantine
     * @param overdue reason why its newest verified backup is too old; empty if it is not, or if a daemon raises that
     *     alert
     */
    public record Service(
            String name,
            Optional<DatabaseMetrics.Figure> database,
            Optional<BackupHistory> backups,
            List<BackupDays.Outcome> days,
            Optional<ServiceState> state,
            Optional<Memory> memory,
            Optional<Instant> quarantinedAt,
            Optional<String> overdue) {
        /** Returns whether the entry is for the whole cluster, not for one database. */
        public boolean isOfTheCluster() {
            return name.equals(Targets.GLOBALS) || name.equals(Targets.BASE);
        }

        /** Returns whether the entry has a database now, which needs a backup. */
        public boolean isDatabase() {
            return database.isPresent();
        }

        /** Returns whether the database is gone and only backups are left. */
        public boolean isGone() {
            return database.isEmpty() && backups.isPresent() && !isOfTheCluster();
        }

        /** Returns the restore point: the time of the newest state that can be restored. */
        public Optional<Instant> restorableTo() {
            return backups.flatMap(BackupHistory::restorableTo);
        }
    }

    /** Returns the decision whether all is well, with the reasons if not. */
    public OverallHealth health() {
        return OverallHealthRule.judge(this);
    }

    /** Returns whether an alert already reports that PostgreSQL is unavailable. */
    public boolean hasPostgresAlert() {
        return firing.stream().anyMatch(alert -> alert.kind().equals(PostgresServer.DOWN));
    }

    /** Returns the entries that have a database now. */
    public List<Service> databases() {
        return services.stream().filter(Service::isDatabase).toList();
    }

    /** Returns the bytes of all backups in the store, as they were recorded; empty if there are none. */
    public OptionalLong storedBytes() {
        long bytes = services.stream()
                .flatMap(service -> service.backups().stream())
                .mapToLong(BackupHistory::storedBytes)
                .sum();
        return bytes > 0 ? OptionalLong.of(bytes) : OptionalLong.empty();
    }

    /** Returns a sentence about the restore points of the databases. */
    public String standing() {
        List<Service> databases = databases();
        if (databases.isEmpty()) {
            return "No database is known yet.";
        }
        List<Service> without = databases.stream()
                .filter(service -> service.restorableTo().isEmpty())
                .toList();
        Set<String> warned = firing.stream()
                .filter(alert -> alert.kind().equals(CaveatCheck.KIND))
                .map(Alert::service)
                .collect(Collectors.toSet());
        List<Service> incomplete = databases.stream()
                .filter(service -> service.restorableTo().isPresent() && warned.contains(service.name()))
                .toList();
        String missing =
                named("; without a verified backup: ", without) + named("; incomplete, see the alert: ", incomplete);
        int verified = databases.size() - without.size();
        if (verified == 0) {
            return "No database can be restored" + missing + ".";
        }
        Service oldest = databases.stream()
                .filter(service -> service.restorableTo().isPresent())
                .min(Comparator.comparing(service -> service.restorableTo().orElseThrow()))
                .orElseThrow();
        String to = Elapsed.roughly(age(oldest.restorableTo().orElseThrow())) + " ago";
        String which = verified == 1 ? " to " + to : ", the oldest to " + to;
        return (without.isEmpty() ? "Every database" : verified + " of " + databases.size() + " databases")
                + " can be restored" + which + " (" + OneLine.of(oldest.name(), 60) + ")" + missing + ".";
    }

    private static String named(String before, List<Service> services) {
        if (services.isEmpty()) {
            return "";
        }
        String names = services.stream()
                .limit(MOST_NAMED)
                .map(service -> OneLine.of(service.name(), 60))
                .collect(Collectors.joining(", "));
        int more = services.size() - MOST_NAMED;
        return before + names + (more > 0 ? " and " + more + " more" : "");
    }

    /**
     * Returns a sentence about the databases that restores made or kept and that still exist; empty if there are none.
     */
    public Optional<String> keptWords() {
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        String words = kept.stream()
                .limit(MOST_NAMED)
                .map(one -> OneLine.of(one.name(), 80) + " (" + Size.words(one.sizeBytes()) + ", "
                        + (one.replaced() ? "replaced " : "restored ") + Elapsed.roughly(age(one.since())) + " ago)")
                .collect(Collectors.joining(", "));
        return Optional.of("Left by restores and not backed up: " + words
                + (kept.size() > MOST_NAMED ? " and " + (kept.size() - MOST_NAMED) + " more" : "")
                + ". Drop those that you do not need.");
    }

    /** Returns a sentence if the running daemon has no receiver of notifications. */
    public Optional<String> receiverWords() {
        return daemon.filter(report -> report.isRunning(at) && report.hasNoReceiver())
                .map(
                        report ->
                                "No receiver is set, so notifications are only in the log. Set one, such as PGSTEWARD_MAIL_TO.");
    }

    public Duration age(Instant then) {
        return Duration.between(then, at);
    }
}
