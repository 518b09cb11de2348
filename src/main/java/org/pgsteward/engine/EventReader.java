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

/** Reads events from an answer of the engine while it comes in, and keeps little of each: it carries all labels. */
final class EventReader {
    private static final Logger LOG = LoggerFactory.getLogger(EventReader.class);

    /** Bytes of a name or a text in an event. */
    private static final int LONGEST = 1024;

    /** An event has a dozen. */
    private static final int MOST_FIELDS = 50;

    /** Those that are read again. */
    private static final Set<String> ATTRIBUTES =
            Set.of("name", "oldName", "exitCode", "signal", "container", "image", "execDuration", "type");

    private final ObjectMapper json = DockerClientConfig.getDefaultObjectMapper();
    private final JsonParser incoming;

    EventReader(InputStream answer) throws IOException {
        incoming = json.getFactory().createParser(new BoundedJson(answer, LONGEST));
    }

    /**
     * Waits for the next event; empty at the end.
     *
     * @throws IOException when the answer breaks off
     */
    Optional<Event> next() throws IOException {
        for (JsonToken token = incoming.nextToken(); token != null; token = incoming.nextToken()) {
            if (token != JsonToken.START_OBJECT) {
                LOG.warn("left out: something that is no object among Docker's events");
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

    /** As much of an object as is read again: the actor's attributes are all the labels of its container besides. */
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
}
