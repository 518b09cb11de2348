package org.pgsteward.journal;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A summary of a service's backups of every kind, from the journal.
 *
 * @param lastSuccess the end of the newest successful run
 * @param lastVerified the end of the newest verified backup's run; a re-verification does not make the backup newer
 * @param seconds the duration of the newest successful run
 * @param sizeBytes the bytes that the newest successful run stored
 * @param lastState the state of the newest run, successful or not
 * @param restores the time that the restore of the newest verified backup took
 * @param restorableTo the start of the newest verified backup that is still stored, since it holds the data of that
 *     moment. A backup that was verified before it was encrypted counts, since this host cannot decrypt stored backups
 */
public record BackupHistory(
        String service,
        Optional<Instant> lastSuccess,
        Optional<Instant> lastVerified,
        double seconds,
        long sizeBytes,
        String lastState,
        Optional<Duration> restores,
        Optional<Instant> restorableTo) {}
