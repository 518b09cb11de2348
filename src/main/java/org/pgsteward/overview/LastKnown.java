package org.pgsteward.overview;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.journal.BackupDays;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.model.KeptDatabase;
import org.pgsteward.monitor.DatabaseMetrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Last answers of PostgreSQL about databases and backups, in a file that the daemon and the commands share. Operators
 * need the restore points above all while PostgreSQL is unavailable, perhaps after a restart of pgsteward. If the file
 * is damaged or cannot be written, only these answers are lost.
 */
final class LastKnown {
    /** Size limit of the file, in bytes. */
    private static final int MOST_BYTES = 8 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(LastKnown.class);

    private final Path file;
    private final ObjectMapper json;

    /** @param stateDir {@code pgsteward.state.dir} */
    LastKnown(Path stateDir, ObjectMapper json) {
        this.file = stateDir.resolve("last-known.json");
        this.json = json;
    }

    /**
     * Answers of one reading.
     *
     * @param figures sizes and connections, by service
     * @param histories backup histories, by service
     * @param days outcomes of the last days, by service
     * @param quarantined start of the quarantine, by service
     * @param kept databases that restores made or kept
     */
    record Facts(
            Instant at,
            Map<String, DatabaseMetrics.Figure> figures,
            Map<String, BackupHistory> histories,
            Map<String, List<BackupDays.Outcome>> days,
            Map<String, Instant> quarantined,
            List<KeptDatabase> kept) {
        static final Facts NONE = new Facts(Instant.EPOCH, Map.of(), Map.of(), Map.of(), Map.of(), List.of());
    }

    private record Page(
            Instant at, List<Line> services, @Nullable List<KeptDatabase> kept) {}

    /** One service in the file. */
    private record Line(
            String service,
            DatabaseMetrics.@Nullable Figure database,
            @Nullable Run run,
            @Nullable List<BackupDays.Outcome> days,
            @Nullable Instant quarantinedAt) {}

    private record Run(
            @Nullable Instant lastSuccess,
            @Nullable Instant lastVerified,
            double seconds,
            long sizeBytes,
            String lastState,
            @Nullable Long restoreMillis,
            @Nullable Instant restorableTo,
            @Nullable Long storedBytes) {
        static Run of(BackupHistory history) {
            return new Run(
                    history.lastSuccess().orElse(null),
                    history.lastVerified().orElse(null),
                    history.seconds(),
                    history.sizeBytes(),
                    history.lastState(),
                    history.restores().map(Duration::toMillis).orElse(null),
                    history.restorableTo().orElse(null),
                    history.storedBytes());
        }

        BackupHistory history(String service) {
            return new BackupHistory(
                    service,
                    Optional.ofNullable(lastSuccess),
                    Optional.ofNullable(lastVerified),
                    seconds,
                    sizeBytes,
                    lastState,
                    Optional.ofNullable(restoreMillis).map(Duration::ofMillis),
                    Optional.ofNullable(restorableTo),
                    Objects.requireNonNullElse(storedBytes, 0L));
        }
    }

    void write(Facts facts) {
        TreeSet<String> names = new TreeSet<>(facts.histories().keySet());
        names.addAll(facts.figures().keySet());
        names.addAll(facts.quarantined().keySet());
        List<Line> lines = new ArrayList<>();
        for (String name : names) {
            lines.add(new Line(
                    name,
                    facts.figures().get(name),
                    Optional.ofNullable(facts.histories().get(name))
                            .map(Run::of)
                            .orElse(null),
                    facts.days().get(name),
                    facts.quarantined().get(name)));
        }
        try {
            byte[] page = json.writeValueAsBytes(new Page(facts.at(), lines, facts.kept()));
            AtomicFile.writeUnsynced(file, page, AtomicFile.PRIVATE);
        } catch (IOException refused) {
            LOG.debug("cannot save the last known state: {}", refused.toString());
        }
    }

    /** Returns the last answers; empty if there are none. */
    Optional<Facts> read() {
        try {
            Page page = json.readValue(BoundedFile.bytes(file, MOST_BYTES), Page.class);
            Map<String, DatabaseMetrics.Figure> figures = new TreeMap<>();
            Map<String, BackupHistory> histories = new TreeMap<>();
            Map<String, List<BackupDays.Outcome>> days = new TreeMap<>();
            Map<String, Instant> quarantined = new TreeMap<>();
            for (Line line : page.services()) {
                Optional.ofNullable(line.database()).ifPresent(figure -> figures.put(line.service(), figure));
                Optional.ofNullable(line.run())
                        .ifPresent(run -> histories.put(line.service(), run.history(line.service())));
                Optional.ofNullable(line.days()).ifPresent(outcomes -> days.put(line.service(), outcomes));
                Optional.ofNullable(line.quarantinedAt()).ifPresent(at -> quarantined.put(line.service(), at));
            }
            return Optional.of(new Facts(
                    page.at(),
                    figures,
                    histories,
                    days,
                    quarantined,
                    Objects.requireNonNullElse(page.kept(), List.of())));
        } catch (NoSuchFileException never) {
            return Optional.empty();
        } catch (IOException torn) {
            LOG.debug("cannot read the last known state: {}", torn.toString());
            return Optional.empty();
        }
    }
}
