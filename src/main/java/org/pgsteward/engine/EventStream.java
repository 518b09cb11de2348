package org.pgsteward.engine;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.util.Optional;

/** One answer of the engine's in which events come in, until it ends or somebody drops it. */
final class EventStream implements AutoCloseable {
    private final DockerHttpClient.Response answer;
    private Optional<EventReader> reader = Optional.empty();
    private volatile Optional<String> dropped = Optional.empty();

    EventStream(DockerHttpClient.Response answer) {
        this.answer = answer;
    }

    /**
     * Waits for the next event; empty when the engine has ended the stream.
     *
     * @throws IOException when the connection was cut or dropped
     */
    Optional<Event> next() throws IOException {
        if (reader.isEmpty()) {
            reader = Optional.of(new EventReader(answer.getBody()));
        }
        return reader.get().next();
    }

    /** Ends the wait in {@link #next()} from another thread. */
    void drop(String why) {
        if (dropped.isEmpty()) {
            dropped = Optional.of(why);
        }
        answer.close();
    }

    /** Why we dropped it ourselves; empty when the end came from the other side. */
    Optional<String> dropped() {
        return dropped;
    }

    @Override
    public void close() {
        answer.close();
    }
}
