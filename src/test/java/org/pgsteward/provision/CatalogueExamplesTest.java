package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.io.Json;
import org.pgsteward.model.Container;

/** Each entry of the catalogue reads the example of the document that is its source. */
@Tag("fast")
class CatalogueExamplesTest {
    /** The host in the examples is that of their own compose files. */
    private static final String[] HOSTS = {
        "db",
        "postgres",
        "host",
        "localhost",
        "127.0.0.1",
        "database",
        "keycloak-postgres",
        "postgresql",
        "some-postgres-server",
        "jellystat-db",
        "roundcubedb",
        "db_recipes",
        "root_db",
        "wallabag-db",
        "penpot-postgres",
        "some-postgres",
        "dawarich_db"
    };

    private static final Container POSTGRES =
            Boxes.container("postgresql").on("internal_db", HOSTS).box();

    @TempDir
    private Path secrets;

    /**
     * The example of a document.
     *
     * @param pool the variable of the connection pool that exceeds the limit of a role
     * @param changed how the environment differs from the document
     */
    record Example(
            String application,
            String source,
            String image,
            Map<String, String> environment,
            String user,
            String password,
            String database,
            List<String> further,
            boolean caution,
            @Nullable String pool,
            @Nullable String changed) {
        @Override
        public String toString() {
            return application + ", " + source;
        }
    }

    static List<Example> examples() throws IOException {
        try (InputStream file = CatalogueExamplesTest.class.getResourceAsStream("catalogue-examples.json")) {
            return List.of(Json.mapper().readValue(file, Example[].class));
        }
    }

    private static Catalogue catalogue() throws IOException {
        return Catalogue.shipped(Json.mapper());
    }

    private Discovery discovery() throws IOException {
        return new Discovery(catalogue(), new SecretsFolder(secrets, secrets.resolve("postgres_password")));
    }

    private static Boxes box(Example example) {
        Boxes box = Boxes.container("app")
                .with(example.environment().entrySet().stream()
                        .map(variable -> variable.getKey() + "=" + variable.getValue())
                        .toArray(String[]::new));
        return example.image().isEmpty() ? box : box.image(example.image());
    }

    @ParameterizedTest
    @MethodSource("examples")
    void theExampleOfTheDocumentIsEnrolled(Example example) throws IOException {
        List<Claim> claims = discovery().claims(box(example).box(), Optional.of(POSTGRES), List.of());

        assertThat(claims).isNotEmpty();
        Claim first = claims.get(0);
        assertThat(first.user()).isEqualTo(example.user());
        assertThat(first.password().reveal()).isEqualTo(example.password());
        assertThat(first.database()).isEqualTo(example.database());
        assertThat(claims.stream().skip(1).map(Claim::database))
                .containsExactlyInAnyOrderElementsOf(
                        Optional.ofNullable(example.further()).orElse(List.of()));
        assertThat(first.caution().isPresent()).isEqualTo(example.caution());
        assertThat(first.pool().map(PoolAdvice::text).orElse(""))
                .contains(Optional.ofNullable(example.pool()).orElse(""));
        assertThat(first.pool().isPresent()).isEqualTo(example.pool() != null);
    }

    /** The image alone shows which application it is, where several have the same variables. */
    @ParameterizedTest
    @MethodSource("examples")
    void theExampleBelongsToItsOwnEntry(Example example) throws IOException {
        Boxes box = box(example);
        Catalogue catalogue = catalogue();
        String image = catalogue.applications().stream()
                .filter(entry -> entry.application().equals(example.application()))
                .flatMap(entry -> entry.images().stream())
                .sorted()
                .findFirst()
                .orElse(box.box().image());

        assertThat(DeclaredAddress.application(box.image(image).box(), catalogue, host -> true))
                .map(Application::application)
                .contains(example.application());
    }

    @Test
    void eachEntryHasItsSourceAndAnExampleFromIt() throws IOException {
        List<Example> examples = examples();

        for (Application entry : catalogue().applications()) {
            assertThat(String.valueOf(entry.source()))
                    .as(entry.application())
                    .startsWith("https://")
                    .contains(" (");
            if (entry.url() != null || entry.host() != null) {
                assertThat(examples)
                        .as(entry.application())
                        .anyMatch(example -> example.application().equals(entry.application())
                                && example.source().equals(entry.source()));
            }
        }
    }

    @Test
    void noEntryHasAPasswordThatEverybodyKnows() throws IOException {
        assertThat(catalogue().applications())
                .noneMatch(entry -> entry.defaults().containsKey(String.valueOf(entry.password())));
    }

    /** Without the variable that selects PostgreSQL, the application uses another database. */
    @ParameterizedTest
    @MethodSource("examples")
    void anExampleForAnotherKindOfDatabaseIsReported(Example example) throws IOException {
        List<Application> own = catalogue().applications().stream()
                .filter(entry -> entry.application().equals(example.application())
                        && example.source().equals(entry.source()))
                .toList();
        for (Application entry : own) {
            if (entry.when().isEmpty() || entry.images().isEmpty()) {
                continue;
            }
            String selector = entry.when().keySet().iterator().next();
            Boxes box = Boxes.container("app")
                    .image(entry.images().iterator().next())
                    .with(Stream.concat(
                                    example.environment().entrySet().stream()
                                            .filter(variable ->
                                                    !variable.getKey().equals(selector))
                                            .map(variable -> variable.getKey() + "=" + variable.getValue()),
                                    Stream.of(selector + "=sqlite-or-mysql"))
                            .toArray(String[]::new));

            Optional<Unenrolled> unenrolled = discovery().unenrolled(box.box(), Optional.of(POSTGRES), List.of());

            if (entry.url() == null || example.environment().containsKey(entry.host())) {
                assertThat(unenrolled)
                        .map(Unenrolled::reason)
                        .hasValueSatisfying(reason -> assertThat(reason)
                                .contains(
                                        selector + " is 'sqlite-or-mysql'",
                                        "does not use PostgreSQL and is not enrolled"));
            }
        }
    }
}
