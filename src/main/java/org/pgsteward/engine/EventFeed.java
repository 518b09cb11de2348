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
import org.pgsteward.io.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears everything that the engine says about containers, each thing once, across the engine's and the network's bad
 * days.
 *
 * <ol>
 *   <li>Connect, asking for everything since the moment up to which nothing is missing; tell the listener that it should
 *       read the list; hand on what comes, unless it was handed on before.
 *   <li>When the stream ends, try again after 0.25 s, 0.5 s and so on up to 10 s, for ever.
 *   <li>A stream can be dead and look alive. So every 10 s compare what it brought with what happened. If something is
 *       missing, or nobody answers, the stream is deaf: drop it, go to 1.
 *   <li>When the listener is so slow that no more events may wait, drop the stream, let it catch up, go to 1. Nothing is
 *       thrown away in silence: the replay and the list bring what was not taken.
 * </ol>
 *
 * <p>The engine remembers its last 256 events, and none after its own restart. That is what the list in step 1 is for.
 */
public final class EventFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);

    /** Both are called on the feed's own thread, one call after the other, and may take their time or throw. */
    public interface Listener {
        /** A stream has begun, the first or another one. What happened before it may be in the list alone. */
        void connected();

        void heard(Event event);
    }

    /** Podman may keep events for years; here it is a restart of ours that is bridged. */
    private static final Duration REMEMBERED = Duration.ofMinutes(15);

    private final EventSource source;
    private final String host;
    private final Clock clock;
    private final FeedTimings timings;
    private final Listener listener;
    private final HandOff handOff;
    private final Hearing hearing = new Hearing();
    private final FeedProof proof;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread reader = Threads.daemon("docker-events", Threads.DEFAULT_STACK, this::read);
    private final Thread prover = Threads.daemon("docker-events-proof", Threads.DEFAULT_STACK, this::prove);
    private volatile Optional<EventStream> current = Optional.empty();

    private EventFeed(DockerEngine engine, Clock clock, FeedTimings timings, Listener listener) {
        this.source = new EventSource(engine, clock);
        this.host = engine.host();
        this.clock = clock;
        this.timings = timings;
        this.listener = listener;
        this.handOff = new HandOff(timings.waiting());
        this.proof = new FeedProof(source, hearing, clock);
    }

    /** Starts at once and does not wait for the engine, which may come up later. */
    public static EventFeed start(DockerEngine engine, Clock clock, FeedTimings timings, Listener listener) {
        EventFeed feed = new EventFeed(engine, clock, timings, listener);
        feed.handOff.start();
        feed.reader.start();
        feed.prover.start();
        return feed;
    }

    /**
     * What has happened just before anybody listened, as far as the engine remembers it: Docker its last 256 events, the
     * oldest first.
     *
     * @throws EngineAway when nobody answers, or not to the end
     */
    public static List<Event> remembered(DockerEngine engine, Clock clock) {
        EventSource source = new EventSource(engine, clock);
        try {
            Instant now = source.now();
            return source.between(now.minus(REMEMBERED), now);
        } catch (IOException e) {
            throw new EngineAway("the Docker Engine did not say what it remembers: " + e.getMessage(), e);
        }
    }

    public FeedStatus status() {
        return reader.isAlive() ? hearing.status() : hearing.status().lost("no longer listening");
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
                hearing.lost(over);
            } catch (IOException | RuntimeException e) {
                hearing.lost(String.valueOf(e.getMessage()));
                if (!away && !closed()) {
                    LOG.warn("hears no Docker events, and goes on trying: {}", e.getMessage());
                }
                away = true;
                over = "";
            }
            current = Optional.empty();
            // A stream that lasted was a good one; one that ends at once, time after time, must not be hammered.
            boolean lasted = Duration.between(begun, clock.instant()).compareTo(timings.longestRetry()) >= 0;
            pause = lasted && !away ? timings.firstRetry() : pause;
            closedWithin(pause);
            pause = timings.after(pause);
            while (handOff.isCrowded() && !closedWithin(timings.firstRetry())) {
                LOG.debug("the listener is still catching up");
            }
        }
    }

    /** @param over why the stream before it ended, where that is not said yet */
    private EventStream connect(String over) throws IOException {
        EventStream stream = source.follow(hearing.since(source.now()));
        current = Optional.of(stream);
        if (closed()) {
            stream.drop("closed");
        }
        hearing.connected(clock.instant());
        LOG.info(
                "hears Docker events at {}{}{}",
                host,
                hearing.status().reconnects() == 0 ? "" : " again",
                over.isEmpty() ? "" : "; the stream before it ended: " + over);
        handOff.offer(listener::connected);
        return stream;
    }

    /** Returns why it is over. */
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
        if (hearing.knows(event) || stream.dropped().isPresent()) {
            return;
        }
        if (handOff.offer(() -> listener.heard(event))) {
            hearing.took(event);
        } else {
            LOG.warn(
                    "{} Docker events wait for a slow route; taking no more until it has caught up", timings.waiting());
            stream.drop(timings.waiting() + " events were waiting");
        }
    }

    private void prove() {
        while (!closedWithin(timings.proofEvery())) {
            current.ifPresent(stream -> proof.deafness(stream).ifPresent(why -> {
                if (!closed() && stream.dropped().isEmpty()) {
                    LOG.warn("the stream of Docker events is deaf: {}", why);
                    stream.drop("deaf: " + why);
                }
            }));
        }
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

    /** Ends the stream and all threads. Events that still wait are left to the list that the next feed begins with. */
    @Override
    public void close() {
        closing.countDown();
        current.ifPresent(stream -> stream.drop("closed"));
        // An interrupt ends a call that waits for a silent engine.
        reader.interrupt();
        prover.interrupt();
        handOff.close();
        join(reader);
        join(prover);
    }

    private static void join(Thread thread) {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
