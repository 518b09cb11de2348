package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.io.Json;
import org.pgsteward.model.Container;

@Tag("fast")
class UnenrolledTest {
    private static final Container SERVER = Boxes.container("postgresql").box();
    private static final String SECRET = "never-to-be-seen";

    private final Discovery discovery = discovery();

    static Stream<Arguments> applications() {
        return Stream.of(
                application("a Servarr", "XARR__POSTGRES__HOST=postgresql", "XARR__POSTGRES__PASSWORD=" + SECRET),
                application(
                        "a host with a scheme",
                        "APP_STORAGE_ADDRESS=tcp://postgresql:5432",
                        "APP_STORAGE_PASSWORD=" + SECRET),
                application(
                        "Laravel without a user", "DB_HOST=postgresql", "DB_CONNECTION=pgsql", "DB_PASSWORD=" + SECRET),
                application(
                        "generic parts without a user", "DB_HOST=postgresql", "DB_TYPE=postgres", "DB_PASS=" + SECRET),
                application("another generic part", "DATABASE_HOST=postgresql", "DATABASE_PASS=" + SECRET),
                application(
                        "an address without a database", "X_URL=pg://postgresql:5432?u=nocodb&p=" + SECRET, "X_PASS=x"),
                application(
                        "SQLAlchemy without a database",
                        "APP_URL=postgresql+psycopg2://u:" + SECRET + "@postgresql:5432"),
                application("keywords without a user", "APP_CONNECTION=host=postgresql port=5432 password=" + SECRET));
    }

    private static Arguments application(String name, String... variables) {
        return arguments(name, variables);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("applications")
    void namesTheVariableOfAnApplicationThatTheCatalogueDoesNotKnow(String name, String[] variables) {
        Unenrolled found = of(Boxes.container("app").with(variables)).orElseThrow();

        assertThat(found.application()).as(name).isTrue();
        assertThat(found.reason())
                .contains("container 'app' names PostgreSQL in " + variables[0].replaceFirst("=.*", ""))
                .hasLineCount(1)
                .doesNotContain(SECRET);
        assertThat(found.remedy())
                .contains("pgsteward.service: app", "pgsteward.password-file: app_password")
                .contains("PGSTEWARD_CATALOGUE_FILE", "pgsteward.enable: \"false\"")
                .doesNotContain(SECRET);
    }

    static Stream<Arguments> tools() {
        return Stream.of(
                tool("a proxy", Boxes.container("proxy").image("haproxy:3").with("BACKEND=postgresql:5432")),
                tool("Adminer", Boxes.container("adminer").image("adminer").with("ADMINER_DEFAULT_SERVER=postgresql")),
                tool(
                        "an exporter as the administrator",
                        Boxes.container("exporter")
                                .image("prometheuscommunity/postgres-exporter")
                                .with("DATA_SOURCE_NAME=postgresql://homelab:" + SECRET + "@postgresql:5432/postgres")),
                tool(
                        "an exporter in parts",
                        Boxes.container("exporter")
                                .image("quay.io/prometheuscommunity/postgres-exporter:v1")
                                .with(
                                        "DATA_SOURCE_URI=postgresql:5432/x?sslmode=disable",
                                        "DATA_SOURCE_PASS=" + SECRET)),
                tool(
                        "a backup with libpq's variables",
                        Boxes.container("dump").image("postgres:15").with("PGHOST=postgresql", "PGPASSWORD=" + SECRET)),
                tool(
                        "a backup image",
                        Boxes.container("dump")
                                .image("prodrigestivill/postgres-backup-local")
                                .with("POSTGRES_HOST=postgresql", "POSTGRES_EXTRA_OPTS=-Z1", "X=y")),
                tool(
                        "a list of targets",
                        Boxes.container("monitor").with("TARGETS=http://postgresql:9187/metrics,redis")));
    }

    private static Arguments tool(String name, Boxes box) {
        return arguments(name, box);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tools")
    void aToolIsMentionedForInformation(String name, Boxes box) {
        assertThat(of(box)).as(name).hasValueSatisfying(found -> {
            assertThat(found.application()).isFalse();
            assertThat(found.reason() + found.remedy()).doesNotContain(SECRET);
            assertThat(found.remedy()).contains("pgsteward.enable: \"false\"");
        });
    }

    static Stream<Arguments> halfConfigured() {
        return Stream.of(
                arguments(
                        "Vikunja without a type, so that it uses SQLite",
                        new String[] {"VIKUNJA_DATABASE_HOST=postgresql", "VIKUNJA_DATABASE_PASSWORD=" + SECRET},
                        "VIKUNJA_DATABASE_HOST, but VIKUNJA_DATABASE_TYPE is not set, so Vikunja does not use PostgreSQL",
                        "VIKUNJA_DATABASE_TYPE: postgres"),
                arguments(
                        "Vikunja with another type",
                        new String[] {"VIKUNJA_DATABASE_HOST=postgresql", "VIKUNJA_DATABASE_TYPE=sqlite"},
                        "VIKUNJA_DATABASE_TYPE is 'sqlite'",
                        "VIKUNJA_DATABASE_TYPE: postgres"),
                arguments(
                        "n8n without its type",
                        new String[] {"DB_POSTGRESDB_HOST=postgresql", "DB_POSTGRESDB_PASSWORD=" + SECRET},
                        "DB_TYPE is not set",
                        "DB_TYPE: postgresdb"),
                arguments(
                        "Vikunja without a password",
                        new String[] {"VIKUNJA_DATABASE_HOST=postgresql", "VIKUNJA_DATABASE_TYPE=postgres"},
                        "VIKUNJA_DATABASE_PASSWORD is not set",
                        "VIKUNJA_DATABASE_PASSWORD: …"),
                arguments(
                        "Mealie without its kind of database",
                        new String[] {"POSTGRES_SERVER=postgresql", "POSTGRES_PASSWORD=" + SECRET},
                        "DB_ENGINE is not set, so Mealie does not use PostgreSQL",
                        "DB_ENGINE: postgres"),
                arguments(
                        "a Sonarr without a user",
                        new String[] {"SONARR__POSTGRES__HOST=postgresql", "SONARR__POSTGRES__PASSWORD=" + SECRET},
                        "SONARR__POSTGRES__USER is not set",
                        "SONARR__POSTGRES__USER: …"),
                arguments(
                        "an address without a login",
                        new String[] {"DATABASE_URL=postgres://postgresql/miniflux"},
                        "the login in DATABASE_URL is not set",
                        "DATABASE_URL"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("halfConfigured")
    void namesTheMissingVariablesOfACatalogueApplication(String name, String[] variables, String reason, String fix) {
        Unenrolled found = of(Boxes.container("app").with(variables)).orElseThrow();
        assertThat(found.application()).as(name).isTrue();
        assertThat(found.reason()).contains(reason).hasLineCount(1).doesNotContain(SECRET);
        assertThat(found.remedy()).contains(fix);
    }

    @Test
    void saysOfApplicationsThatCannotUsePostgresqlThatTheyCannot() {
        assertThat(of(Boxes.container("blog").with("WRITEFREELY_DB_HOST=postgresql"))
                        .orElseThrow()
                        .reason())
                .contains("container 'blog' names PostgreSQL in WRITEFREELY_DB_HOST: WriteFreely keeps its data in");
        assertThat(of(Boxes.container("music").image("deluan/navidrome:latest").with("ND_DB=postgresql"))
                        .orElseThrow()
                        .reason())
                .contains("Navidrome keeps its data in SQLite");
    }

    @Test
    void saysNothingOfOthers() {
        String known = "DATABASE_URL=postgres://app:" + SECRET + "@postgresql/app";
        for (Boxes box : List.of(
                Boxes.container("app").with("DB_HOST=mariadb", "DB_PASSWORD=x"),
                Boxes.container("app").with("MOTTO=we love postgresql and more"),
                Boxes.container("app").with(known),
                Boxes.container("app").with("DB_HOST=postgresql").label("pgsteward.enable", "false"),
                Boxes.container("app").with("DB_HOST=postgresql").label("pgsteward.service", "app"),
                Boxes.container("pgsteward").with("PGSTEWARD_POSTGRES_HOST=postgresql"),
                Boxes.container("app").with("TEXT=" + "x".repeat(3_000) + "://postgresql"))) {
            assertThat(of(box)).as(box.box().environment().toString()).isEmpty();
        }
        assertThat(discovery.unenrolled(
                        Boxes.container("app").with("DB_HOST=postgresql").box(), Optional.empty(), List.of()))
                .isEmpty();
    }

    @Test
    void aFewOfManyVariablesAreNamedAndNoneAtLength() {
        List<String> variables = new ArrayList<>();
        for (int n = 0; n < 500; n++) {
            variables.add("V" + n + "_" + "x".repeat(200) + "=postgresql");
        }
        Unenrolled found = of(Boxes.container("app").with(variables.toArray(String[]::new)))
                .orElseThrow();
        assertThat(found.reason().length() + found.remedy().length()).isLessThan(1_200);
    }

    private Optional<Unenrolled> of(Boxes box) {
        return discovery.unenrolled(box.box(), Optional.of(SERVER), List.of());
    }

    private static Discovery discovery() {
        try {
            Path nowhere = Path.of("/nowhere");
            return new Discovery(
                    Catalogue.shipped(Json.mapper()), new SecretsFolder(nowhere, nowhere.resolve("postgres_password")));
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
