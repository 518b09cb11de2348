package org.pgsteward.engine;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.core.DockerClientConfig;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reader of the events in an answer of the engine, while it arrives. An event carries all labels of its container, so
 * only a part of it is kept.
 */
final class EventReader {
    private static final Logger LOG = LoggerFactory.getLogger(EventReader.class);

    /** The most bytes that are kept of a name or a text in an event. */
    private static final int LONGEST = 1024;

    /** The most fields that are kept of an object. An event has about twelve. */
    private static final int MOST_FIELDS = 50;

    /** The attributes that are kept. */
    private static final Set<String> ATTRIBUTES =
            Set.of("name", "oldName", "exitCode", "signal", "container", "image", "execDuration", "type");

    private final ObjectMapper json = DockerClientConfig.getDefaultObjectMapper();
    private final JsonParser incoming;

    EventReader(InputStream answer) throws IOException {
        incoming = json.getFactory().createParser(new BoundedJson(answer, LONGEST));
    }

    /**
     * Waits for the next event; empty at the end of the answer.
     *
     * @throws IOException if the answer breaks off
     */
    Optional<Event> next() throws IOException {
        for (JsonToken token = incoming.nextToken(); token != null; token = incoming.nextToken()) {
            if (token != JsonToken.START_OBJECT) {
                LOG.warn("ignored: an entry of Docker's events that is not an object");
                incoming.skipChildren();
                continue;
            }
            Optional<Event> event = read(object(false));
            if (event.isPresent()) {
                return event;
            }
        }
        return Optional.empty();
    }

    /**
     * Reads an object. Of an actor's attributes, which include all labels of its container, only those that pgsteward
     * reads are kept.
     */
    private ObjectNode object(boolean attributes) throws IOException {
        ObjectNode object = json.createObjectNode();
        while (incoming.nextToken() == JsonToken.FIELD_NAME) {
            String name = incoming.currentName();
            JsonToken value = incoming.nextToken();
            boolean kept = object.size() < MOST_FIELDS
                    && (!attributes || ATTRIBUTES.contains(name) || ContainerReading.isOurs(name));
            if (kept && value == JsonToken.START_OBJECT) {
                object.set(name, object(name.equals("Attributes")));
            } else if (kept && value != null && value.isScalarValue()) {
                object.set(name, json.readTree(incoming));
            } else if (kept) {
                // No event has an array here. An empty array makes the conversion fail, and the document is dropped.
                object.putArray(name);
                incoming.skipChildren();
            } else {
                incoming.skipChildren();
            }
        }
        return object;
    }

    /**
     * Returns empty for a document that is no event. An exception would end the stream, and each replay would end at
     * the same document.
     */
    private Optional<Event> read(JsonNode document) {
        try {
            return Optional.of(json.treeToValue(document, Event.class));
        } catch (IOException e) {
            LOG.warn(
                    "ignored: an unreadable Docker event of {} characters",
                    document.toString().length());
            return Optional.empty();
        }
    }
}
