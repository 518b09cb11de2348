package org.pgsteward.monitor;

import java.time.Instant;

/** The readings of one round. */
public interface Look {
    /** Returns the time of the readings. */
    Instant at();
}
