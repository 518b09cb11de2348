package org.pgsteward.monitor;

import java.time.Instant;

/** What one round of readings found. */
public interface Look {
    /** When it was read. */
    Instant at();
}
