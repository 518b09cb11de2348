package org.pgsteward.engine;

import com.github.dockerjava.api.model.Event;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pgsteward.io.Repetition;
import org.pgsteward.io.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A feed of all container events, each delivered once, across outages of the engine and the network.
 *
 * <ol>
 *   <li>Connect, and request all events since the time up to which the feed is complete. Notify the listener to read
 *       the list of containers. Deliver the events, without duplicates.
 *   <li>If the stream ends, reconnect after 0.25 s, 0.5 s and so on up to 10 s, without limit.
 *   <li>A stream can be dead and look alive. So the feed probes it every 10 s: it compares the delivered events with
 *       the events of the same span that a separate request returns. If events are missing, or the engine does not
 *       answer, the stream is stale: close it and return to step 1.
 *   <li>If the listener is so slow that the queue of events is full, close the stream, let the listener catch up and
 *       return to step 1. No event is lost silently: the replay and the list bring the events that were not taken.
 * </ol>
 * <p>The engine remembers its last 256 events, and none after its own restart. The list in step 1 covers the rest.
 */
public final class EventFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);

    /**
     * The receiver of events. The feed calls both methods on one thread of its own, one call at a time. A call may take
     * long or throw.
     */
    public interface Listener {
        /**
         * Handles a new stream, the first or a later one. Earlier changes may be visible only in the list of
         * containers.
         */
        void connected();

        void heard(Event event);
    }

    /**
     * The span that {@link #remembered} asks for. Podman may keep events for years, but the span only has to cover a
     * restart of pgsteward.
     */
    private static final Duration REMEMBERED = Duration.ofMinutes(15);

    private final EventSource source;
    private final String host;
    private final Clock clock;
    private final FeedTimings timings;
    private final Listener listener;
    private final BoundedExecutor handOff;
    private final FeedPosition position = new FeedPosition();
    private final FeedProbe probe;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread reader = Threads.daemon("docker-events", Threads.DEFAULT_STACK, this::read);
    private @Nullable Repetition prober;
    private volatile Optional<EventStream> current = Optional.empty();

    private EventFeed(DockerEngine engine, Clock clock, FeedTimings timings, Listener listener) {
        this.source = new EventSource(engine, clock);
        this.host = engine.host();
        this.clock = clock;
        this.timings = timings;
        this.listener = listener;
        this.handOff = new BoundedExecutor(timings.waiting());
        this.probe = new FeedProbe(source, position, clock);
    }

    /** Starts a feed at once, without waiting for the engine, which may start later. */
    public static EventFeed start(DockerEngine engine, Clock clock, FeedTimings timings, Listener listener) {
        EventFeed feed = new EventFeed(engine, clock, timings, listener);
        feed.reader.start();
        feed.prober = Repetition.begin(
                "the probe of Docker's events", timings.probeEvery(), timings.probeEvery(), feed::probe);
        return feed;
    }

    /**
     * Returns the events of the last 15 minutes that the engine remembers, oldest first. Docker remembers 256 events.
     *
     * @throws EngineAway if the engine does not answer, or the answer breaks off
     */
    public static List<Event> remembered(DockerEngine engine, Clock clock) {
        EventSource source = new EventSource(engine, clock);
        try {
            Instant now = source.now();
            return source.between(now.minus(REMEMBERED), now);
        } catch (IOException e) {
            throw new EngineAway("cannot read past events from the Docker Engine: " + e.getMessage(), e);
        }
    }

    public FeedStatus status() {
        return reader.isAlive() ? position.status() : position.status().lost("no longer listening");
    }

    private void read() {
        Duration pause = timings.firstRetry();
        boolean away = false;
        String over = "";
        while (!closed()) {
            Instant begun = clock.instant();
            try (EventStream stream = connect(over)) {
                away = false;
                over = follow(stream);
                position.lost(over);
            } catch (IOException | RuntimeException e) {
                position.lost(String.valueOf(e.getMessage()));
                if (!away && !closed()) {
                    LOG.warn("cannot receive Docker events, and retries: {}", e.getMessage());
                }
                away = true;
                over = "";
            }
            current = Optional.empty();
            // A stream that lasted resets the pause. A stream that ends at once, time after time, must not cause rapid
            // reconnects.
            boolean lasted = Duration.between(begun, clock.instant()).compareTo(timings.longestRetry()) >= 0;
            pause = lasted && !away ? timings.firstRetry() : pause;
            closedWithin(pause);
            pause = timings.after(pause);
            while (handOff.isCrowded() && !closedWithin(timings.firstRetry())) {
                LOG.debug("the listener is still catching up");
            }
        }
    }

    /**
     * Opens a stream.
     *
     * @param over why the previous stream ended, if that was not logged yet
     */
    private EventStream connect(String over) throws IOException {
        EventStream stream = source.follow(position.since(source.now()));
        current = Optional.of(stream);
        if (closed()) {
            stream.drop("closed");
        }
        position.connected(clock.instant());
        LOG.info(
                "receives Docker events from {}{}{}",
                host,
                position.status().reconnects() == 0 ? "" : " again",
                over.isEmpty() ? "" : "; the previous stream ended: " + over);
        handOff.offer(listener::connected);
        return stream;
    }

    /** Delivers the events of a stream, and returns why the stream ended. */
    private String follow(EventStream stream) {
        try {
            for (Optional<Event> event = stream.next(); event.isPresent(); event = stream.next()) {
                take(event.get(), stream);
            }
            return stream.dropped().orElse("closed by the engine or a proxy");
        } catch (IOException | RuntimeException e) {
            return stream.dropped().orElse("cut (" + e.getMessage() + ")");
        }
    }

    private void take(Event event, EventStream stream) {
        if (position.knows(event) || stream.dropped().isPresent()) {
            return;
        }
        if (handOff.offer(() -> listener.heard(event))) {
            position.took(event);
        } else {
            LOG.warn(
                    "{} Docker events wait for a slow route; reading no more until it has caught up",
                    timings.waiting());
            stream.drop(timings.waiting() + " events were waiting");
        }
    }

    private void probe() {
        current.ifPresent(stream -> probe.staleness(stream).ifPresent(why -> {
            if (!closed() && stream.dropped().isEmpty()) {
                LOG.warn("the stream of Docker events is stale: {}", why);
                stream.drop("stale: " + why);
            }
        }));
    }

    private boolean closed() {
        return closing.getCount() == 0;
    }

    private boolean closedWithin(Duration pause) {
        try {
            return closing.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return closed();
        }
    }

    /**
     * Ends the stream and all threads. Events in the queue are dropped; the next feed's list of containers replaces
     * them.
     */
    @Override
    public void close() {
        closing.countDown();
        current.ifPresent(stream -> stream.drop("closed"));
        // An interrupt ends a call to an engine that does not answer.
        reader.interrupt();
        handOff.close();
        if (prober != null) {
            prober.close();
        }
        join(reader);
    }

    private static void join(Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
