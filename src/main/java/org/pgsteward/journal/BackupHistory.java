package org.pgsteward.journal;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What the journal knows of a service's backups, whatever their kind.
 *
 * @param lastSuccess when the newest good run ended
 * @param lastVerified when the newest proved one was made: to prove an old one again makes it no newer
 * @param seconds that the newest good run took
 * @param sizeBytes of what the newest good run stored
 * @param lastState of the newest run, good or not
 * @param restores how long the newest proved one took to restore
 * @param restorableTo when the newest that is proved and still there began: what it holds is as of then. One that was
 *     proved before it was sealed counts, since nobody here can open what is stored
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
