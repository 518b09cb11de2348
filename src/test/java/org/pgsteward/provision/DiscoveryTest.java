package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.io.Json;
import org.pgsteward.model.Container;

@Tag("fast")
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
                        "secret"),
                app("hedgedoc 2", "HD_DATABASE_TYPE=postgres", "HD_DATABASE_", "HOST", "USERNAME", "PASSWORD", "NAME"),
                app("n8n", "DB_TYPE=postgresdb", "DB_POSTGRESDB_", "HOST", "USER", "PASSWORD", "DATABASE"),
                app("paperless", "PAPERLESS_DBENGINE=postgresql", "PAPERLESS_DB", "HOST", "USER", "PASS", "NAME"),
                app("paperless, older", "PATH=/bin", "PAPERLESS_DB", "HOST", "USER", "PASS", "NAME"),
                app(
                        "gitea",
                        "GITEA__database__DB_TYPE=postgres",
                        "GITEA__database__",
                        "HOST",
                        "USER",
                        "PASSWD",
                        "NAME"),
                app(
                        "forgejo",
                        "FORGEJO__database__DB_TYPE=postgres",
                        "FORGEJO__database__",
                        "HOST",
                        "USER",
                        "PASSWD",
                        "NAME"),
                app("authentik", "PATH=/bin", "AUTHENTIK_POSTGRESQL__", "HOST", "USER", "PASSWORD", "NAME"),
                app("nextcloud", "PATH=/bin", "POSTGRES_", "HOST", "USER", "PASSWORD", "DB"),
                app("grafana", "GF_DATABASE_TYPE=postgres", "GF_DATABASE_", "HOST", "USER", "PASSWORD", "NAME"),
                app("immich", "PATH=/bin", "DB_", "HOSTNAME", "USERNAME", "PASSWORD", "DATABASE_NAME"),
                app(
                        "keycloak, separate variables",
                        "KC_DB=postgres",
                        "KC_DB_",
                        "URL_HOST",
                        "USERNAME",
                        "PASSWORD",
                        "URL_DATABASE"),
                Arguments.of(
                        "keycloak, address and login",
                        Boxes.container("a")
                                .with(
                                        "KC_DB=postgres",
                                        "KC_DB_URL=jdbc:postgresql://postgresql:5432/sso?ssl=false",
                                        "KC_DB_USERNAME=sso_user",
                                        "KC_DB_PASSWORD=pw"),
                        "sso",
                        "sso_user",
                        "pw"),
                Arguments.of(
                        "grafana, address",
                        Boxes.container("a").with("GF_DATABASE_URL=postgres://gf:pw@postgresql:5432/dashboards"),
                        "dashboards",
                        "gf",
                        "pw"),
                Arguments.of(
                        "linkding, default names",
                        Boxes.container("a")
                                .with("LD_DB_ENGINE=postgres", "LD_DB_HOST=postgresql", "LD_DB_PASSWORD=pw"),
                        "linkding",
                        "linkding",
                        "pw"),
                Arguments.of(
                        "unknown application, JDBC address",
                        Boxes.container("a")
                                .with("SPRING=jdbc:postgresql://postgresql:5432/app?user=app_user&password=pw"),
                        "app",
                        "app_user",
                        "pw"),
                Arguments.of(
                        "unknown application, the same address twice",
                        Boxes.container("a")
                                .with(
                                        "Z_URL=postgres://app_user:pw@postgresql/app",
                                        "A_URL=postgresql://app_user:pw@db/app"),
                        "app",
                        "app_user",
                        "pw"),
                Arguments.of(
                        "unknown application, another address of another server",
                        Boxes.container("a")
                                .with(
                                        "A_URL=postgres://x:y@elsewhere/x",
                                        "B_URL=postgres://app_user:pw@postgresql/app"),
                        "app",
                        "app_user",
                        "pw"));
    }

    private static Arguments app(
            String application,
            String kind,
            String prefix,
            String host,
            String user,
            String password,
            String database) {
        Boxes box = Boxes.container("a")
                .with(
                        kind,
                        prefix + host + "=postgresql:5432",
                        prefix + user + "=u",
                        prefix + password + "=secret",
                        prefix + database + "=d");
        return Arguments.of(application, box, "d", "u", "secret");
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
    void serverIsKnownByNameServiceAliasAndPort(String host) {
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
                        "it is on no network",
                        Boxes.container("a").with(VIKUNJA).off("internal_db")),
                Arguments.of(
                        "linkding uses SQLite",
                        Boxes.container("a")
                                .with(
                                        "LD_DB_ENGINE=sqlite",
                                        "LD_DB_HOST=postgresql",
                                        "LD_DB_USER=u",
                                        "LD_DB_PASSWORD=p",
                                        "LD_DB_DATABASE=d")),
                Arguments.of(
                        "linkding names no database engine",
                        Boxes.container("a")
                                .with("LD_DB_HOST=postgresql", "LD_DB_USER=u", "LD_DB_PASSWORD=p", "LD_DB_DATABASE=d")),
                Arguments.of(
                        "the address is of a MySQL server",
                        Boxes.container("a").with("DATABASE_URL=mysql://u:p@postgresql/d")),
                Arguments.of(
                        "the address has no password",
                        Boxes.container("a").with("DATABASE_URL=postgres://u@postgresql/d")),
                Arguments.of(
                        "a part is missing",
                        Boxes.container("a").with("VIKUNJA_DATABASE_HOST=postgresql", "VIKUNJA_DATABASE_USER=u")),
                Arguments.of(
                        "vikunja uses MySQL", Boxes.container("a").with(VIKUNJA).with("VIKUNJA_DATABASE_TYPE=mysql")),
                Arguments.of(
                        "it is another PostgreSQL server",
                        Boxes.container("a").with("POSTGRES_USER=u", "POSTGRES_PASSWORD=p", "POSTGRES_DB=d")),
                Arguments.of(
                        "it is a tool with PostgreSQL's image",
                        Boxes.container("a")
                                .with(
                                        "PGDATA=/data",
                                        "POSTGRES_HOST=postgresql",
                                        "POSTGRES_USER=u",
                                        "POSTGRES_PASSWORD=p",
                                        "POSTGRES_DB=d")),
                Arguments.of(
                        "keycloak's address names another server, its host names this server",
                        Boxes.container("a")
                                .with(
                                        "KC_DB=postgres",
                                        "KC_DB_URL=jdbc:postgresql://elsewhere/sso",
                                        "KC_DB_URL_HOST=postgresql",
                                        "KC_DB_USERNAME=u",
                                        "KC_DB_PASSWORD=p")),
                Arguments.of(
                        "its only network is none",
                        Boxes.container("a").with(VIKUNJA).off("internal_db").on("none")),
                Arguments.of(
                        "it has no database variables", Boxes.container("a").with("PATH=/bin")),
                Arguments.of(
                        "the label disables it",
                        Boxes.container("a").with(VIKUNJA).label("pgsteward.enable", "False")),
                Arguments.of(
                        "it is the server itself", Boxes.container("postgresql").with(VIKUNJA)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("notOurs")
    void asksForNothing(String because, Boxes box) {
        assertThat(claim(box)).as(because).isEmpty();
    }

    @Test
    void withoutALocalServerVariablesMakeNoClaim() {
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
    void labelClaimWithoutAPasswordNamesTheMissingLine(String label, String value) {
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
                Arguments.of("pgsteward.user", "a"),
                Arguments.of("pgsteward.extensions", "pg_trgm"));
    }

    @Test
    void aLabelForBackupsOrMemoryAloneAsksForNoDatabase() {
        assertThat(claim(Boxes.container("a").label("pgsteward.memory.warn", "80%")))
                .isEmpty();
    }

    @Test
    void aPasswordFileGoesWithTheNamesThatTheVariablesHave() throws IOException {
        Files.writeString(secrets.resolve("tasks_password"), "from the file");
        Claim claim = claim(Boxes.container("a").with(VIKUNJA).label("pgsteward.password-file", "tasks_password"))
                .orElseThrow();
        assertThat(claim.database()).isEqualTo("tasks");
        assertThat(claim.user()).isEqualTo("tasks_user");
        assertThat(claim.password().reveal()).isEqualTo("from the file");
        assertThat(claim.because()).isEqualTo("label pgsteward.password-file");
    }

    /** Such a container would own the database, and its application would only share it. */
    @ParameterizedTest
    @CsvSource({
        "prometheuscommunity/postgres-exporter, DATA_SOURCE_NAME=postgresql://app:pw@postgresql:5432/app",
        "prometheuscommunity/postgres-exporter, DATA_SOURCE_NAME=host=postgresql user=app password=pw dbname=app",
        "sosedoff/pgweb, DATABASE_URL=postgres://app:pw@postgresql/app",
        "prodrigestivill/postgres-backup-local, X_URL=postgres://app:pw@postgresql/app"
    })
    void aToolClaimsADatabaseOnlyByLabels(String image, String variable) {
        Boxes tool = Boxes.container("a").image(image).with(variable);

        assertThat(claim(tool)).isEmpty();
        assertThat(claim(tool.label("pgsteward.enable", "true"))).isPresent();
    }

    @Test
    void extensionsAreListedInALabel() {
        assertThat(claim(Boxes.container("a").with(VIKUNJA))
                        .orElseThrow()
                        .options()
                        .extensions())
                .isEmpty();
        assertThat(claim(Boxes.container("a").with(VIKUNJA).label("pgsteward.extensions", "pg_trgm, unaccent"))
                        .orElseThrow()
                        .options()
                        .extensions())
                .containsExactlyInAnyOrder("pg_trgm", "unaccent");
        assertThatThrownBy(() -> claim(Boxes.container("a").with(VIKUNJA).label("pgsteward.extensions", "x; DROP")))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("pgsteward.extensions");
    }

    static List<Arguments> files() {
        return List.of(
                Arguments.of(
                        "a password",
                        Boxes.container("a")
                                .with(without(VIKUNJA, "PASSWORD"))
                                .with("VIKUNJA_DATABASE_PASSWORD_FILE=/run/secrets/pw")),
                Arguments.of("an address", Boxes.container("a").with("DATABASE_URL_FILE=/run/secrets/address")),
                Arguments.of(
                        "a variable with two underscores",
                        Boxes.container("a")
                                .with(
                                        "GITEA__database__DB_TYPE=postgres",
                                        "GITEA__database__HOST=postgresql:5432",
                                        "GITEA__database__NAME=tasks",
                                        "GITEA__database__USER=tasks_user",
                                        "GITEA__database__PASSWD__FILE=/somewhere/else/pw")),
                Arguments.of(
                        "a value with file://",
                        Boxes.container("a")
                                .with(
                                        "AUTHENTIK_POSTGRESQL__HOST=postgresql",
                                        "AUTHENTIK_POSTGRESQL__NAME=tasks",
                                        "AUTHENTIK_POSTGRESQL__USER=tasks_user",
                                        "AUTHENTIK_POSTGRESQL__PASSWORD=file:///run/secrets/pw")),
                Arguments.of(
                        "all variables",
                        Boxes.container("a")
                                .with(
                                        "DB_TYPE=postgresdb",
                                        "DB_POSTGRESDB_HOST_FILE=/run/secrets/host",
                                        "DB_POSTGRESDB_DATABASE_FILE=/run/secrets/database",
                                        "DB_POSTGRESDB_USER_FILE=/run/secrets/user",
                                        "DB_POSTGRESDB_PASSWORD_FILE=/run/secrets/pw")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("files")
    void aFileThatAVariableNamesIsReadInOurOwnFolder(String what, Boxes box) throws IOException {
        Files.writeString(secrets.resolve("pw"), "from the file\n");
        Files.writeString(secrets.resolve("address"), "postgres://tasks_user:from%20the%20file@postgresql/tasks\n");
        Files.writeString(secrets.resolve("host"), "postgresql\n");
        Files.writeString(secrets.resolve("database"), "tasks\n");
        Files.writeString(secrets.resolve("user"), "tasks_user\n");

        Claim claim = claim(box).orElseThrow();

        assertThat(claim.database()).as(what).isEqualTo("tasks");
        assertThat(claim.user()).isEqualTo("tasks_user");
        assertThat(claim.password().reveal()).isEqualTo("from the file");
        assertThat(claim.because()).endsWith(" names postgresql");
    }

    @Test
    void plainVariablePrecedesAFile() throws IOException {
        Files.writeString(secrets.resolve("pw"), "from the file");
        assertThat(claim(Boxes.container("a").with(VIKUNJA).with("VIKUNJA_DATABASE_PASSWORD_FILE=/run/secrets/pw"))
                        .orElseThrow()
                        .password()
                        .reveal())
                .isEqualTo("pw");
    }

    @Test
    void missingFileIsRefusedWithVariableAndNextStep() {
        assertThatThrownBy(() -> claim(Boxes.container("a")
                        .with(without(VIKUNJA, "PASSWORD"))
                        .with("VIKUNJA_DATABASE_PASSWORD_FILE=/run/secrets/pw")))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("VIKUNJA_DATABASE_PASSWORD_FILE")
                .hasMessageContaining("'/run/secrets/pw'")
                .hasMessageContaining("put the same file into " + secrets)
                .hasMessageContaining("pgsteward.password-file");
    }

    @Test
    void administratorsFileIsNeverAClaimsPassword() throws IOException {
        Files.writeString(secrets.resolve("postgres_password"), "never-to-be-seen");
        assertThatThrownBy(() -> claim(Boxes.container("a")
                        .with(without(VIKUNJA, "PASSWORD"))
                        .with("VIKUNJA_DATABASE_PASSWORD_FILE=/etc/postgres_password")))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("administrator's")
                .hasMessageNotContaining("never-to-be-seen");
    }

    @Test
    void theFilesOfAnotherServersClientAreNotLookedAt() {
        assertThat(claim(Boxes.container("a")
                        .with(without(VIKUNJA, "PASSWORD"))
                        .with("VIKUNJA_DATABASE_HOST=elsewhere", "VIKUNJA_DATABASE_PASSWORD_FILE=/run/secrets/pw")))
                .isEmpty();
        assertThat(claim(Boxes.container("a")
                        .off("internal_db")
                        .on("elsewhere")
                        .with("DATABASE_URL_FILE=/run/secrets/address")))
                .isEmpty();
    }

    @Test
    void twoAddressesThatDisagreeAreRefusedWithBothVariables() {
        Boxes box = Boxes.container("a")
                .with("B_URL=postgres://app:never-seen@postgresql/app", "A_URL=postgres://app:never-seen@db/stats");
        assertThatThrownBy(() -> claim(box))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("variables A_URL and B_URL")
                .hasMessageContaining("pgsteward.database")
                .hasMessageNotContaining("never-seen");
        assertThat(claim(box.label("pgsteward.database", "app")).orElseThrow().because())
                .contains("B_URL");
    }

    @Test
    void anApplicationsOwnAddressDisagreesWithAStrangersToo() {
        Boxes box = Boxes.container("a")
                .with("DATABASE_URL=postgres://app:pw@postgresql/app", "STATS=postgres://stats:pw@postgresql/stats");
        assertThatThrownBy(() -> claim(box)).hasMessageContaining("variables DATABASE_URL and STATS");
    }

    static List<Arguments> neighbours() {
        Boxes asker = Boxes.container("a").compose("wiki", "app").with("DATABASE_URL=postgres://u:p@db/d");
        return List.of(
                Arguments.of("no other container has the name", asker, Boxes.container("other"), true),
                Arguments.of(
                        "another has the name on a different network",
                        asker,
                        Boxes.container("other").off("internal_db").on("theirs", "db"),
                        true),
                Arguments.of(
                        "another has the same alias",
                        asker,
                        Boxes.container("other").on("internal_db", "db"),
                        true),
                Arguments.of("another container has the name itself", asker, Boxes.container("db"), false),
                Arguments.of(
                        "a service of its own project has the name",
                        Boxes.container("a")
                                .compose("wiki", "app")
                                .on("wiki_default", "app")
                                .with("DATABASE_URL=postgres://u:p@db/d"),
                        Boxes.container("wiki-db-1")
                                .compose("wiki", "db")
                                .off("internal_db")
                                .on("wiki_default", "db"),
                        false),
                Arguments.of(
                        "a service of another project has the name",
                        asker,
                        Boxes.container("blog-db-1").compose("blog", "db"),
                        true),
                Arguments.of(
                        "the server has the alias on another network only",
                        Boxes.container("a")
                                .off("internal_db")
                                .on("side", "a")
                                .with("DATABASE_URL=postgres://u:p@db/d"),
                        Boxes.container("other").on("side", "db"),
                        false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("neighbours")
    void ambiguousNameMeansTheNearerContainer(String sentence, Boxes asker, Boxes other, boolean ours) {
        Container server = Boxes.container("postgresql")
                .on("internal_db", "postgresql", "db")
                .on("side", "postgresql")
                .box();
        List<Container> others = List.of(asker.box(), server, other.box());
        assertThat(discovery.claim(asker.box(), Optional.of(server), others))
                .as(sentence)
                .matches(claim -> claim.isPresent() == ours);
    }

    @Test
    void imageOrVariablesShowUnsupportedApplications() throws IOException {
        Files.writeString(secrets.resolve("music"), "pw");
        Boxes music = Boxes.container("a").label("pgsteward.password-file", "music");
        assertThat(claim(music).orElseThrow().caution()).isEmpty();
        assertThat(claim(music.image("docker.io/deluan/navidrome:0.54.5"))
                        .orElseThrow()
                        .caution())
                .hasValueSatisfying(caution -> assertThat(caution).startsWith("Navidrome keeps its data in SQLite"));
        assertThat(claim(Boxes.container("a")
                                .with("DB_HOSTNAME=db", "DB_USERNAME=u", "DB_PASSWORD=p", "DB_DATABASE_NAME=d"))
                        .orElseThrow()
                        .caution())
                .hasValueSatisfying(caution -> assertThat(caution).contains("vchord"));
    }

    static List<Arguments> advised() {
        String database = "add to its service, beside its other networks: `networks: [internal_db]`";
        String web = "add to its service, beside its other networks: `networks: [web]`";
        return List.of(
                Arguments.of("variables, another network", away().with(VIKUNJA), false, database),
                Arguments.of(
                        "an address, another network", away().with("X=postgres://u:p@postgresql/d"), false, database),
                Arguments.of("labels, another network", away().label("pgsteward.service", "a"), false, database),
                Arguments.of("neither network", away().with(VIKUNJA), true, "`networks: [internal_db, web]`"),
                Arguments.of("no web", Boxes.container("a").with(VIKUNJA), true, web),
                Arguments.of(
                        "on both networks", Boxes.container("a").with(VIKUNJA).on("web"), true, ""),
                Arguments.of(
                        "no web network is configured", Boxes.container("a").with(VIKUNJA), false, ""),
                Arguments.of("requests no database", away(), true, ""),
                Arguments.of("names another server", away().with("X=postgres://u:p@elsewhere/d"), true, ""),
                Arguments.of("not started yet", away().with(VIKUNJA).in(Container.State.CREATED), true, ""),
                Arguments.of(
                        "disabled by its label", away().with(VIKUNJA).label("pgsteward.enable", "false"), true, ""),
                Arguments.of("the server itself", Boxes.container("postgresql").with(VIKUNJA), true, ""));
    }

    private static Boxes away() {
        return Boxes.container("a").off("internal_db").on("elsewhere", "a");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("advised")
    void missingNetworkAdviceHasTheLineToAdd(String sentence, Boxes box, boolean web, String line) {
        Optional<String> advice =
                discovery.networkAdvice(box.box(), Optional.of(POSTGRES), web ? Optional.of("web") : Optional.empty());
        if (line.isEmpty()) {
            assertThat(advice).as(sentence).isEmpty();
        } else {
            assertThat(advice.orElseThrow()).as(sentence).contains(line).hasLineCount(1);
        }
    }

    /** An operator removed PostgreSQL from the network of the services. */
    @Test
    void aServerOnNoNetworkOfServicesIsTheOneToConnect() {
        Container asker = Boxes.container("a").with(VIKUNJA).box();
        Container server = Boxes.container("postgresql")
                .off("internal_db")
                .on("internal_db_pgsteward", "postgresql")
                .box();
        assertThat(discovery.networkAdvice(asker, Optional.of(server), Optional.empty()))
                .contains("container 'a' requests a database, and PostgreSQL's container 'postgresql' is on no network"
                        + " for services; connect it: `docker network connect internal_db postgresql`");
    }

    @Test
    void ownServerOfThatNameNeedsNoNetworkAdvice() {
        Container asker = away().with("X=postgres://u:p@db/d").box();
        Container own =
                Boxes.container("own").off("internal_db").on("elsewhere", "db").box();
        assertThat(discovery.networkAdvice(asker, Optional.of(POSTGRES), Optional.empty(), List.of(own)))
                .isEmpty();
    }

    private static String[] without(String[] variables, String part) {
        return Arrays.stream(variables)
                .filter(variable -> !variable.contains(part))
                .toArray(String[]::new);
    }

    private Optional<Claim> claim(Boxes box) {
        return discovery.claim(box.box(), Optional.of(POSTGRES));
    }
}
