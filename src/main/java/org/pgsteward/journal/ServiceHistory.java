package org.pgsteward.journal;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.pgsteward.model.BackupState;

/**
 * The history of one service, a database without a service, the globals or base backups.
 *
 * @param image the image of the service's container at its last enrolment
 * @param runs its newest runs of backups, newest first, at most {@link ServiceHistoryRows#MOST_RUNS}
 * @param sizes the size of the newest stored backup of each of the last {@link BackupDays#DAYS} days in bytes, oldest
 *     first; empty for a day without one
 * @param alerts its newest notifications, newest first, at most {@link ServiceHistoryRows#MOST_ALERTS}
 */
public record ServiceHistory(Optional<String> image, List<Run> runs, List<OptionalLong> sizes, List<AlertRow> alerts) {
    public ServiceHistory {
        runs = List.copyOf(runs);
        sizes = List.copyOf(sizes);
        alerts = List.copyOf(alerts);
    }

    /**
     * One run of a backup.
     *
     * @param kind as in {@code backup_log.backup_type}
     * @param verified whether the backup was verified at least once, even if it failed or was removed since
     * @param sizeBytes size of the stored file; zero if there was none
     * @param dumpTime duration of the dump; empty if it was not measured
     * @param verifyTime duration of the last verification; empty if it was not measured
     * @param image the image of the service's container; empty if unknown
     * @param error the reason why the backup failed or cannot be verified; empty otherwise
     */
    public record Run(
            Instant startedAt,
            String kind,
            BackupState state,
            boolean verified,
            long sizeBytes,
            Optional<Duration> dumpTime,
            Optional<Duration> verifyTime,
            String image,
            String error) {}

    /**
     * One notification of an alert.
     *
     * @param action as in {@code user_activity.action}, such as {@code alert firing: warning memory-high}
     */
    public record AlertRow(Instant at, String action) {}
}
