package org.pgsteward.monitor;

import java.util.Optional;
import org.pgsteward.model.Severity;

/**
 * What the samples so far have come to.
 *
 * @param severity how bad it is held to be; empty when well or not yet decided
 * @param aboveWarn samples in a row at or above the warning level
 * @param aboveCritical samples in a row at or above the critical level
 */
record MemoryTrack(Optional<Severity> severity, int aboveWarn, int aboveCritical) {
    static final MemoryTrack START = new MemoryTrack(Optional.empty(), 0, 0);
}
