package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Container;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProvisionIT {
    private static final Container POSTGRES = container("postgresql", Map.of(), Map.of());

    private Path secrets;
    private TestCluster cluster;
    private Provisioner provisioner;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        secrets = folder;
        cluster = TestCluster.start();
        new Tables(cluster.server().managementDatabase()).prepare();
        Discovery discovery = new Discovery(
                Catalogue.shipped(Json.mapper()), new SecretsFolder(secrets, secrets.resolve("postgres_password")));
        provisioner = new Provisioner(discovery, cluster.server(), Set.of("pg_trgm"), true, Clock.systemUTC());
    }

    @AfterAll
    void stop() throws Exception {
        cluster.close();
    }

    /** docker-library/postgres #151: a running server could get no further database. */
    @Test
    void applicationsVariablesGiveAnOwnDatabase() throws Exception {
        ClaimResult result = provision(vikunja("vikunja", "s3cret'$%"));

        assertThat(result.outcome()).isInstanceOf(Outcome.Done.class);
        assertThat(result.enrolment().orElseThrow().identity()).isEqualTo("homelab/vikunja");
        try (Connection connection = cluster.server().connectAs("vikunja", new Secret("s3cret'$%"), "vikunja");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE tasks (id INT)");
            statement.execute("CREATE SCHEMA extra");
        }
    }

    @Test
    void doneTwiceTheSecondRunFindsNothingToDo() {
        provision(vikunja("twice", "same"));
        ClaimResult second = provision(vikunja("twice", "same"));
        assertThat(second.outcome()).isInstanceOf(Outcome.Skipped.class);
        assertThat(second.enrolment()).isPresent();
    }

    @Test
    void recordsTheContainerOnceWithTimesInUtc() throws Exception {
        cluster.run("homelab", "ALTER ROLE homelab SET timezone = 'Asia/Tokyo'");
        Instant night = Instant.parse("2026-03-01T03:00:00Z");
        Container first =
                EnrolmentHost.service("seen", "seen_db", "seen_user", "pw").box();
        Container second = EnrolmentHost.service("seen", "seen_db", "seen_user", "pw")
                .id("4567")
                .box();
        String row = "SELECT concat_ws(' ', service_name, database_name, created_at, updated_at, role_name, identity,"
                + " container_id, image, image_id) FROM public.service_configs WHERE service_name = 'seen'";

        provisionAt(night, first);
        provisionAt(night.plusSeconds(60), first);
        assertThat(cluster.server().ask(row))
                .isEqualTo("seen seen_db 2026-03-01 03:00:00 2026-03-01 03:00:00 seen_user homelab/seen " + first.id()
                        + " image sha256:0");

        assertThat(provisionAt(night.plusSeconds(120), second).outcome()).isInstanceOf(Outcome.Skipped.class);
        assertThat(cluster.server().ask(row))
                .isEqualTo("seen seen_db 2026-03-01 03:00:00 2026-03-01 03:02:00 seen_user homelab/seen 4567"
                        + " image sha256:0");
    }

    @Test
    void onlyTheOwnerMayConnectAndHasNoOtherPowers() throws Exception {
        provision(vikunja("one", "first"));
        provision(vikunja("two", "second"));

        assertThatThrownBy(() -> cluster.server().connectAs("one", new Secret("first"), "two"))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("permission denied");
        try (Connection connection = cluster.server().connectAs("one", new Secret("first"), "one");
                Statement statement = connection.createStatement()) {
            assertThatThrownBy(() -> statement.execute("CREATE ROLE another"))
                    .hasMessageContaining("permission denied");
            assertThatThrownBy(() -> statement.execute("CREATE DATABASE another"))
                    .hasMessageContaining("permission denied");
        }
    }

    @Test
    void aServiceLogsItsUsersActivityAndOnlyAsItself() throws Exception {
        provision(vikunja("logger", "pw"));
        try (Connection connection = cluster.server().connectAs("logger", new Secret("pw"), "homelab");
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT public.log_user_activity('logger', 'login', 'ann', '10.0.0.1')");
            assertThatThrownBy(() ->
                            statement.execute("SELECT public.log_user_activity('someone', 'login', 'ann', '10.0.0.1')"))
                    .hasMessageContaining("may not log activity");
            assertThatThrownBy(() -> statement.execute("SELECT * FROM public.user_activity"))
                    .hasMessageContaining("permission denied");
        }
    }

    @Test
    void aChangedPasswordInTheContainerBecomesTheRolesPassword() throws Exception {
        provision(vikunja("changing", "before"));
        ClaimResult result = provision(vikunja("changing", "after"));
        assertThat(result.outcome().reason()).contains("another password");
        cluster.server().connectAs("changing", new Secret("after"), "changing").close();
    }

    @Test
    void labelsAndAPasswordFileServeWhereAnApplicationHasNoVariables() throws Exception {
        Files.writeString(secrets.resolve("navidrome_password"), "from the file\n");
        ClaimResult result = provision(container(
                "navidrome",
                Map.of("pgsteward.database", "navidrome", "pgsteward.password-file", "navidrome_password"),
                Map.of()));
        assertThat(result.outcome()).isInstanceOf(Outcome.Done.class);
        cluster.server()
                .connectAs("navidrome", new Secret("from the file"), "navidrome")
                .close();
    }

    @Test
    void noLinkAndNoPathLeadsOutOfTheSecretsFolder() throws Exception {
        Files.createSymbolicLink(secrets.resolve("link"), Path.of("/etc/hostname"));
        Files.writeString(secrets.resolve("postgres_password"), "the administrator's");
        for (String file : new String[] {"link", "../hostname", "/etc/hostname", "postgres_password", "missing", "."}) {
            ClaimResult result = provision(container("thief", Map.of("pgsteward.password-file", file), Map.of()));
            assertThat(result.refused()).as(file).isTrue();
            assertThat(result.outcome().reason()).contains("password-file");
        }
        assertThat(exists("thief")).isFalse();
    }

    @Test
    void namesOfOthersAreRefusedAndNothingIsChanged() throws Exception {
        provision(vikunja("owner", "pw"));
        cluster.run("homelab", "CREATE ROLE mighty SUPERUSER", "CREATE DATABASE foreign_db OWNER mighty");
        assertRefused(withNames("rogue", "owner", "rogue"), "belongs to service 'owner'");
        assertRefused(withNames("rogue", "OWNER", "rogue"), "belongs to service 'owner'");
        assertRefused(withNames("rogue", "rogue", "owner"), "belongs to service 'owner'");
        assertRefused(withNames("rogue", "rogue", "homelab"), "is reserved");
        assertRefused(withNames("rogue", "homelab", "rogue"), "is reserved");
        assertRefused(withNames("rogue", "rogue", "mighty"), "has SUPERUSER or REPLICATION");
        assertRefused(withNames("rogue", "foreign_db", "rogue"), "without evidence that it is for role 'rogue'");
        assertRefused(withNames("rogue", "template1", "rogue"), "is reserved");
        assertRefused(withNames("rogue", "rogue", "pg_monitor"), "is reserved");
        assertRefused(withNames("rogue", "x".repeat(51), "rogue"), "longer than 50 characters");
        assertThat(exists("rogue")).isFalse();
    }

    /** mrts/docker-postgresql-multiple-databases #5, #26: names with hyphens or capitals broke its script. */
    @Test
    void oddButLegalNamesAreNames() throws Exception {
        for (String name : new String[] {"my-app", "App", "über", "приложение"}) {
            ClaimResult result = provision(withNames(name, name, name));
            assertThat(result.outcome()).as(name).isInstanceOf(Outcome.Done.class);
            assertThat(exists(name)).as(name).isTrue();
            cluster.server().connectAs(name, new Secret("pw"), name).close();
        }
    }

    @Test
    void hostileNamesAreRefused() throws Exception {
        for (String name : new String[] {"a\"b", "x'; DROP DATABASE homelab; --", "${env:X}"}) {
            assertRefused(withNames(name, name, name), "allowed: letters, digits");
            assertThat(exists(name)).as(name).isFalse();
        }
    }

    @Test
    void anotherServersDatabaseIsNotOursToMake() throws Exception {
        Container elsewhere = container(
                "elsewhere", Map.of(), Map.of("DATABASE_URL", "postgres://elsewhere:pw@some.cloud.example/elsewhere"));
        assertThat(provision(elsewhere).claimed()).isFalse();
        assertThat(exists("elsewhere")).isFalse();
    }

    @Test
    void aContainerThatIsSwitchedOffIsLeftAlone() {
        Map<String, String> labels = Map.of("pgsteward.enable", "false");
        assertThat(provision(container("off", labels, variables("off", "pw"))).claimed())
                .isFalse();
    }

    @Test
    void labelClaimWithoutAPasswordIsReported() {
        ClaimResult result = provision(container("silent", Map.of("pgsteward.database", "silent"), Map.of()));
        assertThat(result.refused()).isTrue();
        assertThat(result.outcome().reason()).contains("no password").contains("pgsteward.password-file");
    }

    @Test
    void noPasswordReachesTheServersStatements() throws Exception {
        cluster.run("homelab", "ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()");
        ClaimResult result = provision(vikunja("discreet", "never-to-be-seen"));
        assertThat(result.toString()).doesNotContain("never-to-be-seen");
        assertThat(cluster.cluster().log()).contains("CREATE ROLE \"discreet\"").doesNotContain("never-to-be-seen");
        cluster.run("homelab", "ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()");
    }

    private ClaimResult provisionAt(Instant now, Container container) throws Exception {
        Discovery discovery = new Discovery(
                Catalogue.shipped(Json.mapper()), new SecretsFolder(secrets, secrets.resolve("postgres_password")));
        try (Provisioner then =
                new Provisioner(discovery, cluster.server(), Set.of(), true, Clock.fixed(now, ZoneOffset.UTC))) {
            return then.provision(container, Optional.of(POSTGRES), List.of());
        }
    }

    private ClaimResult provision(Container container) {
        return provisioner.provision(container, Optional.of(POSTGRES), List.of());
    }

    private void assertRefused(Container container, String because) {
        ClaimResult result = provision(container);
        assertThat(result.refused()).as(because).isTrue();
        assertThat(result.outcome().reason()).contains(because);
    }

    private boolean exists(String name) throws SQLException {
        try (Connection connection = cluster.server().connect("homelab");
                var statement = connection.prepareStatement(
                        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = ?) OR EXISTS"
                                + " (SELECT FROM pg_roles WHERE rolname = ?)")) {
            statement.setString(1, name);
            statement.setString(2, name);
            try (var row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private static Container vikunja(String name, String password) {
        return container(name, Map.of(), variables(name, password));
    }

    private static Container withNames(String service, String database, String user) {
        Map<String, String> variables = new HashMap<>(variables(service, "pw"));
        variables.put("VIKUNJA_DATABASE_DATABASE", database);
        variables.put("VIKUNJA_DATABASE_USER", user);
        return container(service, Map.of(), variables);
    }

    private static Map<String, String> variables(String name, String password) {
        return Map.of(
                "VIKUNJA_DATABASE_TYPE", "postgres",
                "VIKUNJA_DATABASE_HOST", "postgresql",
                "VIKUNJA_DATABASE_USER", name,
                "VIKUNJA_DATABASE_PASSWORD", password,
                "VIKUNJA_DATABASE_DATABASE", name);
    }

    private static Container container(String name, Map<String, String> labels, Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(labels);
        all.put("com.docker.compose.project", "homelab");
        all.put("com.docker.compose.service", name);
        return new Container(
                "id-of-" + name,
                name,
                "image",
                "sha256:0",
                Container.State.CREATED,
                Container.Health.NONE,
                0,
                false,
                false,
                all,
                environment,
                Map.of("internal_db", Set.of(name)),
                0,
                Instant.EPOCH,
                Optional.empty());
    }
}
