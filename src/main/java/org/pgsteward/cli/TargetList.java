package org.pgsteward.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.copy.CopyPlace;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.config.Settings;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.Size;
import org.pgsteward.postgres.NoConnection;
import picocli.CommandLine.Model.CommandSpec;

/** Output of {@code backups --at}: the backups at a target, from the target itself. PostgreSQL may be unavailable. */
final class TargetList {
    /** The state of a copy while the journal does not answer, or without a row of it. */
    private static final String UNKNOWN = "not known here";

    /** PostgreSQL's code for a table that does not exist: the daemon has not run here. */
    private static final String NO_TABLE = "42P01";

    private static final String MISSING = "missing there";
    private static final int MOST_LINES = 20;

    private final TargetAccess target;
    private final Wiring wiring;
    private final PrintWriter out;
    private final PrintWriter err;
    private final List<Line> lines = new ArrayList<>();

    /** Empty if the target cannot list its files. */
    private Optional<Set<String>> files = Optional.empty();

    TargetList(TargetAccess target, Wiring wiring, CommandSpec spec) {
        this.target = target;
        this.wiring = wiring;
        this.out = spec.commandLine().getOut();
        this.err = spec.commandLine().getErr();
    }

    /**
     * A backup at the target, or one that only the journal has there.
     *
     * @param state of its copy
     */
    private record Line(
            String service,
            String kind,
            String backupId,
            Instant startedAt,
            long sizeBytes,
            String path,
            String state,
            Optional<BackupCopy> copy) {}

    /**
     * Prints the backups at a target.
     *
     * @return the exit code
     */
    static int print(String name, @Nullable String service, boolean json, CommandSpec spec) throws Exception {
        Wiring wiring = Wiring.to(AccessMode.VERIFY, Settings.from(System.getenv()));
        try (TargetAccess target = TargetAccess.open(name, wiring)) {
            new TargetList(target, wiring, spec).print(service, json);
        }
        return 0;
    }

    /** @param service whose backups are listed; null for all */
    private void print(@Nullable String service, boolean json) throws Exception {
        Inventory inventory = new TargetBackups(target, wiring, err).list();
        try {
            files = Optional.of(new HashSet<>(target.list()));
        } catch (CopyPlace.Unsupported noList) {
            err.println("pgsteward: cannot compare the files at " + target.target() + ": " + noList.getMessage());
        }
        Map<String, BackupCopy> copies = copies();
        for (StoredBackup backup : inventory.backups()) {
            lines.add(line(backup, Optional.ofNullable(copies.remove(backup.path()))));
        }
        copies.values().stream().filter(copy -> copy.state().isThere()).forEach(copy -> lines.add(missing(copy)));
        lines.removeIf(line -> service != null && !service.equals(line.service()));
        lines.sort(Comparator.comparing(Line::startedAt).reversed());
        if (json) {
            printJson();
        } else {
            printTable();
        }
        complain(inventory);
    }

    private Map<String, BackupCopy> copies() {
        Map<String, BackupCopy> copies = new HashMap<>();
        try {
            for (Candidate candidate : wiring.copies.rows().of(target.target())) {
                Backup backup = candidate.backup();
                candidate.copy().ifPresent(copy -> copies.put(backup.path().orElseThrow(), copy));
            }
        } catch (SQLException e) {
            err.println("pgsteward: "
                    + (NO_TABLE.equals(e.getSQLState())
                            ? "the journal is empty, so the states of the copies are not known here"
                            : "cannot read the states of copies from the journal: "
                                    + OneLine.of(NoConnection.words(e), 500)));
        }
        return copies;
    }

    private Line line(StoredBackup backup, Optional<BackupCopy> copy) {
        boolean isThere = files.map(all -> all.contains(backup.path())).orElse(true);
        return new Line(
                backup.manifest().source().service(),
                backup.manifest().source().kind(),
                backup.backupId(),
                backup.startedAt(),
                backup.manifest().file().sizeBytes(),
                backup.path(),
                isThere ? copy.map(row -> row.state().word()).orElse(UNKNOWN) : MISSING,
                copy);
    }

    private static Line missing(BackupCopy copy) {
        BackupCopy.Source source = copy.source();
        return new Line(
                source.service(),
                source.kind().word(),
                source.backupId(),
                source.startedAt(),
                copy.sizeBytes(),
                source.path(),
                MISSING,
                Optional.of(copy));
    }

    private void printJson() throws IOException {
        String separator = "{\"target\":" + wiring.json.writeValueAsString(target.target()) + ",\"backups\":[";
        for (Line line : lines) {
            ObjectNode one = wiring.json.createObjectNode();
            one.put("service", line.service())
                    .put("kind", line.kind())
                    .put("backup_id", line.backupId())
                    .put("started_at", line.startedAt().toString())
                    .put("size_bytes", line.sizeBytes())
                    .put("path", line.path())
                    .put("state", line.state())
                    .put("copied_at", time(line.copy().flatMap(BackupCopy::copiedAt)))
                    .put("verified_at", time(line.copy().flatMap(BackupCopy::verifiedAt)));
            out.print(separator);
            out.print(wiring.json.writeValueAsString(one));
            separator = ",";
        }
        out.println(lines.isEmpty() ? separator + "]}" : "]}");
    }

    private static @Nullable String time(Optional<Instant> at) {
        return at.map(Instant::toString).orElse(null);
    }

    private void printTable() {
        if (lines.isEmpty()) {
            out.println(
                    "There are no backups at " + target.target() + "; pgsteward copies each verified backup there.");
            return;
        }
        Colours colours = Colours.ofStandardOutput();
        TextTable table = new TextTable(colours, "SERVICE", "KIND", "BEGUN", "AGE>", "SIZE>", "COPY", "BACKUP");
        DateTimeFormatter clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ENGLISH)
                .withZone(wiring.zone);
        Instant now = wiring.clock.instant();
        for (Line line : lines) {
            table.row(
                    OneLine.of(line.service(), 60),
                    line.kind(),
                    clock.format(line.startedAt()),
                    BackupsCommand.age(line.startedAt(), now),
                    Size.words(line.sizeBytes()),
                    line.state().equals(MISSING) ? colours.critical(MISSING) : colours.plain(line.state()),
                    line.backupId());
        }
        table.print(out);
    }

    private void complain(Inventory inventory) {
        List<String> faults = inventory.unreadable().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> OneLine.of(entry.getKey(), 300) + " cannot be read: " + OneLine.of(entry.getValue(), 400))
                .toList();
        faults.stream().limit(MOST_LINES).forEach(line -> err.println("pgsteward: " + line));
        if (faults.size() > MOST_LINES) {
            err.println("pgsteward: " + (faults.size() - MOST_LINES) + " more faults");
        }
        out.flush();
        err.flush();
    }
}
