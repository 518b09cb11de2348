package org.pgsteward.engine;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.EventActor;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The position of an event feed: the newest events, so that a replay brings no duplicates, and the time up to which the
 * feed is complete, from which a replay begins.
 */
final class FeedPosition {
    /** The number of events that are remembered: four times the 256 that the engine replays at most. */
    private static final int CAPACITY = 1024;

    private final Map<Key, Boolean> newest = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Boolean> eldest) {
            return size() > CAPACITY;
        }
    };
    private Instant complete = Instant.MAX;
    private FeedStatus status = FeedStatus.NEW;

    private record Key(Instant at, String actor, String action) {
        static Key of(Event event) {
            String actor =
                    Optional.ofNullable(event.getActor()).map(EventActor::getId).orElse("");
            return new Key(
                    timeOf(event), actor, Optional.ofNullable(event.getAction()).orElse(""));
        }
    }

    /** Returns the engine's time of an event; in whole seconds if the event has no nanoseconds. */
    static Instant timeOf(Event event) {
        return Optional.ofNullable(event.getTimeNano())
                .map(nanos -> Instant.EPOCH.plusNanos(nanos))
                .or(() -> Optional.ofNullable(event.getTime()).map(Instant::ofEpochSecond))
                .orElse(Instant.EPOCH);
    }

    synchronized boolean knows(Event event) {
        return newest.containsKey(Key.of(event));
    }

    synchronized void took(Event event) {
        newest.put(Key.of(event), true);
        status = status.heard(timeOf(event));
    }

    synchronized List<Event> missing(List<Event> happened) {
        return happened.stream().filter(event -> !knows(event)).toList();
    }

    /**
     * Returns the time from which to request events. It is never in the engine's future, where it would be after the
     * engine's clock was set back.
     */
    synchronized Instant since(Instant engineNow) {
        complete = complete.isAfter(engineNow) ? engineNow : complete;
        return complete;
    }

    synchronized Instant complete() {
        return complete;
    }

    synchronized void probed(Instant until, Instant now) {
        complete = until.isAfter(complete) ? until : complete;
        status = status.probed(now);
    }

    synchronized void connected(Instant now) {
        status = status.connected(now);
    }

    synchronized void lost(String why) {
        status = status.lost(why);
    }

    synchronized FeedStatus status() {
        return status;
    }
}
