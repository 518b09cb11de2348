package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.model.Container;
import org.pgsteward.routing.Json;

class DiscoveryTest {
    private static final String[] VIKUNJA = {
        "VIKUNJA_DATABASE_TYPE=postgres",
        "VIKUNJA_DATABASE_HOST=postgresql",
        "VIKUNJA_DATABASE_USER=tasks_user",
        "VIKUNJA_DATABASE_PASSWORD=pw",
        "VIKUNJA_DATABASE_DATABASE=tasks"
    };

    private static final Container POSTGRES = Boxes.container("postgresql")
            .on("internal_db", "postgresql", "db")
            .label("com.docker.compose.service", "postgres-15")
            .box();

    @TempDir
    private Path secrets;

    private Discovery discovery;

    @BeforeEach
    void read() throws IOException {
        discovery = new Discovery(
                Catalogue.shipped(Json.mapper()), new SecretsFolder(secrets, secrets.resolve("postgres_password")));
    }

    static List<Arguments> applications() {
        return List.of(
                Arguments.of("vikunja", Boxes.container("a").with(VIKUNJA), "tasks", "tasks_user", "pw"),
                Arguments.of(
                        "hedgedoc by address",
                        Boxes.container("a").with("CMD_DB_URL=postgres://notes_user:p%40ss@postgresql:5432/notes"),
                        "notes",
                        "notes_user",
                        "p@ss"),
                Arguments.of(
                        "hedgedoc by parts",
                        Boxes.container("a")
                                .with(
                                        "CMD_DB_DIALECT=postgres",
                                        "CMD_DB_HOST=postgresql",
                                        "CMD_DB_USERNAME=notes_user",
                                        "CMD_DB_PASSWORD=p%40ss",
                                        "CMD_DB_DATABASE=notes"),
                        "notes",
                        "notes_user",
                        "p%40ss"),
                Arguments.of(
                        "linkding",
                        Boxes.container("a")
                                .with(
                                        "LD_DB_ENGINE=postgres",
                                        "LD_DB_HOST=postgresql",
                                        "LD_DB_USER=links_user",
                                        "LD_DB_PASSWORD=pw",
                                        "LD_DB_DATABASE=links"),
                        "links",
                        "links_user",
                        "pw"),
                Arguments.of(
                        "miniflux",
                        Boxes.container("a")
                                .with("DATABASE_URL=postgres://miniflux:secret@postgresql/feeds?sslmode=disable"),
                        "feeds",
                        "miniflux",
                        "secret"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("applications")
    void anApplicationsOwnVariablesAreEnough(
            String application, Boxes box, String database, String user, String password) {
        Claim claim = claim(box).orElseThrow();

        assertThat(claim.service()).isEqualTo("a");
        assertThat(claim.database()).isEqualTo(database);
        assertThat(claim.user()).isEqualTo(user);
        assertThat(claim.password().reveal()).isEqualTo(password);
        assertThat(claim.because()).as(application).contains("variable").doesNotContain(password);
    }

    @ParameterizedTest
    @MethodSource("hosts")
    void theServerIsKnownByItsNameItsComposeServiceItsAliasesAndWithAPort(String host) {
        assertThat(claim(Boxes.container("a").with(VIKUNJA).with("VIKUNJA_DATABASE_HOST=" + host)))
                .isPresent();
    }

    static List<String> hosts() {
        return List.of("postgresql", "postgresql:5432", "db", "postgres-15");
    }

    static List<Arguments> notOurs() {
        return List.of(
                Arguments.of(
                        "it names another server",
                        Boxes.container("a").with(VIKUNJA).with("VIKUNJA_DATABASE_HOST=db.example")),
                Arguments.of(
                        "it shares no network with the server",
                        Boxes.container("a").with(VIKUNJA).off("internal_db").on("elsewhere", "a")),
                Arguments.of(
                        "it is on no network at all",
                        Boxes.container("a").with(VIKUNJA).off("internal_db")),
                Arguments.of(
                        "linkding is on SQLite",
                        Boxes.container("a")
                                .with(
                                        "LD_DB_ENGINE=sqlite",
                                        "LD_DB_HOST=postgresql",
                                        "LD_DB_USER=u",
                                        "LD_DB_PASSWORD=p",
                                        "LD_DB_DATABASE=d")),
                Arguments.of(
                        "linkding does not say on what it is",
                        Boxes.container("a")
                                .with("LD_DB_HOST=postgresql", "LD_DB_USER=u", "LD_DB_PASSWORD=p", "LD_DB_DATABASE=d")),
                Arguments.of(
                        "the address is MySQL's", Boxes.container("a").with("DATABASE_URL=mysql://u:p@postgresql/d")),
                Arguments.of(
                        "the address has no password",
                        Boxes.container("a").with("DATABASE_URL=postgres://u@postgresql/d")),
                Arguments.of(
                        "a part is missing",
                        Boxes.container("a").with("VIKUNJA_DATABASE_HOST=postgresql", "VIKUNJA_DATABASE_USER=u")),
                Arguments.of("it says nothing", Boxes.container("a").with("PATH=/bin")),
                Arguments.of(
                        "it is switched off", Boxes.container("a").with(VIKUNJA).label("pgsteward.enable", "False")),
                Arguments.of(
                        "it is the server itself", Boxes.container("postgresql").with(VIKUNJA)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notOurs")
    void asksForNothing(String because, Boxes box) {
        assertThat(claim(box)).as(because).isEmpty();
    }

    @Test
    void withoutAServerOnThisHostVariablesNameNobodyWeKnow() {
        assertThat(discovery.claim(Boxes.container("a").with(VIKUNJA).box(), Optional.empty()))
                .isEmpty();
    }

    @Test
    void labelsChooseOtherNamesThanTheVariables() {
        Claim claim = claim(Boxes.container("a")
                        .with(VIKUNJA)
                        .label("pgsteward.service", "todo")
                        .label("pgsteward.database", "todo_db")
                        .label("pgsteward.user", "todo_user"))
                .orElseThrow();
        assertThat(claim.service()).isEqualTo("todo");
        assertThat(claim.database()).isEqualTo("todo_db");
        assertThat(claim.user()).isEqualTo("todo_user");
    }

    @Test
    void aServiceIsCalledAsComposeCallsItAndElseAsItsContainer() {
        assertThat(claim(Boxes.container("homelab-vikunja-1")
                                .label("com.docker.compose.service", "vikunja")
                                .with(VIKUNJA))
                        .orElseThrow()
                        .service())
                .isEqualTo("vikunja");
        assertThat(claim(Boxes.container("by-hand").with(VIKUNJA)).orElseThrow().service())
                .isEqualTo("by-hand");
    }

    @Test
    void aPasswordFileAloneIsEnoughAndEverythingIsCalledAsTheService() throws IOException {
        Files.writeString(secrets.resolve("wiki_password"), "from the file\n");
        Claim claim = claim(Boxes.container("wiki").label("pgsteward.password-file", "wiki_password"))
                .orElseThrow();
        assertThat(claim.database()).isEqualTo("wiki");
        assertThat(claim.user()).isEqualTo("wiki");
        assertThat(claim.password().reveal()).isEqualTo("from the file");
        assertThat(claim.toString()).doesNotContain("from the file");
    }

    @ParameterizedTest
    @MethodSource("asking")
    void whoAsksByLabelWithoutAPasswordIsToldWhatIsMissing(String label, String value) {
        assertThatThrownBy(() -> claim(Boxes.container("a").label(label, value)))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("container 'a'")
                .hasMessageContaining("pgsteward.password-file");
    }

    static List<Arguments> asking() {
        return List.of(
                Arguments.of("pgsteward.enable", "true"),
                Arguments.of("pgsteward.service", "a"),
                Arguments.of("pgsteward.database", "a"),
                Arguments.of("pgsteward.user", "a"));
    }

    @Test
    void aLabelForBackupsOrMemoryAloneAsksForNoDatabase() {
        assertThat(claim(Boxes.container("a").label("pgsteward.memory.warn", "80%")))
                .isEmpty();
    }

    private Optional<Claim> claim(Boxes box) {
        return discovery.claim(box.box(), Optional.of(POSTGRES));
    }
}
