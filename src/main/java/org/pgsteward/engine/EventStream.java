package org.pgsteward.engine;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One answer of the engine's in which events come in, until it ends or somebody drops it. */
final class EventStream implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

    /** Bytes of a name or a text in an event. */
    private static final int LONGEST = 1024;

    /** An event has a dozen. */
    private static final int MOST_FIELDS = 50;

    /** Those that are read again. */
    private static final Set<String> ATTRIBUTES =
            Set.of("name", "oldName", "exitCode", "signal", "container", "image", "execDuration", "type");

    private final DockerHttpClient.Response answer;
    private Optional<JsonParser> documents = Optional.empty();
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
            documents = Optional.of(json.getFactory().createParser(new BoundedJson(answer.getBody(), LONGEST)));
        }
        JsonParser incoming = documents.get();
        for (JsonToken token = incoming.nextToken(); token != null; token = incoming.nextToken()) {
            if (token != JsonToken.START_OBJECT) {
                LOG.warn("left out: something that is no object among Docker's events");
                incoming.skipChildren();
                continue;
            }
            Optional<Event> event = read(object(incoming, false));
            if (event.isPresent()) {
                return event;
            }
        }
        return Optional.empty();
    }

    /** As much of an object as is read again: the actor's attributes are all the labels of its container besides. */
    private ObjectNode object(JsonParser incoming, boolean attributes) throws IOException {
        ObjectNode object = json.createObjectNode();
        while (incoming.nextToken() == JsonToken.FIELD_NAME) {
            String name = incoming.currentName();
            JsonToken value = incoming.nextToken();
            boolean kept = object.size() < MOST_FIELDS
                    && (!attributes || ATTRIBUTES.contains(name) || ContainerReading.isOurs(name));
            if (kept && value == JsonToken.START_OBJECT) {
                object.set(name, object(incoming, name.equals("Attributes")));
            } else if (kept && value != null && value.isScalarValue()) {
                object.set(name, json.readTree(incoming));
            } else if (kept) {
                // Of a kind that no event has there: the document is left out.
                object.putArray(name);
                incoming.skipChildren();
            } else {
                incoming.skipChildren();
            }
        }
        return object;
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
