package org.pgsteward.overview;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.Silences;
import org.pgsteward.containers.ServiceState;
import org.pgsteward.journal.BackupDays;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.journal.HistoryRows;
import org.pgsteward.journal.JournalTrouble;
import org.pgsteward.journal.ServiceRows;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Memory;
import org.pgsteward.monitor.DatabaseMetrics;
import org.pgsteward.postgres.DaemonLock;
import org.pgsteward.postgres.KeptDatabases;
import org.pgsteward.postgres.Server;

/**
 * Reader of the state of all parts, with one connection to PostgreSQL and six statements, and without the Docker
 * Engine. The answers are kept for times when PostgreSQL is unavailable.
 */
public final class OverviewReader {
    /** Shortest time between two writes of new answers to the disk, regardless of the number of readers. */
    private static final Duration BETWEEN_WRITES = Duration.ofMinutes(1);

    private final Server server;
    private final DatabaseMetrics.Source databases;
    private final LastKnown lastKnown;
    private final AlertRegistry alerts;
    private final Silences silences;
    private final Supplier<Optional<DaemonStatus>> daemon;
    private final HostSummaryReader host;
    private final Age age;
    private final CommandPrefix typing;
    private final Clock clock;
    private final ZoneId zone;
    private volatile LastKnown.@Nullable Facts facts;
    private volatile List<DaemonLock.Session> sessions = List.of();
    private Instant written = Instant.EPOCH;

    /** Check for a newest verified backup that is too old, for times without a daemon that raises this alert. */
    @FunctionalInterface
    public interface Age {
        Optional<String> tooOld(String service, Instant restorableTo, Instant now);
    }

    /**
     * @param databases reads the databases over the connection of the reader
     * @param stateDir {@code pgsteward.state.dir}
     * @param daemon supplies the daemon's own report
     * @param host reads the state beside that of the services
     */
    public OverviewReader(
            Server server,
            DatabaseMetrics.Source databases,
            Path stateDir,
            ObjectMapper json,
            AlertRegistry alerts,
            Silences silences,
            Supplier<Optional<DaemonStatus>> daemon,
            HostSummaryReader host,
            Age age,
            CommandPrefix typing,
            Clock clock,
            ZoneId zone) {
        this.server = server;
        this.databases = databases;
        this.lastKnown = new LastKnown(stateDir, json);
        this.alerts = alerts;
        this.silences = silences;
        this.daemon = daemon;
        this.host = host;
        this.age = age;
        this.typing = typing;
        this.clock = clock;
        this.zone = zone;
    }

    /** Reads the current state. If PostgreSQL hangs, this takes as long as the timeout of a connection. */
    public Overview look() {
        try {
            return overview(Optional.of(read()), Optional.empty());
        } catch (SQLException e) {
            return remembered(JournalTrouble.of(e));
        }
    }

    /** Returns the state at PostgreSQL's last answer, with {@code trouble} as the reason. */
    public Overview remembered(String trouble) {
        return overview(Optional.ofNullable(facts).or(lastKnown::read), Optional.of(trouble));
    }

    /** Returns all daemons, working or standing by, at PostgreSQL's last answer. */
    public List<DaemonLock.Session> daemons() {
        return sessions;
    }

    /** Returns the daemon's report. A daemon that ended here while another one works has none. */
    private Optional<DaemonStatus> report(Instant now) {
        return daemon.get()
                .filter(status -> status.isRunning(now) || sessions.stream().noneMatch(DaemonLock.Session::active));
    }

    private LastKnown.Facts read() throws SQLException {
        Map<String, BackupHistory> histories = new TreeMap<>();
        Map<String, DatabaseMetrics.Figure> figures = new TreeMap<>();
        Instant now = clock.instant();
        LastKnown.Facts read;
        try (Connection connection = server.connectToLook()) {
            HistoryRows.all(connection).forEach(history -> histories.put(history.service(), history));
            databases.read(connection).forEach(figure -> figures.put(figure.service(), figure));
            read = new LastKnown.Facts(
                    now,
                    figures,
                    histories,
                    BackupDays.read(connection, now, zone),
                    ServiceRows.quarantinedSince(connection),
                    KeptDatabases.read(connection));
            sessions = DaemonLock.sessions(connection);
        }
        host.readCopies();
        facts = read;
        keep(read);
        return read;
    }

    private synchronized void keep(LastKnown.Facts read) {
        if (Duration.between(written, read.at()).abs().compareTo(BETWEEN_WRITES) >= 0) {
            written = read.at();
            lastKnown.write(read);
        }
    }

    private Overview overview(Optional<LastKnown.Facts> known, Optional<String> trouble) {
        LastKnown.Facts read = known.orElse(LastKnown.Facts.NONE);
        Instant now = clock.instant();
        Optional<DaemonStatus> report = report(now);
        Optional<DaemonStatus> running = report.filter(status -> status.isRunning(now));
        Map<String, ServiceState> states = running.map(DaemonStatus::containers).orElse(Map.of());
        Map<String, Memory> memory = running.map(DaemonStatus::memory).orElse(Map.of());
        TreeSet<String> names = new TreeSet<>(read.histories().keySet());
        names.addAll(read.figures().keySet());
        names.addAll(read.quarantined().keySet());
        names.addAll(states.keySet());
        List<Overview.Service> services = new ArrayList<>();
        for (String name : names) {
            Optional<BackupHistory> history =
                    Optional.ofNullable(read.histories().get(name));
            boolean isBackedUp = read.figures().containsKey(name);
            services.add(new Overview.Service(
                    name,
                    Optional.ofNullable(read.figures().get(name)),
                    history,
                    read.days().getOrDefault(name, List.of()),
                    Optional.ofNullable(states.get(name)),
                    Optional.ofNullable(memory.get(name)),
                    Optional.ofNullable(read.quarantined().get(name)),
                    // A running daemon raises the alert itself, by labels that only it knows.
                    history.filter(backups -> isBackedUp && running.isEmpty())
                            .flatMap(BackupHistory::restorableTo)
                            .flatMap(at -> age.tooOld(name, at, now))));
        }
        List<Alert> firing = alerts.firing().stream()
                .sorted(Comparator.comparing(Alert::severity).reversed().thenComparing(Alert::since))
                .toList();
        return new Overview(
                now,
                trouble,
                known.map(LastKnown.Facts::at),
                List.copyOf(services),
                firing,
                silences.active(),
                report,
                typing,
                read.kept(),
                host.read(read.figures().keySet(), firing, now));
    }
}
