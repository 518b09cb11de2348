package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.store.StoredFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
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
 *   <li>Copies are removed after all uploads, and only if none failed.
 * </ol>
 */
public final class CopyPass {
    private static final Logger LOG = LoggerFactory.getLogger(CopyPass.class);

    /** A target that refused this many files in a row is left alone until the next pass. */
    private static final int MOST_FAILURES = 3;

    /** Backups that are sent before a commit, where the target needs one. */
    private static final int BATCH = 20;

    private static final int LARGEST_DOCUMENT = 16 << 20;

    private final Store store;
    private final AgeKeys keys;
    private final CopyRows rows;
    private final ShrinkRule shrink;
    private final CopyDocuments documents;
    private final CopiesInUse inUse;
    private final Reporter reporter;
    private final ZoneId zone;
    private final Clock clock;

    public CopyPass(
            Store store,
            AgeKeys keys,
            CopyRows rows,
            ShrinkRule shrink,
            CopyDocuments documents,
            CopiesInUse inUse,
            Reporter reporter,
            ZoneId zone,
            Clock clock) {
        this.store = store;
        this.keys = keys;
        this.rows = rows;
        this.shrink = shrink;
        this.documents = documents;
        this.inUse = inUse;
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

    /** The file of a backup on this host is missing or damaged. It is no fault of the target. */
    private static final class LocalFault extends IOException {
        private static final long serialVersionUID = 1;

        LocalFault(String message) {
            super(message);
        }
    }

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
        private Optional<String> failure = Optional.empty();
        private int failuresInARow;
        private int copied;

        Running(CopyTarget target, CopyPlace place, Function<String, Optional<RetentionPolicy>> policies) {
            this.target = target;
            this.place = place;
            this.policies = target.keep().isPresent() ? service -> target.keep() : policies;
        }

        Result run() throws SQLException, InterruptedException {
            List<Candidate> candidates = rows.of(target.name());
            List<Candidate> wanted = plan().toCopy(candidates);
            candidates.stream()
                    .filter(Candidate::isThere)
                    .flatMap(candidate -> candidate.copy().stream())
                    .forEach(present::add);
            recordNew(candidates, wanted);
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
            finish();
            return new Result(copied, wanted.size() - copied, failure);
        }

        private CopyPlan plan() {
            return new CopyPlan(policies, shrink, zone, clock.instant());
        }

        private boolean isTime() {
            return target.hours().allow(clock.instant().atZone(zone));
        }

        /** Records the backups that the target lacks, and forgets those that retention removed here before their copy. */
        private void recordNew(List<Candidate> candidates, List<Candidate> wanted) {
            for (Candidate candidate : wanted) {
                if (candidate.copy().isEmpty()) {
                    reporter.record(BackupCopy.due(BackupCopy.Source.of(candidate.backup()), target.name()));
                }
            }
            for (Candidate candidate : candidates) {
                if (!candidate.isThere() && !wanted.contains(candidate) && !CopyPlan.isLost(candidate)) {
                    candidate
                            .copy()
                            .ifPresent(copy -> reporter.record(
                                    copy.in(CopyState.REMOVED, "it is not needed there any more, and was not copied")));
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
                if (uncommitted.isEmpty() || !uncommitted.contains(there)) {
                    there(there);
                }
            } catch (LocalFault e) {
                failed(copy, e);
            } catch (IOException e) {
                failuresInARow++;
                failed(copy, e);
            }
        }

        private BackupCopy send(Candidate candidate, BackupCopy copy) throws IOException, InterruptedException {
            String path = copy.source().path();
            StoredFile file = local(candidate, path);
            Outgoing dump = new Outgoing(
                    path,
                    file.file(),
                    file.manifest().file().sizeBytes(),
                    file.manifest().file().sha256(),
                    copy.source().backupId(),
                    Optional.of(file),
                    copy.isOurs(),
                    target.bytesPerSecond());
            CopyPlace.Stored stored;
            try {
                stored = place.put(dump);
            } catch (IOException e) {
                requireIntact(file);
                throw e;
            }
            // The manifest is rewritten if a verification adds caveats, so a file of this name may differ.
            CopyPlace.Stored described =
                    place.put(manifest(Store.manifestOf(path), copy.source().backupId()));
            BackupCopy there = copy.there(file.manifest().file().sizeBytes(), clock.instant());
            if (stored == CopyPlace.Stored.AFTER_COMMIT || described == CopyPlace.Stored.AFTER_COMMIT) {
                uncommitted.add(there);
            }
            return there;
        }

        /** Returns the file of a backup with its manifest, which must be the one that the journal knows. */
        private StoredFile local(Candidate candidate, String path) throws LocalFault {
            try {
                StoredBackup stored = store.stored(path);
                Optional<String> alteration = store.alteration(stored);
                if (alteration.isPresent()) {
                    throw new LocalFault(path + " is not copied: " + alteration.get());
                }
                if (!stored.manifest()
                        .file()
                        .sha256()
                        .equals(candidate.backup().file().sha256())) {
                    throw new LocalFault(path + " is not copied: its manifest differs from the journal");
                }
                return store.file(stored, keys);
            } catch (LocalFault e) {
                throw e;
            } catch (IOException e) {
                throw new LocalFault(path + " is not copied: " + FirstCause.of(e));
            }
        }

        private void requireIntact(StoredFile file) throws LocalFault {
            try {
                file.check();
            } catch (IOException damaged) {
                throw new LocalFault(file.file().getFileName() + " is not copied, because the file here is damaged: "
                        + FirstCause.of(damaged));
            }
        }

        private Outgoing manifest(String path, String backupId) throws IOException {
            return document(store.root().resolve(path), path, backupId);
        }

        private Outgoing document(Path file, String path, String backupId) throws IOException {
            byte[] bytes = BoundedFile.bytesNoLink(file, LARGEST_DOCUMENT);
            return new Outgoing(
                    path,
                    file,
                    bytes.length,
                    HexFormat.of().formatHex(Sha256.digest().digest(bytes)),
                    backupId,
                    Optional.empty(),
                    true,
                    target.bytesPerSecond());
        }

        private void commit() throws InterruptedException {
            List<BackupCopy> sent = List.copyOf(uncommitted);
            uncommitted.clear();
            try {
                place.commit();
                sent.forEach(this::there);
            } catch (IOException e) {
                failuresInARow++;
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

        /** Commits, copies the documents, and removes the copies that are no longer kept. */
        private void finish() throws SQLException, InterruptedException {
            if (!uncommitted.isEmpty()) {
                commit();
            }
            if (failuresInARow > 0 || failure.isPresent()) {
                return;
            }
            try {
                removeOld();
                if (documents.send(target, place, present, (file, path) -> document(file, path, ""))) {
                    place.commit();
                }
            } catch (IOException e) {
                failure = Optional.of(FirstCause.of(e));
                LOG.warn("cannot finish the copies to {}: {}", target.name(), FirstCause.of(e));
            }
        }

        private void removeOld() throws SQLException, InterruptedException {
            List<Candidate> candidates = rows.of(target.name());
            for (CopyPlan.Excess excess : plan().toRemove(candidates, store.pins()::reason)) {
                BackupCopy copy = excess.candidate().copy().orElseThrow();
                if (inUse.take(copy)) {
                    try {
                        remove(copy, excess.reason());
                    } finally {
                        inUse.release(copy);
                    }
                }
            }
        }

        /**
         * Removes a copy, its manifest last: if the target refuses to remove the file, the copy stays complete.
         */
        private void remove(BackupCopy copy, String reason) throws InterruptedException {
            String path = copy.source().path();
            try {
                place.remove(path);
                if (!place.has(path)) {
                    place.remove(Store.manifestOf(path));
                    reporter.record(copy.in(CopyState.REMOVED, ""));
                    LOG.info("{}: removed {} at {}: {}", copy.source().service(), path, target.name(), reason);
                } else {
                    retained(copy, "the target keeps it");
                }
            } catch (IOException e) {
                refused(copy, path, e);
            }
        }

        /** A target that answers and still has the file refuses the removal. One that does not answer is tried again. */
        private void refused(BackupCopy copy, String path, IOException because) throws InterruptedException {
            try {
                if (place.has(path)) {
                    retained(copy, "the target refuses to remove it: " + FirstCause.of(because));
                }
            } catch (IOException away) {
                LOG.warn("cannot remove {} at {}: {}", path, target.name(), FirstCause.of(away));
            }
        }

        private void retained(BackupCopy copy, String because) {
            if (copy.state() != CopyState.RETAINED) {
                // A damaged copy that the target keeps is no copy.
                reporter.record(copy.in(copy.state().isThere() ? CopyState.RETAINED : CopyState.REMOVED, because));
                LOG.info(
                        "{}: {} is retained at {}: {}",
                        copy.source().service(),
                        copy.source().path(),
                        target.name(),
                        because);
            }
        }
    }
}
