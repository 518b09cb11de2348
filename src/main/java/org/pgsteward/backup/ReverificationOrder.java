package org.pgsteward.backup;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.model.BackupState;

/**
 * Chooses the stored backups to verify again next. The caller passes the facts from the journal and the store; this
 * class reads neither.
 *
 * <ol>
 *   <li>A backup without a row in the journal comes first, because retention keeps it until it has one.
 *   <li>Then comes the backup with the oldest check, regardless of its result.
 *   <li>The path decides between two backups of the same age.
 *   <li>Backups that share one file count as one, with the newest check of any of them that did not fail. So a failure that
 *       was not recorded for the others hides none of them.
 * </ol>
 *
 * <p>It leaves out expired backups, backups with a check within {@link #FRESH}, and the backups of a held service.
 */
final class ReverificationOrder {
    /** A backup that was verified last night need not be verified again this morning. */
    static final Duration FRESH = Duration.ofHours(20);

    /** The greatest backup of a shared file is the one to verify. */
    private static final Comparator<StoredBackupStatus> BEST_OF_A_FILE = Comparator.comparing(
                    (StoredBackupStatus backup) -> backup.backup().state() != BackupState.FAILED)
            .thenComparing(backup -> checkedAt(backup));

    private static final Comparator<Candidate> ORDER = Comparator.comparing(Candidate::isInJournal)
            .thenComparing(candidate -> checkedAt(candidate.backup()))
            .thenComparing(candidate -> candidate.backup().path());

    private ReverificationOrder() {}

    /**
     * The backups of one service.
     *
     * @param stored the backups with a manifest in the store
     * @param inJournal the event ids of the backups with a row in the journal
     * @param sharedFile returns the identity of a backup's file; empty if no other backup shares it
     */
    record Candidates(
            List<StoredBackupStatus> stored,
            Set<UUID> inJournal,
            Function<StoredBackupStatus, Optional<Object>> sharedFile) {
        private boolean isInJournal(StoredBackupStatus backup) {
            return inJournal.contains(backup.backup().identity().eventId());
        }

        /** Returns the backups without expired ones, and one backup for each shared file. */
        private List<StoredBackupStatus> oneOfEachFile() {
            Map<Object, StoredBackupStatus> chosen = new LinkedHashMap<>();
            for (StoredBackupStatus backup : stored) {
                if (backup.backup().state() == BackupState.EXPIRED) {
                    continue;
                }
                Object file = (isInJournal(backup) ? sharedFile.apply(backup) : Optional.empty()).orElse(backup.path());
                chosen.merge(file, backup, BinaryOperator.maxBy(BEST_OF_A_FILE));
            }
            return List.copyOf(chosen.values());
        }
    }

    /** Reads the backups of one service. */
    @FunctionalInterface
    interface Reading {
        Candidates of(String service) throws SQLException, IOException;
    }

    private record Candidate(StoredBackupStatus backup, boolean isInJournal) {}

    /**
     * Returns at most {@code count} backups, in the order of their next verification.
     *
     * @param isHeld whether the daemon starts no runs of a service; the backups of such a service are not read
     * @throws SQLException from {@code reading}
     * @throws IOException from {@code reading}
     */
    static List<StoredBackupStatus> first(
            int count, List<String> services, Predicate<String> isHeld, Reading reading, Instant now)
            throws SQLException, IOException {
        List<Candidate> first = new ArrayList<>();
        for (String service : services) {
            if (isHeld.test(service)) {
                continue;
            }
            Candidates candidates = reading.of(service);
            for (StoredBackupStatus backup : candidates.oneOfEachFile()) {
                if (isDue(backup, now)) {
                    first.add(new Candidate(backup, candidates.isInJournal(backup)));
                }
            }
            // Bounds the memory: at most count backups and those of one service are held.
            first.sort(ORDER);
            first = new ArrayList<>(first.subList(0, Math.min(count, first.size())));
        }
        return first.stream().map(Candidate::backup).toList();
    }

    private static boolean isDue(StoredBackupStatus backup, Instant now) {
        return !checkedAt(backup).plus(FRESH).isAfter(now);
    }

    private static Instant checkedAt(StoredBackupStatus backup) {
        return backup.saidAt()
                .or(backup.backup().verification()::at)
                .or(backup.backup().times()::finishedAt)
                .orElse(backup.startedAt());
    }
}
