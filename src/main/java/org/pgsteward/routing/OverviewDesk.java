package org.pgsteward.routing;

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
import org.pgsteward.alert.AlertBook;
import org.pgsteward.alert.Silences;
import org.pgsteward.journal.BackupDays;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Memory;
import org.pgsteward.monitor.DatabaseFigures;
import org.pgsteward.monitor.Reading;
import org.pgsteward.postgres.Server;

/**
 * Looks at how things are: one connection to PostgreSQL and three statements, and no Docker Engine is asked. What was seen
 * is kept for when PostgreSQL is away.
 */
public final class OverviewDesk {
    /** What is seen anew goes to the disk no more often than this, however often somebody looks. */
    private static final Duration BETWEEN_WRITES = Duration.ofMinutes(1);

    private final Server server;
    private final LastKnown lastKnown;
    private final AlertBook alerts;
    private final Silences silences;
    private final Host host;
    private final Clock clock;
    private final ZoneId zone;
    private volatile LastKnown.@Nullable Facts facts;
    private Instant written = Instant.EPOCH;

    /**
     * What is known of containers.
     *
     * @param runs by service, whether its container does
     * @param memory the last samples
     */
    public record Host(Supplier<Map<String, Boolean>> runs, Supplier<List<Reading>> memory) {
        /** For commands, which know nothing of them. */
        public static final Host UNKNOWN = new Host(Map::of, List::of);

        public static Host of(ContainerDesk containers, MemoryDesk memory) {
            return new Host(containers::up, memory::last);
        }
    }

    /** @param stateDir {@code pgsteward.state.dir} */
    public OverviewDesk(
            Server server,
            Path stateDir,
            ObjectMapper json,
            AlertBook alerts,
            Silences silences,
            Host host,
            Clock clock,
            ZoneId zone) {
        this.server = server;
        this.lastKnown = new LastKnown(stateDir, json);
        this.alerts = alerts;
        this.silences = silences;
        this.host = host;
        this.clock = clock;
        this.zone = zone;
    }

    /** How things are now. A PostgreSQL that hangs holds this up for as long as a connection may take. */
    public Overview look() {
        try {
            return overview(Optional.of(read()), Optional.empty());
        } catch (SQLException e) {
            return remembered(Overview.why(e));
        }
    }

    /** How things were when PostgreSQL last answered, and {@code trouble} why it is not asked now. */
    public Overview remembered(String trouble) {
        return overview(Optional.ofNullable(facts).or(lastKnown::read), Optional.of(trouble));
    }

    private LastKnown.Facts read() throws SQLException {
        Map<String, Tables.History> histories = new TreeMap<>();
        Map<String, DatabaseFigures.Figure> figures = new TreeMap<>();
        Instant now = clock.instant();
        LastKnown.Facts read;
        try (Connection connection = server.connect(server.address().database())) {
            Tables.histories(connection).forEach(history -> histories.put(history.service(), history));
            DatabaseFigures.read(connection).forEach(figure -> figures.put(figure.service(), figure));
            read = new LastKnown.Facts(now, figures, histories, BackupDays.read(connection, now, zone));
        }
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
        LastKnown.Facts read = known.orElseGet(() -> new LastKnown.Facts(Instant.EPOCH, Map.of(), Map.of(), Map.of()));
        Map<String, Boolean> runs = host.runs().get();
        Map<String, Memory> memory = new TreeMap<>();
        host.memory().get().forEach(reading -> memory.put(reading.service(), reading.memory()));
        TreeSet<String> names = new TreeSet<>(read.histories().keySet());
        names.addAll(read.figures().keySet());
        names.addAll(runs.keySet());
        List<Overview.Service> services = new ArrayList<>();
        for (String name : names) {
            services.add(new Overview.Service(
                    name,
                    Optional.ofNullable(read.figures().get(name)),
                    Optional.ofNullable(read.histories().get(name)),
                    read.days().getOrDefault(name, List.of()),
                    Optional.ofNullable(runs.get(name)),
                    Optional.ofNullable(memory.get(name))));
        }
        List<Alert> firing = alerts.firing().stream()
                .sorted(Comparator.comparing(Alert::severity).reversed().thenComparing(Alert::since))
                .toList();
        return new Overview(
                clock.instant(),
                trouble,
                known.map(LastKnown.Facts::at),
                List.copyOf(services),
                firing,
                silences.active());
    }
}
