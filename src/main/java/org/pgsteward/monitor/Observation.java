package org.pgsteward.monitor;

import java.time.Instant;

/** The readings of one round. */
public interface Observation {
    /** Returns the time of the readings. */
    Instant at();
}
