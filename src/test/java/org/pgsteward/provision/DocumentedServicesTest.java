package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.io.Json;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The documents' compose files, as printed. */
@Tag("fast")
class DocumentedServicesTest {
    private static final Pattern EXAMPLE =
            Pattern.compile("(?m)^( +)services:\\n(?:\\1 .*\\n|\\n)+?\\1networks:\\n(?:\\1 .*\\n)+");

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "src/docs/how-to/add-a-service.md"})
    void theServiceIsEnrolledAndCanBeReached(String file, @TempDir Path secrets) throws Exception {
        Matcher example = EXAMPLE.matcher(Files.readString(Path.of(file)));
        assertThat(example.find()).as("a compose file in " + file).isTrue();
        Map<?, ?> compose = map(new Load(LoadSettings.builder().build()).loadFromString(example.group()));
        Map<?, ?> services = map(compose.get("services"));
        assertThat(services).hasSize(1);
        services.forEach((name, service) -> assertServed(name.toString(), map(service), secrets));
        assertThat(map(map(compose.get("networks")).get("internal_db")).get("external"))
                .isEqualTo(true);
    }

    private static Map<?, ?> map(@Nullable Object node) {
        return (Map<?, ?>) Objects.requireNonNull(node);
    }

    private static void assertServed(String name, Map<?, ?> service, Path secrets) {
        Boxes box = Boxes.container(name).compose("example", name);
        map(service.get("environment")).forEach((key, value) -> box.with(key + "=" + value));
        try {
            Discovery discovery = new Discovery(
                    Catalogue.shipped(Json.mapper()), new SecretsFolder(secrets, secrets.resolve("postgres_password")));
            assertThat(discovery.claim(box.box(), Optional.of(EnrolmentHost.POSTGRES)))
                    .hasValueSatisfying(claim -> assertThat(claim.database()).isEqualTo(name));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        assertThat(service.get("networks"))
                .as("networks of a service that publishes ports")
                .isEqualTo(List.of("internal_db", "default"));
    }
}
