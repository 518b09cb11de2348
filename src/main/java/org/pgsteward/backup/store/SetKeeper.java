package org.pgsteward.backup.store;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.journal.HistoryRows;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.JournalEntry;
import org.pgsteward.postgres.Replication;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the backup sets: backups of the same time belong to one set, which also lists the missing ones. Expected are
 * every database, the globals and the newest base backup, which may be in an older set. A failure to keep a set does
 * not prevent a backup.
 */
public final class SetKeeper {
    /** The requester of a set by command. */
    public static final String COMMAND = "command";

    /** The requester of a set by schedule. */
    public static final String SCHEDULE = "schedule";

    private static final Logger LOG = LoggerFactory.getLogger(SetKeeper.class);

    private final BackupSets sets;
    private final Targets targets;
    private final Tables tables;
    private final Server server;

    public SetKeeper(BackupSets sets, Targets targets, Tables tables, Server server) {
        this.sets = sets;
        this.targets = targets;
        this.tables = tables;
        this.server = server;
    }

    /**
     * Begins a set, or continues the schedule's set of this night if it lacks these targets.
     *
     * @return the targets as members of the set; unchanged if it cannot be kept
     */
    public List<BackupTarget> open(String asked, List<BackupTarget> toMake) {
        try {
            Optional<BackupSet> night = asked.equals(SCHEDULE) ? sets.goOn(asked, toMake) : Optional.empty();
            BackupSet set = night.isPresent() ? night.get() : begin(asked, toMake);
            return toMake.stream().map(target -> target.inSet(set.id())).toList();
        } catch (IOException | SQLException e) {
            LOG.warn("cannot write a backup set: {}", e.getMessage());
            return toMake;
        }
    }

    private BackupSet begin(String asked, List<BackupTarget> toMake) throws IOException, SQLException {
        Map<String, HistoryRows.Newest> newest = tables.history().newest();
        List<BackupSet.Missing> others = new ArrayList<>();
        List<BackupTarget> expected = expected();
        for (BackupTarget target : expected) {
            if (toMake.stream().noneMatch(made -> isSame(made, target))) {
                others.add(new BackupSet.Missing(
                        target.service(),
                        target.database(),
                        target.kind().word(),
                        (asked.equals(SCHEDULE) ? BackupSet.NOT_DUE : BackupSet.NOT_ASKED) + "; "
                                + newestOf(newest, target)));
            }
        }
        boolean isPart = !asked.equals(SCHEDULE) && !others.isEmpty();
        for (Targets.Found unreadable : targets.unreadable()) {
            BackupTarget target = unreadable.target();
            others.add(new BackupSet.Missing(
                    target.service(),
                    target.database(),
                    target.kind().word(),
                    unreadable.hindrance() + "; " + newestOf(newest, target)));
        }
        Optional<HistoryRows.Newest> base = Optional.ofNullable(newest.get(key(Targets.BASE, BackupKind.BASE)));
        boolean isMade = toMake.stream().anyMatch(target -> target.kind() == BackupKind.BASE);
        if (!isMade && base.flatMap(HistoryRows.Newest::good).isEmpty()) {
            String why = whyNoBase(base);
            others.add(new BackupSet.Missing(
                    Targets.BASE,
                    server.address().database(),
                    BackupKind.BASE.word(),
                    isPart ? BackupSet.NOT_ASKED + "; " + why : why));
        }
        return sets.open(
                asked,
                toMake,
                others,
                base.flatMap(HistoryRows.Newest::good)
                        .map(good -> new BackupSet.Newest(good.backupId(), good.state(), good.startedAt()))
                        .orElse(null));
    }

    private String whyNoBase(Optional<HistoryRows.Newest> base) throws SQLException {
        Optional<String> hindrance = Replication.hindrance(server);
        if (hindrance.isPresent()) {
            return "no base backup can be made: " + hindrance.get();
        }
        return base.map(tried -> "the last attempt failed: " + tried.error())
                .orElse("there was no base backup at that time; to make one: pgsteward backup --kind base");
    }

    private static String newestOf(Map<String, HistoryRows.Newest> newest, BackupTarget target) {
        return Optional.ofNullable(newest.get(key(target.service(), target.kind())))
                .flatMap(HistoryRows.Newest::good)
                .map(good -> "its newest backup is " + good.backupId() + ", " + good.state())
                .orElse("it has no backup");
    }

    private List<BackupTarget> expected() throws SQLException {
        return Stream.concat(targets.all(BackupKind.DUMP).stream(), targets.all(BackupKind.GLOBALS).stream())
                .map(Targets.Found::target)
                .toList();
    }

    private static boolean isSame(BackupTarget one, BackupTarget other) {
        return key(one.service(), one.kind()).equals(key(other.service(), other.kind()));
    }

    private static String key(String service, BackupKind kind) {
        return HistoryRows.key(service, kind.word());
    }

    /** Records the new state of a backup in its set. */
    public void note(JournalEntry entry) {
        if (entry instanceof Backup backup) {
            try {
                sets.note(backup);
            } catch (IOException e) {
                LOG.warn("cannot write the set of {}: {}", backup.id(), e.getMessage());
            }
        }
    }

    /** Closes the set of these targets, whether they were made or not. */
    public void close(List<BackupTarget> made) {
        Optional<String> id = made.stream()
                .map(BackupTarget::setId)
                .filter(set -> !set.isEmpty())
                .findFirst();
        if (id.isEmpty()) {
            return;
        }
        List<BackupTarget> there = List.of();
        try {
            there = expected();
        } catch (SQLException e) {
            LOG.warn("set {}: cannot determine whether there is a new database: {}", id.get(), e.getMessage());
        }
        try {
            sets.close(id.get(), there);
        } catch (IOException e) {
            LOG.warn("cannot close set {}: {}", id.get(), e.getMessage());
        }
        tidy();
    }

    /** Closes the sets of ended processes, and updates all sets after removals by retention. */
    public void tidy() {
        try {
            sets.tidy();
        } catch (IOException e) {
            LOG.warn("cannot clean up the backup sets: {}", e.getMessage());
        }
    }
}
