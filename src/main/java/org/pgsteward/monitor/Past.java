package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Finds the earlier readings for a comparison. */
final class Past {
    private Past() {}

    /** Returns the oldest readings that are no more than {@code span} before {@code now}. */
    static <L extends Observation> Optional<L> within(List<L> past, Instant now, Duration span) {
        return past.stream().filter(look -> !look.at().plus(span).isBefore(now)).findFirst();
    }
}
