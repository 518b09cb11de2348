package org.pgsteward.engine;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reader of the engine's list of containers. The list holds every label of every container, in any number and length,
 * so only the fields of {@link Entry} are kept.
 */
final class ContainerList {
    /** The most containers that are read. A host of the intended size has a tenth of them. */
    static final int MOST = 1000;

    /** The most addresses that are kept of a container. */
    private static final int MOST_ADDRESSES = 50;

    /** The most bytes that are kept of a name or a text. */
    private static final int LONGEST = 1024;

    /** States of a container that never ran. The second is Podman's. */
    private static final Set<String> NEVER_STARTED = Set.of("created", "configured");

    private static final JsonFactory JSON = new JsonFactory();

    private ContainerList() {}

    /**
     * One container of the list.
     *
     * @param name without the leading slash
     * @param started false if the container was created and never started
     * @param created seconds since 1970
     * @param status the state in Docker's words, such as {@code Up 2 hours (healthy)}
     * @param addresses its addresses on its networks
     * @param networks the names of its networks
     */
    record Entry(
            String id,
            String name,
            boolean started,
            long created,
            String status,
            List<String> addresses,
            List<String> networks) {}

    /** Reads the first {@link #MOST} containers of the list. */
    static List<Entry> of(InputStream document) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (JsonParser json = JSON.createParser(new BoundedJson(document, LONGEST))) {
            if (json.nextToken() != JsonToken.START_ARRAY) {
                throw new IOException("the list of containers is not a JSON array");
            }
            while (json.nextToken() == JsonToken.START_OBJECT && entries.size() < MOST) {
                entries.add(entry(json));
            }
        }
        return entries;
    }

    private static Entry entry(JsonParser json) throws IOException {
        String id = "";
        String name = "";
        boolean started = true;
        long created = 0;
        String status = "";
        List<String> addresses = new ArrayList<>();
        List<String> networks = new ArrayList<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            JsonToken value = json.nextToken();
            if (field.equals("Id")) {
                id = json.getValueAsString("");
            } else if (field.equals("Created")) {
                created = json.getValueAsLong();
            } else if (field.equals("State")) {
                started = !NEVER_STARTED.contains(json.getValueAsString(""));
                json.skipChildren();
            } else if (field.equals("Status")) {
                status = json.getValueAsString("");
                json.skipChildren();
            } else if (field.equals("Names") && value == JsonToken.START_ARRAY) {
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    name = name.isEmpty() ? json.getValueAsString("").replaceFirst("^/", "") : name;
                    json.skipChildren();
                }
            } else if (field.equals("NetworkSettings") && value == JsonToken.START_OBJECT) {
                addresses(json, addresses, networks);
            } else {
                json.skipChildren();
            }
        }
        return new Entry(id, name, started, created, status, List.copyOf(addresses), List.copyOf(networks));
    }

    /** Collects the addresses at any depth, and the names of the networks, which are keys and may be any text. */
    private static void addresses(JsonParser json, List<String> addresses, List<String> networks) throws IOException {
        int depth = 1;
        while (depth > 0) {
            JsonToken token = json.nextToken();
            if (token == null) {
                throw new IOException("the list of containers is incomplete");
            } else if (token == JsonToken.FIELD_NAME && depth == 2 && networks.size() < MOST_ADDRESSES) {
                networks.add(json.currentName());
            } else if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
            } else if (token == JsonToken.VALUE_STRING
                    && ("IPAddress".equals(json.currentName()) || "GlobalIPv6Address".equals(json.currentName()))
                    && !json.getText().isEmpty()
                    && addresses.size() < MOST_ADDRESSES) {
                addresses.add(json.getText());
            }
        }
    }
}
