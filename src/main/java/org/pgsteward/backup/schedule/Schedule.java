package org.pgsteward.backup.schedule;

import java.time.Instant;

/** The times of a repeated action. */
@FunctionalInterface
public interface Schedule {
    /** Returns the first time after {@code moment}; {@link Instant#MAX} if there is none. */
    Instant nextAfter(Instant moment);
}
