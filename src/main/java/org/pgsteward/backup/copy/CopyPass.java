package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Store;
import org.pgsteward.journal.CopyRows;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.CopyState;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pass over one target: copies the backups that it lacks, and removes the copies that it no longer keeps.
 *
 * <ol>
 *   <li>The row becomes {@code copying} before the first byte is sent. A process that ends leaves this state, and the next
 *       pass copies the backup again. A file that is there already is only compared.
 *   <li>The file is sent first and its manifest last, each under a temporary name where the target can rename. So a manifest
 *       there belongs to a complete file.
 *   <li>The row becomes {@code there} after the content was compared at the target.
 *   <li>Copies are removed after all uploads.
 * </ol>
 */
public final class CopyPass {
    private static final Logger LOG = LoggerFactory.getLogger(CopyPass.class);

    /** A target that refused this many files in a row is left alone until the next pass. */
    private static final int MOST_FAILURES = 3;

    /** Backups that are sent before a commit, where the target needs one. */
    private static final int BATCH = 20;

    private final Store store;
    private final AgeKeys keys;
    private final CopyRows rows;
    private final ShrinkRule shrink;
    private final CopyDocuments documents;
    private final CopiesInUse inUse;
    private final FetchFolder.Rooms rooms;
    private final Function<Path, Store> stores;
    private final Reporter reporter;
    private final ZoneId zone;
    private final Clock clock;

    /**
     * @param rooms makes a folder for a manifest from a target
     * @param stores a store in a folder, with the same keys as the store of this host
     */
    public CopyPass(
            Store store,
            AgeKeys keys,
            CopyRows rows,
            ShrinkRule shrink,
            CopyDocuments documents,
            CopiesInUse inUse,
            FetchFolder.Rooms rooms,
            Function<Path, Store> stores,
            Reporter reporter,
            ZoneId zone,
            Clock clock) {
        this.store = store;
        this.keys = keys;
        this.rows = rows;
        this.shrink = shrink;
        this.documents = documents;
        this.inUse = inUse;
        this.rooms = rooms;
        this.stores = stores;
        this.reporter = reporter;
        this.zone = zone;
        this.clock = clock;
    }

    /**
     * The end of a pass.
     *
     * @param copied the number of backups that the target got
     * @param waiting the number of backups that it still lacks
     * @param failure the first failure, in one line; empty if none occurred
     */
    public record Result(int copied, int waiting, Optional<String> failure) {}

    /**
     * Runs a pass.
     *
     * @param policies the policy of the store for each service; empty to keep all
     * @throws SQLException if PostgreSQL does not answer
     */
    public Result run(CopyTarget target, CopyPlace place, Function<String, Optional<RetentionPolicy>> policies)
            throws SQLException, InterruptedException {
        return new Running(target, place, policies).run();
    }

    /** A pass under way. */
    private final class Running {
        private final CopyTarget target;
        private final CopyPlace place;
        private final Function<String, Optional<RetentionPolicy>> policies;
        private final List<BackupCopy> uncommitted = new ArrayList<>();
        private final List<BackupCopy> present = new ArrayList<>();
        private final LocalBackups local;
        private final SameContents contents = new SameContents();
        private Optional<String> failure = Optional.empty();

        /** Whether the target failed. A fault of this host does not count. */
        private boolean refused;

        private int failuresInARow;
        private int copied;

        Running(CopyTarget target, CopyPlace place, Function<String, Optional<RetentionPolicy>> policies) {
            this.target = target;
            this.place = place;
            this.local = new LocalBackups(store, keys, target.bytesPerSecond());
            this.policies = target.keep().isPresent() ? service -> target.keep() : policies;
        }

        Result run() throws SQLException, InterruptedException {
            List<Candidate> candidates = rows.of(target.name());
            List<Candidate> wanted = plan().toCopy(candidates);
            candidates.stream().filter(Candidate::isThere).forEach(there -> {
                there.copy().ifPresent(present::add);
                contents.add(there);
            });
            recordNew(wanted);
            try {
                place.begin(present.size());
            } catch (IOException e) {
                return new Result(0, wanted.size(), Optional.of(FirstCause.of(e)));
            }
            for (Candidate candidate : wanted) {
                if (failuresInARow >= MOST_FAILURES || !isTime()) {
                    break;
                }
                copy(candidate);
                if (uncommitted.size() >= BATCH) {
                    commit();
                }
            }
            finish(candidates.stream()
                    .filter(candidate -> candidate.copy().isPresent()
                            && !candidate.isThere()
                            && !wanted.contains(candidate)
                            && !CopyPlan.isLost(candidate))
                    .toList());
            return new Result(copied, wanted.size() - copied, failure);
        }

        private CopyPlan plan() {
            return new CopyPlan(policies, shrink, zone, clock.instant());
        }

        private boolean isTime() {
            return target.hours().allow(clock.instant().atZone(zone));
        }

        /** Records the backups that the target lacks. */
        private void recordNew(List<Candidate> wanted) {
            for (Candidate candidate : wanted) {
                if (candidate.copy().isEmpty()) {
                    reporter.record(BackupCopy.due(BackupCopy.Source.of(candidate.backup()), target.name()));
                }
            }
        }

        /**
         * Forgets the backups that retention removed here before their copy. The target may have some of them: after the loss of
         * a host, the restored journal is older than the copies.
         */
        private void forget(List<Candidate> unneeded) throws IOException, InterruptedException {
            FoundCopies found = new FoundCopies(place, rooms, stores);
            for (Candidate candidate : unneeded) {
                BackupCopy copy = candidate.copy().orElseThrow();
                switch (found.state(candidate.backup())) {
                    case INTACT -> {
                        BackupCopy there = copy.there(candidate.backup().file().sizeBytes(), clock.instant());
                        present.add(there);
                        reporter.record(there);
                        LOG.info(
                                "{}: found {} at {}",
                                copy.source().service(),
                                copy.source().backupId(),
                                target.name());
                    }
                    case DAMAGED, MISSING ->
                        reporter.record(
                                copy.in(CopyState.REMOVED, "it is not needed there any more, and was not copied"));
                    case UNREADABLE, UNAVAILABLE ->
                        LOG.debug("{} at {} is compared later", copy.source().path(), target.name());
                }
            }
        }

        private void copy(Candidate candidate) throws InterruptedException {
            BackupCopy copy = candidate
                    .copy()
                    .orElseGet(() -> BackupCopy.due(BackupCopy.Source.of(candidate.backup()), target.name()));
            reporter.record(copy.copying());
            try {
                BackupCopy there = send(candidate, copy);
                failuresInARow = 0;
                contents.add(candidate);
                if (uncommitted.isEmpty() || !uncommitted.contains(there)) {
                    there(there);
                }
            } catch (LocalBackups.LocalFault e) {
                failed(copy, e);
            } catch (IOException e) {
                failuresInARow++;
                refused = true;
                failed(copy, e);
            }
        }

        private BackupCopy send(Candidate candidate, BackupCopy copy) throws IOException, InterruptedException {
            Outgoing dump = local.dump(candidate, copy, contents.pathOf(candidate));
            CopyPlace.Stored stored;
            try {
                stored = place.put(dump);
            } catch (IOException e) {
                LocalBackups.requireIntact(dump);
                throw e;
            }
            CopyPlace.Stored described = place.put(local.manifest(copy.source()));
            BackupCopy there = copy.there(dump.sizeBytes(), clock.instant());
            if (stored == CopyPlace.Stored.AFTER_COMMIT || described == CopyPlace.Stored.AFTER_COMMIT) {
                uncommitted.add(there);
            }
            return there;
        }

        private void commit() throws InterruptedException {
            List<BackupCopy> sent = List.copyOf(uncommitted);
            uncommitted.clear();
            try {
                place.commit();
                sent.forEach(this::there);
            } catch (IOException e) {
                failuresInARow++;
                refused = true;
                sent.forEach(copy -> failed(copy, e));
            }
        }

        private void there(BackupCopy copy) {
            copied++;
            present.add(copy);
            reporter.record(copy);
            LOG.info(
                    "{}: copied {} to {}",
                    copy.source().service(),
                    copy.source().backupId(),
                    target.name());
        }

        private void failed(BackupCopy copy, IOException because) {
            String reason = FirstCause.of(because);
            failure = failure.or(() -> Optional.of(reason));
            reporter.record(copy.failed(reason));
            LOG.warn("cannot copy {} to {}: {}", copy.source().backupId(), target.name(), reason);
        }

        /**
         * Commits, removes the copies that are no longer kept, and copies the documents.
         *
         * <p>Copies are removed also if an upload failed: an operator who shortens the policy of a full target makes room. Only
         * complete copies count for the policy, so a backup that failed replaces none.
         */
        private void finish(List<Candidate> unneeded) throws SQLException, InterruptedException {
            if (!uncommitted.isEmpty()) {
                commit();
            }
            try {
                forget(unneeded);
                boolean needsCommit = new CopyRemoval(target, place, inUse, reporter).run(plan(), rows, store);
                if (!refused) {
                    needsCommit |= documents.send(target, place, present, local::document);
                }
                if (needsCommit) {
                    place.commit();
                }
            } catch (IOException e) {
                failure = failure.or(() -> Optional.of(FirstCause.of(e)));
                LOG.warn("cannot finish the copies to {}: {}", target.name(), FirstCause.of(e));
            }
        }
    }
}
