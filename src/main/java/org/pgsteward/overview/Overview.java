package org.pgsteward.overview;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.KeptDatabase;
import org.pgsteward.model.Memory;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Size;
import org.pgsteward.model.Typing;
import org.pgsteward.monitor.DatabaseFigures;

/**
 * How things are, as the journal, PostgreSQL, the alert book and the daemon know it. While PostgreSQL is unavailable, its
 * last answers are shown with their age. {@link OverallHealth} says what they amount to.
 *
 * @param at when
 * @param trouble why PostgreSQL and the journal cannot be asked, if they cannot
 * @param known when they said what stands here of databases and backups; empty where they never have
 * @param services by name, those of the cluster ({@code _globals}, {@code _base}) among them
 * @param firing the worst first
 * @param silences that hold
 * @param daemon the daemon's own report; empty where none has ever run with this state folder
 * @param typing how commands are typed where this pgsteward runs
 * @param kept databases that restores made or kept, the oldest first; none of them is a service
 */
public record Overview(
        Instant at,
        Optional<String> trouble,
        Optional<Instant> known,
        List<Service> services,
        List<Alert> firing,
        List<Silence> silences,
        Optional<DaemonStatus> daemon,
        Typing typing,
        List<KeptDatabase> kept) {
    /** One without databases that restores made or kept. */
    public Overview(
            Instant at,
            Optional<String> trouble,
            Optional<Instant> known,
            List<Service> services,
            List<Alert> firing,
            List<Silence> silences,
            Optional<DaemonStatus> daemon,
            Typing typing) {
        this(at, trouble, known, services, firing, silences, daemon, typing, List.of());
    }

    /** So many names stand in a sentence; the rest is counted. */
    private static final int MOST_NAMED = 10;

    /**
     * A service, a database of no service, or PostgreSQL's own container.
     *
     * @param database how large it is and who is connected; empty for what has none of its own
     * @param backups how they went; empty when there was none yet
     * @param days what became of them, oldest first; none where there was no run in all that time
     * @param state of its container; empty where it has none that is known of
     * @param memory of its container, in use when it was sampled last
     * @param quarantinedAt when it was put into quarantine; empty where it is not
     * @param overdue why its newest verified backup is too old, where no daemon raises an alert about that
     */
    public record Service(
            String name,
            Optional<DatabaseFigures.Figure> database,
            Optional<BackupHistory> backups,
            List<BackupDays.Outcome> days,
            Optional<ServiceState> state,
            Optional<Memory> memory,
            Optional<Instant> quarantinedAt,
            Optional<String> overdue) {
        /** Whether it stands for the whole cluster, and not for one database. */
        public boolean isOfTheCluster() {
            return name.equals(Targets.GLOBALS) || name.equals(Targets.BASE);
        }

        /** Whether it has a database now, of which there has to be a backup. */
        public boolean isDatabase() {
            return database.isPresent();
        }

        /** Whether only backups are left of it: its database is gone. */
        public boolean isGone() {
            return database.isEmpty() && backups.isPresent() && !isOfTheCluster();
        }

        /** To when it can be restored. */
        public Optional<Instant> restorableTo() {
            return backups.flatMap(BackupHistory::restorableTo);
        }
    }

    /** Whether all is well, and why not. */
    public OverallHealth health() {
        return OverallHealthRule.judge(this);
    }

    /** Whether an alert says already that PostgreSQL is away. */
    public boolean isTold() {
        return firing.stream().anyMatch(alert -> alert.kind().equals(PostgresServer.DOWN));
    }

    /** What has a database now. */
    public List<Service> databases() {
        return services.stream().filter(Service::isDatabase).toList();
    }

    /** In a sentence, to when the databases can be restored. */
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
                named("; without a verified backup: ", without) + named("; not in full, see the alert: ", incomplete);
        int proved = databases.size() - without.size();
        if (proved == 0) {
            return "No database can be restored" + missing + ".";
        }
        Service oldest = databases.stream()
                .filter(service -> service.restorableTo().isPresent())
                .min(Comparator.comparing(service -> service.restorableTo().orElseThrow()))
                .orElseThrow();
        String to = Elapsed.roughly(age(oldest.restorableTo().orElseThrow())) + " ago";
        String which = proved == 1 ? " to " + to : ", the oldest to " + to;
        return (without.isEmpty() ? "Every database" : proved + " of " + databases.size() + " databases")
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

    /** What restores made or kept and nobody has dropped yet, in one sentence; empty where there is nothing. */
    public Optional<String> keptWords() {
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        String words = kept.stream()
                .limit(MOST_NAMED)
                .map(one -> OneLine.of(one.name(), 80) + " (" + Size.words(one.sizeBytes()) + ", "
                        + (one.replaced() ? "replaced " : "restored ") + Elapsed.roughly(age(one.since())) + " ago)")
                .collect(Collectors.joining(", "));
        return Optional.of("Left by restores, and not backed up: " + words
                + (kept.size() > MOST_NAMED ? " and " + (kept.size() - MOST_NAMED) + " more" : "")
                + ". Drop what nobody needs.");
    }

    public Duration age(Instant then) {
        return Duration.between(then, at);
    }
}
