package org.pgsteward.backup.schedule;

import java.time.Instant;

/** When something is to happen. */
@FunctionalInterface
public interface Schedule {
    /** The first time after {@code moment}. */
    Instant nextAfter(Instant moment);
}
