package org.pgsteward.monitor;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The times at which PostgreSQL ended all sessions without an order, by its own clock. The figures of the alert hold
 * them, so that pgsteward continues to count after its own restart.
 *
 * @param starts of the server
 * @param recoveries after one of its processes was killed
 */
public record Restarts(SortedSet<Instant> starts, SortedSet<Instant> recoveries) {
    public static final Restarts NONE = new Restarts(new TreeSet<>(), new TreeSet<>());

    private static final Logger LOG = LoggerFactory.getLogger(Restarts.class);

    private static final String STARTS = "startTimes";
    private static final String RECOVERIES = "recoveryTimes";

    /** Limits the size of the alert of a server that restarts all the time. */
    private static final int MOST = 60;

    /** Reads the text of {@link #figures}; skips times that are not readable. */
    static Restarts of(Map<String, Object> figures) {
        return new Restarts(times(figures.get(STARTS)), times(figures.get(RECOVERIES)));
    }

    Map<String, Object> figures() {
        return Map.of(
                "starts",
                starts.size(),
                "recoveries",
                recoveries.size(),
                STARTS,
                text(starts),
                RECOVERIES,
                text(recoveries));
    }

    /** Returns the times of both for which {@code counts} is true. */
    Restarts and(Restarts others, Predicate<Instant> counts) {
        return new Restarts(both(starts, others.starts, counts), both(recoveries, others.recoveries, counts));
    }

    int count() {
        return starts.size() + recoveries.size();
    }

    private static SortedSet<Instant> both(
            Collection<Instant> ones, Collection<Instant> others, Predicate<Instant> counts) {
        return Stream.concat(ones.stream(), others.stream())
                .filter(counts)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String text(SortedSet<Instant> times) {
        return times.stream()
                .skip(Math.max(0, times.size() - MOST))
                .map(Instant::toString)
                .collect(Collectors.joining(" "));
    }

    private static SortedSet<Instant> times(@Nullable Object text) {
        SortedSet<Instant> times = new TreeSet<>();
        for (String time : String.valueOf(text).split(" ", -1)) {
            try {
                times.add(Instant.parse(time));
            } catch (DateTimeParseException unreadable) {
                LOG.debug("cannot parse a time in the stored alert: {}", time);
            }
        }
        return times;
    }
}
