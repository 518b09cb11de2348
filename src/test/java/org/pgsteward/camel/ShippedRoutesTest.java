package org.pgsteward.camel;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgsteward.io.Json;
import org.pgsteward.monitor.ThresholdsFile;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Rules for the files in {@code routes/}, so that one search finds a name from a log. */
@Tag("fast")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ShippedRoutesTest {
    /** Endpoints that Java serves, since no edit may prevent the writing of a row. */
    private static final Set<String> JAVA_ENDPOINTS = Set.of("journal-write", "journal-insert");

    private final List<Map<?, ?>> routes = new ArrayList<>();

    @BeforeAll
    void read() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".camel.yaml"))
                    .toList()) {
                Object document = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
                for (Object entry : (Collection<?>) document) {
                    if (((Map<?, ?>) entry).get("route") instanceof Map<?, ?> route) {
                        routes.add(route);
                    }
                }
            }
        }
        assertThat(routes).hasSizeGreaterThan(15);
    }

    @Test
    void everyRouteHasAnIdAndAOneSentenceDescription() {
        for (Map<?, ?> route : routes) {
            assertThat((String) route.get("id")).matches("[a-z]+(-[a-z]+)*");
            assertThat((String) route.get("description"))
                    .as("description of %s", route.get("id"))
                    .matches("[A-Z].*\\.");
        }
        assertThat(routes.stream().map(route -> route.get("id"))).doesNotHaveDuplicates();
    }

    @Test
    void directEndpointHasTheNameOfItsRoute() {
        for (Map<?, ?> route : routes) {
            String uri = String.valueOf(((Map<?, ?>) Objects.requireNonNull(route.get("from"))).get("uri"));
            if (uri.startsWith("direct:")) {
                assertThat(uri).isEqualTo("direct:" + route.get("id"));
            }
        }
    }

    @Test
    void everyTargetHasAConsumer() {
        Set<String> endpoints = new TreeSet<>(JAVA_ENDPOINTS);
        routes.forEach(route -> endpoints.add((String) route.get("id")));
        for (Map<?, ?> route : routes) {
            Set<String> targets = new TreeSet<>();
            collectTargets(route, targets);
            assertThat(endpoints).as("endpoints of %s", route.get("id")).containsAll(targets);
        }
    }

    /** Editors such as Kaoto use this schema, which Camel publishes. */
    @Test
    void everyFileIsAsTheSchemaOfTheYamlDslWantsIt() throws IOException {
        JsonSchema schema;
        try (InputStream published = getClass().getResourceAsStream("/schema/camelYamlDsl.json")) {
            schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4).getSchema(published);
        }
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".camel.yaml"))
                    .toList()) {
                Object document = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
                assertThat(schema.validate(Json.mapper().valueToTree(document)))
                        .as("%s", file)
                        .isEmpty();
            }
        }
    }

    @Test
    void noSecretStandsInAFile() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file)).doesNotContainPattern("(?i)(password|token): *[^R\\s{}]");
            }
        }
    }

    @Test
    void monitoringPageAndReferenceHaveEveryShippedLevel() throws IOException {
        Map<String, String> shipped = new TreeMap<>();
        Map<String, String> first = new TreeMap<>();
        Matcher figure = Pattern.compile("(?m)^([a-z-]+): \\{((?:warn: |failures: |enabled: )([^,}]+)[^}]*)}")
                .matcher(Files.readString(Path.of("routes/thresholds.yaml")));
        while (figure.find()) {
            shipped.put(figure.group(1), figure.group(2));
            first.put(figure.group(1), figure.group(3));
        }
        assertThat(shipped.keySet()).isEqualTo(ThresholdsFile.keys().keySet());

        String page = Files.readString(Path.of("src/docs/monitoring.md"));
        String section = page.substring(page.indexOf("\n## Levels"), page.indexOf("\n## PostgreSQL's log"));
        first.remove("logins");
        assertThat(pairs(section, "`([a-z-]+)` \\(`([^`]+)`\\)")).isEqualTo(first);
        String reference = Files.readString(Path.of("src/docs/reference.md"));
        String levels = reference.substring(reference.indexOf("\n## Levels"), reference.indexOf("\n## Compose"));
        assertThat(pairs(levels, "(?m)^\\| `([a-z-]+)` \\| `([^`]+)` \\|")).isEqualTo(shipped);
    }

    private static Map<String, String> pairs(String text, String pattern) {
        Map<String, String> pairs = new TreeMap<>();
        Matcher pair = Pattern.compile(pattern).matcher(text);
        while (pair.find()) {
            pairs.put(pair.group(1), pair.group(2));
        }
        return pairs;
    }

    private static void collectTargets(Object node, Set<String> endpoints) {
        if (node instanceof Map<?, ?> map) {
            map.values().forEach(value -> collectTargets(value, endpoints));
        } else if (node instanceof Collection<?> list) {
            list.forEach(value -> collectTargets(value, endpoints));
        } else if (node instanceof String text && text.startsWith("direct:")) {
            endpoints.add(text.substring("direct:".length()));
        }
    }
}
