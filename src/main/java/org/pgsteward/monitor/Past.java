package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Finds the look to compare with. */
final class Past {
    private Past() {}

    /** The oldest that is no more than {@code span} before {@code now}. */
    static <L extends Look> Optional<L> within(List<L> past, Instant now, Duration span) {
        return past.stream().filter(look -> !look.at().plus(span).isBefore(now)).findFirst();
    }
}
