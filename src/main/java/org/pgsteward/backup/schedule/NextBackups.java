package org.pgsteward.backup.schedule;

import java.time.Instant;
import java.util.Optional;

/**
 * The next scheduled backups. A backup that was missed or failed is due earlier.
 *
 * @param usual the next time of the usual schedule; empty if there is none
 * @param earlier the first backup before that time, by a schedule of its own; empty if there is none
 */
public record NextBackups(Optional<Instant> usual, Optional<OfService> earlier) {
    public static final NextBackups NONE = new NextBackups(Optional.empty(), Optional.empty());

    /**
     * The next backup by a schedule of its own.
     *
     * @param service a service, or {@link Targets#BASE}
     */
    public record OfService(String service, Instant at) {}
}
