package org.pgsteward.engine.recorded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.io.Json;

/**
 * The recording of one episode.
 *
 * @param events in order, with the times of the recording
 * @param containers inspect documents after the episode, by container name
 * @param stats one-shot stats of the running containers, by container name
 */
record Scene(List<ObjectNode> events, Map<String, JsonNode> containers, Map<String, JsonNode> stats) {
    private static final String FOLDER = "/recording/";
    private static final ObjectMapper JSON = Json.mapper();

    /**
     * Reads a recording.
     *
     * @throws FileNotFoundException if there is no such recording
     */
    static Scene read(String name) throws IOException {
        Map<String, JsonNode> containers = new LinkedHashMap<>();
        Map<String, JsonNode> stats = new LinkedHashMap<>();
        for (String path : text(name + "/contents").lines().toList()) {
            Map<String, JsonNode> documents = path.startsWith("containers/") ? containers : stats;
            String container = path.substring(path.indexOf('/') + 1, path.length() - ".json".length());
            documents.put(container, JSON.readTree(text(name + "/" + path)));
        }
        List<ObjectNode> events = new ArrayList<>();
        for (String line : text(name + "/events.jsonl").lines().toList()) {
            events.add((ObjectNode) JSON.readTree(line));
        }
        return new Scene(events, containers, stats);
    }

    /** Returns the recorded version of the engine. */
    static JsonNode version() throws IOException {
        return JSON.readTree(text("version.json"));
    }

    private static String text(String path) throws IOException {
        try (InputStream in = Optional.ofNullable(Scene.class.getResourceAsStream(FOLDER + path))
                .orElseThrow(() -> new FileNotFoundException("nothing is recorded under " + FOLDER + path))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
