package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.io.Json;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ServerAddress;

/**
 * Compares the whole text of cards with files. {@code recovery/NAME.json} describes a store, and {@code NAME.md} is
 * its card.
 */
@Tag("fast")
class CardTextTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:05:00Z");

    private final ObjectMapper json =
            Json.mapper().copy().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "empty",
                "one-database",
                "several-databases",
                "encrypted",
                "version-16",
                "hostile-names",
                "doubtful"
            })
    void isTheTextOfTheFile(String name) throws IOException {
        JsonNode store = json.readTree(resource(name + ".json"));
        List<StoredBackup> backups = new ArrayList<>();
        for (JsonNode backup : store.path("backups")) {
            backups.add(new StoredBackup(
                    backup.path("path").asText(),
                    json.treeToValue(backup.path("manifest"), Manifest.class),
                    ManifestSignature.valueOf(backup.path("signature").asText("UNCHECKED"))));
        }
        JsonNode server = store.path("server");

        String card = CardText.of(
                new Inventory(backups, texts(store.path("unreadable"))),
                texts(store.path("verified")),
                new ServerAddress(
                        server.path("host").asText(),
                        server.path("port").asInt(),
                        server.path("user").asText(),
                        new Secret("never-to-be-seen"),
                        server.path("database").asText()),
                NOW);

        assertThat(card).isEqualTo(resource(name + ".md"));
    }

    private Map<String, String> texts(JsonNode object) {
        return json.convertValue(object, new TypeReference<LinkedHashMap<String, String>>() {});
    }

    private static String resource(String name) throws IOException {
        try (InputStream file = CardTextTest.class.getResourceAsStream("recovery/" + name)) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
