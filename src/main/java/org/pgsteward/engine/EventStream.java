package org.pgsteward.engine;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.util.Optional;

/** One answer of the engine with a stream of events, until the engine ends it or pgsteward drops it. */
final class EventStream implements AutoCloseable {
    private final DockerHttpClient.Response answer;
    private Optional<EventReader> reader = Optional.empty();
    private volatile Optional<String> dropped = Optional.empty();

    EventStream(DockerHttpClient.Response answer) {
        this.answer = answer;
    }

    /**
     * Waits for the next event; empty if the engine ended the stream.
     *
     * @throws IOException if the connection was cut or dropped
     */
    Optional<Event> next() throws IOException {
        if (reader.isEmpty()) {
            reader = Optional.of(new EventReader(answer.getBody()));
        }
        return reader.get().next();
    }

    /** Closes the stream from another thread, which ends the wait in {@link #next()}. */
    void drop(String why) {
        if (dropped.isEmpty()) {
            dropped = Optional.of(why);
        }
        answer.close();
    }

    /** Returns why pgsteward dropped the stream; empty if the engine or a proxy ended it. */
    Optional<String> dropped() {
        return dropped;
    }

    @Override
    public void close() {
        answer.close();
    }
}
