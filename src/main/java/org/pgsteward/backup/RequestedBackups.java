package org.pgsteward.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.DueTargets;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.HistoryRows;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupRow;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Refusal;

/**
 * Backups and verifications that an operator or a request file requests. They are selected by name and run like those
 * of the night. If another process or thread is making the requested backup, the request waits for that run and returns
 * its result.
 */
public final class RequestedBackups {
    /** The server's message to pg_basebackup. */
    private static final Pattern LOG_GONE = Pattern.compile("WAL (segment|file)");

    private final Targets targets;
    private final BackupRows rows;
    private final SharedFiles shared;
    private final SetKeeper sets;
    private final Store store;
    private final Verification verification;
    private final ConcurrentBackups pair;
    private final BackupRun run;
    private final OtherRun others;
    private final StoreView holdings;
    private final Clock clock;

    public RequestedBackups(
            Targets targets,
            Tables tables,
            BackupRows rows,
            SharedFiles shared,
            SetKeeper sets,
            Store store,
            Verification verification,
            Path locks,
            ConcurrentBackups pair,
            BackupRun run,
            StoreView holdings,
            Clock clock) {
        this.targets = targets;
        this.rows = rows;
        this.shared = shared;
        this.sets = sets;
        this.store = store;
        this.verification = verification;
        this.pair = pair;
        this.run = run;
        this.others = new OtherRun(tables, locks, clock);
        this.holdings = holdings;
        this.clock = clock;
    }

    /** Returns all targets of these kinds. */
    public List<BackupTarget> all(BackupKind... kinds) throws SQLException {
        List<BackupTarget> all = new ArrayList<>();
        for (BackupKind kind : kinds) {
            targets.all(kind).stream().map(Targets.Found::target).forEach(all::add);
        }
        return all;
    }

    /**
     * Returns the databases with these service names or database names, since the two may differ.
     *
     * @throws Refusal if a name is unknown
     */
    public List<BackupTarget> named(Collection<String> names) throws SQLException, Refusal {
        List<BackupTarget> known = all(BackupKind.DUMP);
        TreeSet<String> unknown = new TreeSet<>(names);
        known.forEach(target -> namesOf(target).forEach(unknown::remove));
        if (!unknown.isEmpty()) {
            throw new Refusal(
                    "there is no service or database " + String.join(", ", unknown),
                    "; there are "
                            + String.join(
                                    ", ",
                                    known.stream().map(BackupTarget::service).toList()));
        }
        return known.stream()
                .filter(target -> namesOf(target).stream().anyMatch(names::contains))
                .toList();
    }

    /**
     * Returns the newest stored backup of each of these services.
     *
     * @throws Refusal if a service has no backup
     */
    public List<StoredBackup> stored(Collection<String> names) throws IOException, Refusal {
        Inventory inventory = inventory();
        List<StoredBackup> stored = new ArrayList<>();
        for (String name : names) {
            stored.add(inventory.of(name).stream()
                    .findFirst()
                    .orElseThrow(() -> new Refusal(
                            "there is no backup of '" + name + "'",
                            " in " + store.root() + ": 'pgsteward backups' lists all backups")));
        }
        return stored;
    }

    /** Returns the newest stored backup of each service. */
    public List<StoredBackup> newestOfEach() throws IOException {
        return inventory().newestOfEach();
    }

    /** Returns an empty inventory before the first backup, when the folder does not exist yet. */
    private Inventory inventory() throws IOException {
        return Files.isDirectory(store.root()) ? Inventory.of(store) : new Inventory(List.of(), Map.of());
    }

    /**
     * Dumps and verifies these targets as one set.
     *
     * @param asked the requester
     */
    public List<Backup> backUp(String asked, List<BackupTarget> wanted) throws Exception {
        Map<String, Optional<Backup>> before = new HashMap<>();
        wanted.forEach(target -> before.put(key(target), others.newest(target)));
        List<BackupTarget> set = sets.open(asked, wanted);
        try (Verification.Series series = verification.series()) {
            Objects.requireNonNull(series);
            List<Backup> done = new ArrayList<>();
            List<BackupRun.Outcome> outcomes = pair.all(set, BackupRun.Patience.FAILS_AT_ONCE);
            for (int i = 0; i < set.size(); i++) {
                BackupTarget target = set.get(i);
                BackupRun.Outcome outcome = triedAgain(target, outcomes.get(i));
                done.add(
                        outcome.underWay()
                                ? joined(target, before.getOrDefault(key(target), Optional.empty()))
                                : outcome.backup());
            }
            return done;
        } finally {
            sets.close(set);
        }
    }

    /** Repeats a base backup during which a busy server removed WAL segments. The next attempt may succeed. */
    private BackupRun.Outcome triedAgain(BackupTarget target, BackupRun.Outcome first) {
        BackupRun.Outcome outcome = first;
        for (int tries = 1; tries < DueTargets.BASE_TRIES && isLogGone(outcome.backup()); tries++) {
            outcome = run.run(target, BackupRun.Patience.FAILS_AT_ONCE);
        }
        return outcome;
    }

    private static String key(BackupTarget target) {
        return HistoryRows.key(target.service(), target.kind().word());
    }

    private static boolean isLogGone(Backup outcome) {
        return outcome.kind() == BackupKind.BASE
                && outcome.state() == BackupState.FAILED
                && LOG_GONE.matcher(outcome.error()).find();
    }

    /**
     * Returns the result of the run that is under way. If that run ends without a result, makes a backup of its own.
     */
    private Backup joined(BackupTarget target, Optional<Backup> before) throws Exception {
        while (true) {
            Optional<Backup> result = others.await(target, before);
            if (result.isPresent()) {
                return result.get();
            }
            BackupRun.Outcome own = run.run(target, BackupRun.Patience.FAILS_AT_ONCE);
            if (!own.underWay()) {
                return own.backup();
            }
        }
    }

    /**
     * Verifies these backups again.
     *
     * @param each receives each result at once
     */
    public List<Backup> verifyAll(List<StoredBackup> stored, Consumer<Backup> each) {
        try (Verification.Series series = verification.series()) {
            Objects.requireNonNull(series);
            List<Backup> all = new ArrayList<>();
            for (StoredBackup one : stored) {
                Backup verified = verify(one);
                each.accept(verified);
                all.add(verified);
            }
            return all;
        }
    }

    /**
     * Verifies a stored backup again. A verified backup stays verified in the journal if only this host prevents its
     * verification today. If its file has changed, the alert about damage fires, which no later backup resolves. It resolves
     * once the file passes, unless another backup of the service is damaged.
     */
    public Backup verify(StoredBackup stored) {
        Backup before = known(stored);
        Backup after = run.verify(before, judged -> damage(before, judged));
        if (before.state() == BackupState.FAILED && after.state() == BackupState.VERIFIED && isLastDamaged(before)) {
            ReverificationRule.recovered(List.of(before.service()), Set.of(), clock.instant())
                    .forEach(run::raise);
        }
        if (after.state() == BackupState.VERIFIED) {
            shared.spread(after);
        }
        return after;
    }

    /** Returns whether no other backup of the service is damaged. The row of this one may still have its earlier state. */
    private boolean isLastDamaged(Backup backup) {
        try {
            return rows.damaged().getOrDefault(backup.service(), 0) <= 1
                    && rows.judgements(backup.service()).entrySet().stream()
                            .filter(row ->
                                    !row.getKey().equals(backup.identity().eventId()))
                            .noneMatch(row -> row.getValue().state() == BackupState.FAILED
                                    && row.getValue().verifiedAt().isPresent());
        } catch (SQLException e) {
            // The daily re-verification resolves the alert.
            return false;
        }
    }

    private Optional<Condition> damage(Backup before, Backup after) {
        ReverificationRule.Conclusion conclusion =
                ReverificationRule.conclude(before, after, () -> false, () -> isAsWritten(before), clock.instant());
        if (conclusion.verdict() != ReverificationRule.Verdict.DAMAGED) {
            return Optional.empty();
        }
        shared.spread(after);
        return shared.withOthers(conclusion).condition();
    }

    private boolean isAsWritten(Backup backup) {
        try {
            return holdings.isAsWritten(backup);
        } catch (IOException e) {
            return false;
        }
    }

    private Backup known(StoredBackup stored) {
        try {
            BackupRow judgement = rows.judgements(stored.manifest().source().service())
                    .get(UUID.fromString(stored.manifest().identity().eventId()));
            return judgement == null ? stored.asMade() : stored.as(judgement);
        } catch (SQLException e) {
            return stored.asMade();
        }
    }

    private static List<String> namesOf(BackupTarget target) {
        return target.kind() == BackupKind.DUMP
                ? List.of(target.service(), target.database())
                : List.of(target.service());
    }
}
