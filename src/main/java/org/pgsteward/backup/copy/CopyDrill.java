package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.verify.Verification;
import org.pgsteward.journal.CopyRows;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches a copy from its target, restores it and compares its rows. {@link CopyDrillRule} chooses the copy. Before, it
 * finds the copies that are missing from the list of the target.
 *
 * <p>A copy is damaged only if the target answers, and lacks it or has another content. A damaged copy is copied again
 * by the next pass.
 */
public final class CopyDrill {
    private static final Logger LOG = LoggerFactory.getLogger(CopyDrill.class);

    /** The number of copies without a result after which a drill ends. */
    private static final int MOST_OPEN = 3;

    /** The number of missing copies that are confirmed one by one. After these, the list of the target is believed. */
    private static final int MOST_CONFIRMED = 20;

    /**
     * A copy that could not be read is damaged after this many drills in which another copy of the target could. A
     * connection can break in one drill.
     */
    private static final int UNREADABLE_DRILLS = 3;

    private final Store store;
    private final FetchFolder.Rooms rooms;
    private final Function<Path, Store> stores;
    private final Path scratch;
    private final Verification verification;
    private final CopyRows rows;
    private final CopiesInUse inUse;
    private final CopyAlerts alerts;
    private final Reporter reporter;
    private final Clock clock;

    /** The times of attempts without a result, and the number of drills that could not read a copy. */
    private final Map<UUID, Instant> attempted = new ConcurrentHashMap<>();

    private final Map<UUID, Integer> unreadable = new ConcurrentHashMap<>();

    /** @param stores a store in a folder, with the same keys as the store of this host */
    public CopyDrill(
            Store store,
            FetchFolder.Rooms rooms,
            Function<Path, Store> stores,
            Path scratch,
            Verification verification,
            CopyRows rows,
            CopiesInUse inUse,
            CopyAlerts alerts,
            Reporter reporter,
            Clock clock) {
        this.store = store;
        this.rooms = rooms;
        this.stores = stores;
        this.scratch = scratch;
        this.verification = verification;
        this.rows = rows;
        this.inUse = inUse;
        this.alerts = alerts;
        this.reporter = reporter;
        this.clock = clock;
    }

    /**
     * The end of a drill.
     *
     * @param checked the number of copies that were fetched and compared, damaged ones included
     * @param damaged the ids of the damaged backups
     * @param failure why a copy could not be checked; empty if each could
     */
    public record Result(int checked, List<String> damaged, Optional<String> failure) {}

    /**
     * Checks the copies of a target that were checked longest ago.
     *
     * @param count the number of copies
     * @throws SQLException if PostgreSQL does not answer
     */
    public Result run(CopyTarget target, CopyPlace place, int count) throws SQLException, InterruptedException {
        return new Running(target, place).run(count);
    }

    /** A drill under way. */
    private final class Running {
        private final CopyTarget target;
        private final CopyPlace place;
        private final List<Candidate> unread = new ArrayList<>();
        private final DrillResults results;
        private List<Candidate> order = List.of();
        private Optional<String> failure = Optional.empty();
        private boolean answers = true;
        private int checked;

        Running(CopyTarget target, CopyPlace place) {
            this.target = target;
            this.place = place;
            this.results = new DrillResults(target, store, rows, alerts, reporter);
        }

        Result run(int count) throws SQLException, InterruptedException {
            order = CopyDrillRule.order(rows.of(target.name()), attempted, clock.instant());
            begin();
            if (answers) {
                findMissing();
            }
            int open = 0;
            for (Candidate candidate : order) {
                if (!answers || checked >= count || open >= MOST_OPEN) {
                    break;
                }
                BackupCopy copy = candidate.copy().orElseThrow();
                if (!results.damaged().contains(copy.source().backupId()) && inUse.take(copy)) {
                    try {
                        boolean hasResult = check(candidate, copy);
                        checked += hasResult ? 1 : 0;
                        open += hasResult ? 0 : 1;
                    } finally {
                        inUse.release(copy);
                    }
                }
            }
            judgeUnread();
            return new Result(checked, results.damaged(), failure);
        }

        /** Notes a target that does not answer, or that lost its disk. Its copies are then not judged. */
        private void begin() throws InterruptedException {
            try {
                place.begin(order.size());
            } catch (IOException e) {
                answers = false;
                open("the target " + target.name() + " is not available: " + FirstCause.of(e));
            }
        }

        private void open(String reason) {
            failure = failure.or(() -> Optional.of(reason));
            LOG.warn("a copy at {} is not checked: {}", target.name(), reason);
        }

        /** Returns whether the check had a result. */
        private boolean check(Candidate candidate, BackupCopy copy) throws SQLException, InterruptedException {
            try {
                FetchedCopy.requireRoom(candidate.backup(), scratch, verification.promised());
                try (FetchFolder folder = rooms.make()) {
                    return check(candidate, copy, folder.path());
                }
            } catch (IOException e) {
                attempted.put(copy.eventId(), clock.instant());
                open(copy.source().backupId() + ": " + FirstCause.of(e));
                return false;
            }
        }

        private boolean check(Candidate candidate, BackupCopy copy, Path folder)
                throws IOException, SQLException, InterruptedException {
            Store into = stores.apply(folder.resolve("fetched"));
            Files.createDirectory(into.root());
            StoredBackup fetched;
            try {
                Optional<String> difference = CopyContent.manifest(place, candidate.backup(), into);
                if (difference.isPresent()) {
                    damaged(List.of(candidate), difference.get());
                    return true;
                }
                // Not encrypted again: the restore writes its plain content to the same disk.
                fetched = new CopyFetch(target.name(), place, into)
                        .file(into.stored(copy.source().path()), into, AgeKeys.NONE);
            } catch (IOException e) {
                return notFetched(candidate, folder, e);
            }
            unreadable.remove(copy.eventId());
            attempted.remove(copy.eventId());
            Backup after = verification.in(into).verify(FetchedCopy.unjudged(candidate.backup(), fetched));
            switch (after.state()) {
                case VERIFIED -> results.record(copy, copy.verified(clock.instant()));
                case FAILED -> {
                    Optional<String> damage = FetchedCopy.damage(candidate.backup(), fetched, store, after.error());
                    if (damage.isPresent()) {
                        damaged(List.of(candidate), damage.get());
                    } else {
                        results.record(copy, copy.compared(clock.instant(), after.error()));
                    }
                }
                default -> results.record(copy, copy.compared(clock.instant(), after.error()));
            }
            return true;
        }

        private boolean notFetched(Candidate candidate, Path folder, IOException because)
                throws IOException, SQLException, InterruptedException {
            Store room = stores.apply(folder.resolve("manifest"));
            Files.createDirectory(room.root());
            CopyContent.Finding found = CopyContent.of(place, candidate.backup(), room);
            switch (found.state()) {
                case DAMAGED, MISSING -> damaged(List.of(candidate), found.reason());
                case UNREADABLE -> {
                    unread.add(candidate);
                    open(candidate.backup().id() + ": " + found.reason());
                }
                case UNAVAILABLE -> {
                    answers = false;
                    attempted.put(candidate.copy().orElseThrow().eventId(), clock.instant());
                    open(found.reason());
                }
                case INTACT -> throw because;
            }
            return found.state() == CopyContent.State.DAMAGED || found.state() == CopyContent.State.MISSING;
        }

        /** Finds the copies that are missing: a list of the target is cheap, and a drill fetches only one copy. */
        private void findMissing() throws SQLException, InterruptedException {
            List<Candidate> missing = new ArrayList<>();
            try {
                Set<String> present = new HashSet<>(place.list());
                for (Candidate candidate : order) {
                    String path = candidate.backup().path().orElseThrow();
                    if (!present.contains(path) && (missing.size() >= MOST_CONFIRMED || isMissing(candidate, path))) {
                        missing.add(candidate);
                    }
                }
                damaged(missing, "the file is missing there");
            } catch (IOException e) {
                LOG.debug("{} cannot list its copies: {}", target.name(), e.getMessage());
            }
        }

        private boolean isMissing(Candidate candidate, String path) throws IOException, InterruptedException {
            BackupCopy copy = candidate.copy().orElseThrow();
            if (!inUse.take(copy)) {
                return false;
            }
            try {
                return !place.has(path);
            } finally {
                inUse.release(copy);
            }
        }

        /** Records damaged copies, unless the target lost its disk or retention removed them meanwhile. */
        private void damaged(List<Candidate> candidates, String found) throws SQLException, InterruptedException {
            if (candidates.isEmpty()) {
                return;
            }
            begin();
            if (!answers) {
                return;
            }
            results.damaged(candidates, found);
        }

        /** A copy that cannot be read again and again is damaged if the connection can fetch others. */
        private void judgeUnread() throws SQLException, InterruptedException {
            for (Candidate candidate : unread) {
                UUID id = candidate.copy().orElseThrow().eventId();
                if (checked == 0) {
                    attempted.put(id, clock.instant());
                } else if (unreadable.merge(id, 1, Integer::sum) >= UNREADABLE_DRILLS) {
                    unreadable.remove(id);
                    damaged(List.of(candidate), "it could not be read there in " + UNREADABLE_DRILLS + " drills");
                }
            }
        }
    }
}
