package org.pgsteward.engine;

import com.github.dockerjava.api.model.Event;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Probe of a stream that looks alive. It requests the events of the last seconds as a closed span, and compares them
 * with the delivered events. A stream without events is not stale if the span has none either.
 */
final class FeedProbe {
    /** The age below which an event may still be on its way. A younger event that is missing proves no gap. */
    private static final Duration UNDER_WAY = Duration.ofSeconds(1);

    private static final Duration CLOCK_WENT_BACK = Duration.ofSeconds(5);

    private final EventSource source;
    private final FeedPosition position;
    private final Clock clock;

    FeedProbe(EventSource source, FeedPosition position, Clock clock) {
        this.source = source;
        this.position = position;
        this.clock = clock;
    }

    /** Returns why the stream is stale; empty if it delivered every event. */
    Optional<String> staleness(EventStream stream) {
        try {
            Instant now = source.now();
            Instant until = now.minus(UNDER_WAY);
            Instant since = position.complete();
            if (since.isAfter(now.plus(CLOCK_WENT_BACK))) {
                return Optional.of("its clock went back from " + since + " to " + now);
            }
            List<Event> missing = until.isAfter(since) ? position.missing(source.between(since, until)) : List.of();
            if (!missing.isEmpty()) {
                return Optional.of("it missed " + missing.size() + " events, the first of them '"
                        + missing.get(0).getAction() + "' at " + FeedPosition.timeOf(missing.get(0)));
            }
            if (stream.dropped().isEmpty()) {
                position.probed(until, clock.instant());
            }
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
