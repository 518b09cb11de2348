package org.pgsteward.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One answer of the engine's in which events come in, until it ends or somebody drops it. */
final class EventStream implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

    private final DockerHttpClient.Response answer;
    private Optional<MappingIterator<JsonNode>> documents = Optional.empty();
    private final ObjectMapper json = DockerClientConfig.getDefaultObjectMapper();
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
        if (documents.isEmpty()) {
            // Not before somebody waits: Jackson looks at the first bytes at once, and on a quiet host none come.
            documents = Optional.of(json.readerFor(JsonNode.class).readValues(answer.getBody()));
        }
        MappingIterator<JsonNode> incoming = documents.get();
        while (incoming.hasNextValue()) {
            Optional<Event> event = read(incoming.nextValue());
            if (event.isPresent()) {
                return event;
            }
        }
        return Optional.empty();
    }

    /** Empty for a document that is no event: it must not end the stream, or each replay of it would end there. */
    private Optional<Event> read(JsonNode document) {
        try {
            return Optional.of(json.treeToValue(document, Event.class));
        } catch (IOException e) {
            LOG.warn(
                    "left out: something of {} characters among Docker's events",
                    document.toString().length());
            return Optional.empty();
        }
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
