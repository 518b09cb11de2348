package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.ManifestSignature;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.journal.VerifiedFiles;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the verified backup whose file a new dump of an unchanged database can share. The file is read and hashed before, so
 * no new backup refers to a damaged file.
 */
public final class Unchanged {
    private static final Logger LOG = LoggerFactory.getLogger(Unchanged.class);

    private final Store store;
    private final VerifiedFiles files;
    private final int days;
    private final Clock clock;

    /** @param days the oldest verification that a new backup can take over, in days; 0 if each dump is stored and verified */
    public Unchanged(Store store, VerifiedFiles files, int days, Clock clock) {
        this.store = store;
        this.files = files;
        this.days = days;
        this.clock = clock;
    }

    /** The result of the search. */
    public sealed interface Result {
        /** The dump needs a file of its own. */
        record None() implements Result {}

        /**
         * The dump has the content of this backup.
         *
         * @param verifiedAt the time of the verification that the new backup takes over; empty if it has to be verified itself
         * @param took how long the restore took in that verification
         */
        record Same(StoredBackup backup, Optional<Instant> verifiedAt, Duration took) implements Result {}

        /** The dump has the content of this backup, whose file has changed since it was written. */
        record Damaged(Backup backup, String error) implements Result {}
    }

    /**
     * Compares a new dump with the newest verified backup of the service. An error means that the dump gets a file of its own.
     *
     * @param made the manifest of the dump. With other caveats than the last verification had, the new backup is verified
     *     itself: another setting allows other extensions, or only a restore shows what it loses
     */
    Result find(Manifest made) {
        if (days == 0 || made.file().contentSha256().isEmpty()) {
            return new Result.None();
        }
        try {
            // A second backup within one second has the time of the next second.
            Optional<VerifiedFiles.VerifiedFile> row = files.newest(
                    made.source().service(),
                    made.source().kind(),
                    clock.instant().plus(Duration.ofMinutes(1)));
            return row.isPresent() ? compare(made, row.get()) : new Result.None();
        } catch (IOException | SQLException | RuntimeException e) {
            LOG.debug("{} gets a file of its own: {}", made.identity().backupId(), FirstCause.of(e));
            return new Result.None();
        }
    }

    private Result compare(Manifest made, VerifiedFiles.VerifiedFile row) throws IOException {
        StoredBackup stored = store.stored(row.path());
        // Without a signature, another program could let a new backup refer to a file with other content.
        if (stored.signature() != ManifestSignature.VALID
                || !stored.sha256().equals(row.sha256())
                || stored.kind() != BackupKind.DUMP
                || !UnchangedRule.isSame(made, stored.manifest())) {
            return new Result.None();
        }
        Optional<String> fault = fault(stored);
        if (fault.isPresent()) {
            return new Result.Damaged(stored.as(row.judgement()), fault.get());
        }
        return new Result.Same(
                stored,
                row.judgement()
                        .verifiedAt()
                        .filter(at -> row.judgement().caveats().equals(made.caveats()))
                        .filter(at -> !UnchangedRule.isDue(made.source().service(), at, days, clock.instant())),
                row.took());
    }

    private Optional<String> fault(StoredBackup stored) {
        Optional<String> problem =
                store.problem(stored.path(), stored.manifest().file().sizeBytes());
        if (problem.isPresent()) {
            return problem;
        }
        try {
            store.file(stored, AgeKeys.NONE).check();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(FirstCause.of(e));
        }
    }
}
