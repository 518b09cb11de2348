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
 * @param storedBytes the bytes of all its backups in the store, as they were recorded; a shared file counts once; 0 if unknown
 */
public record BackupHistory(
        String service,
        Optional<Instant> lastSuccess,
        Optional<Instant> lastVerified,
        double seconds,
        long sizeBytes,
        String lastState,
        Optional<Duration> restores,
        Optional<Instant> restorableTo,
        long storedBytes) {
    /** Creates a summary without the size of all backups. */
    public BackupHistory(
            String service,
            Optional<Instant> lastSuccess,
            Optional<Instant> lastVerified,
            double seconds,
            long sizeBytes,
            String lastState,
            Optional<Duration> restores,
            Optional<Instant> restorableTo) {
        this(service, lastSuccess, lastVerified, seconds, sizeBytes, lastState, restores, restorableTo, 0);
    }
}
