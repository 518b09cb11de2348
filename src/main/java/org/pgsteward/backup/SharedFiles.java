package org.pgsteward.backup;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pgsteward.alert.Reporter;
import org.pgsteward.backup.store.Removal;
import org.pgsteward.backup.store.SharedNames;
import org.pgsteward.backup.store.Store;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.VerifiedFiles;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The backups of an unchanged database, which share one file. The result of a verification of one of them counts for all of
 * them.
 */
public final class SharedFiles {
    private static final Logger LOG = LoggerFactory.getLogger(SharedFiles.class);

    private final SharedNames names;
    private final StoreView holdings;
    private final Removal removal;
    private final BackupRows rows;
    private final VerifiedFiles files;
    private final Reporter reporter;
    private final Clock clock;

    public SharedFiles(Store store, BackupRows rows, VerifiedFiles files, Reporter reporter, Clock clock) {
        this.names = new SharedNames(store);
        this.holdings = new StoreView(store);
        this.removal = new Removal(store);
        this.rows = rows;
        this.files = files;
        this.reporter = reporter;
        this.clock = clock;
    }

    /**
     * Records the result of a verification for the other backups that share the file. A file that is damaged is damaged for
     * each of them. A file that passed makes the damaged ones verified again. An altered manifest concerns only its own backup:
     * its failure is no result about the file, and a file that passed does not make it valid.
     *
     * @param judged the backup with its result, which is recorded already
     */
    void spread(Backup judged) {
        boolean isFailed = judged.state() == BackupState.FAILED;
        if ((!isFailed && judged.state() != BackupState.VERIFIED) || (isFailed && isAltered(judged))) {
            return;
        }
        for (StoredBackupStatus other : sharing(judged)) {
            Backup backup = other.backup();
            boolean isNews = isFailed
                    ? backup.state() != BackupState.FAILED
                    : backup.state() == BackupState.FAILED && !isAltered(backup);
            if (isNews) {
                reporter.record(backup.judged(judged.state(), clock.instant(), Duration.ZERO, judged.error()));
                LOG.info(
                        "{}: {} shares the file of {}, and is {} too",
                        backup.service(),
                        backup.id(),
                        judged.id(),
                        judged.state().word());
            }
        }
    }

    private boolean isAltered(Backup backup) {
        try {
            return holdings.isAltered(backup);
        } catch (IOException e) {
            // Without its manifest, nothing is known about its file.
            return true;
        }
    }

    private List<StoredBackupStatus> sharing(Backup backup) {
        try {
            Optional<Object> file = backup.path().flatMap(names::of);
            return file.isPresent()
                    ? holdings.of(backup.service(), rows.judgements(backup.service())).stream()
                            .filter(other -> !other.id().equals(backup.id()))
                            .filter(other -> names.of(other.path()).equals(file))
                            .toList()
                    : List.of();
        } catch (SQLException | IOException e) {
            LOG.warn("{}: cannot determine which backups share its file: {}", backup.id(), FirstCause.of(e));
            return List.of();
        }
    }

    /**
     * Records that a dump of an unchanged database found the file of the last verified backup changed, and raises the alert
     * about it. The next re-verification would find it too, but maybe days later.
     */
    void damaged(Backup before, String error) {
        Backup after = before.judged(BackupState.FAILED, clock.instant(), Duration.ZERO, error);
        ReverificationRule.Conclusion conclusion = ReverificationRule.conclude(
                before, after, () -> removal.isUnderWay(before.path().orElseThrow()), () -> false, clock.instant());
        if (conclusion.verdict() == ReverificationRule.Verdict.DAMAGED) {
            reporter.record(conclusion.backup());
            spread(conclusion.backup());
            withOthers(conclusion).condition().ifPresent(reporter::raise);
        }
    }

    /** Returns the conclusion about a damaged backup with sentences about the other backups of the service. */
    ReverificationRule.Conclusion withOthers(ReverificationRule.Conclusion conclusion) {
        int others = isAltered(conclusion.backup())
                ? 0
                : sharing(conclusion.backup()).size();
        return (others == 0
                        ? conclusion
                        : conclusion.with(others
                                + (others == 1
                                        ? " other backup shares its file and is damaged too"
                                        : " other backups share its file and are damaged too")))
                .with(OtherBackups.sentence(files, conclusion.backup()));
    }
}
