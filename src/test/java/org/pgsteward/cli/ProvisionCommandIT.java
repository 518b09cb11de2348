package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.ChildJava;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/**
 * The {@code provision} and {@code remove} commands as processes, on a real PostgreSQL and the recording of a home-lab.
 * Each test has one service of its own.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProvisionCommandIT {
    private static final String NO_ENGINE = "unix:///nowhere/docker.sock";
    private static final Secret NAVIDROMES = new Secret("never-to-be-seen");

    private final ObjectMapper json = new ObjectMapper();
    private Path folder = Path.of("/nowhere");
    private TestCluster cluster;
    private RecordedEngine engine;
    private Ended first;

    private record Ended(int code, String out, String err) {}

    @BeforeAll
    void enrolTheHomeLab(@TempDir Path empty) throws Exception {
        folder = empty;
        Path secrets = Files.createDirectory(folder.resolve("secrets"));
        Files.writeString(secrets.resolve("navidrome_password"), NAVIDROMES.reveal() + "\n");
        cluster = TestCluster.start();
        engine = new RecordedEngine(Clock.systemUTC());
        engine.play("deploy");
        first = onTheHomeLab("provision");
    }

    @AfterAll
    void stop() throws IOException {
        engine.close();
        cluster.close();
    }

    @Test
    void allThatContainersAskForIsMadeAndSaidServiceByService() throws Exception {
        assertThat(first.code()).as(first.toString()).isZero();
        assertThat(first.err()).isEmpty();
        for (String service : List.of("vikunja", "hedgedoc", "linkding", "navidrome")) {
            assertThat(first.out()).containsPattern("(?m)^" + service + ": done: database .* does not exist");
        }
        cluster.server().connectAs("navidrome", NAVIDROMES, "navidrome").close();
    }

    @Test
    void jsonOfPlanAndResultParses() throws Exception {
        Ended planned = onTheHomeLab("provision", "--plan", "--json", "navidrome");
        assertThat(planned.code()).as(planned.toString()).isZero();
        JsonNode plan = json.readTree(planned.out());
        assertThat(plan.fieldNames()).toIterable().containsExactlyInAnyOrder("wishes", "refused", "steps", "unserved");
        assertThat(plan.path("wishes").findValuesAsText("subject")).containsExactly("navidrome");
        assertThat(plan.path("refused")).isEmpty();
        assertThat(plan.path("steps")).isEmpty();

        Ended done = onTheHomeLab("provision", "--json", "navidrome");
        assertThat(done.code()).as(done.toString()).isZero();
        JsonNode lines = json.readTree(done.out()).path("provisioned");
        assertThat(lines).hasSize(1);
        assertThat(lines.get(0).path("service").asText()).isEqualTo("navidrome");
        assertThat(lines.get(0).path("state").asText()).isEqualTo("unchanged");
        assertThat(lines.get(0).path("reason").asText()).contains("needs no change");
    }

    @Test
    void withoutAnEngineDriftIsPlannedAndRepaired() throws Exception {
        cluster.run("homelab", "GRANT CONNECT ON DATABASE vikunja TO PUBLIC", "ALTER ROLE vikunja CREATEDB");
        List<String> amiss = rights("vikunja");

        Ended planned = withoutAnEngine("provision", "--plan", "vikunja");
        assertThat(planned.code()).as(planned.toString()).isZero();
        assertThat(planned.err())
                .hasLineCount(1)
                .contains("no Docker Engine answers at " + NO_ENGINE)
                .contains("checking only the enrolled services");
        assertThat(planned.out().lines())
                .containsExactly(
                        "requested: none",
                        "refused: none",
                        "pending:",
                        "  vikunja  role vikunja has attributes beyond its database",
                        "  vikunja  every role may connect to database vikunja");
        JsonNode document = json.readTree(
                withoutAnEngine("provision", "--plan", "--json", "vikunja").out());
        assertThat(document.path("steps").findValuesAsText("text"))
                .containsExactly(
                        "role vikunja has attributes beyond its database",
                        "every role may connect to database vikunja");
        assertThat(rights("vikunja")).as("a plan changes nothing").isEqualTo(amiss);

        Ended repaired = withoutAnEngine("provision");
        assertThat(repaired.code()).as(repaired.toString()).isZero();
        assertThat(ask("SELECT action FROM public.user_activity WHERE service_name = 'vikunja'"))
                .as("the same journal rows as from the daemon")
                .anyMatch(
                        action -> action.startsWith("rights repaired: role vikunja has attributes beyond its database;"
                                + " every role may connect to"));
        assertThat(firing()).as("the same alerts as from the daemon").contains("rights-changed:vikunja");
        assertThat(repaired.out())
                .contains("vikunja: repaired: role vikunja has attributes beyond its database;"
                        + " every role may connect to database vikunja");
        assertThat(rights("vikunja")).isNotEqualTo(amiss).noneMatch(right -> right.startsWith("- "));
        assertThat(withoutAnEngine("provision", "--plan", "vikunja").out()).contains("pending: none");
    }

    @Test
    void impossibleCommandIsRefusedInOneLineWithTheNextStep() throws Exception {
        assertCouldNotRun(onTheHomeLab("provision", "nobody"), "as service 'nobody'", "'pgsteward provision --plan'");
        assertCouldNotRun(
                onTheHomeLab("provision", "--adopt"), "--adopt needs the names of services", "give the name of each");
        assertCouldNotRun(onTheHomeLab("remove", "nobody"), "cannot find service 'nobody'", "'pgsteward status'");
        assertCouldNotRun(onTheHomeLab("remove", "--undo", "navidrome"), "is not in quarantine", "pgsteward remove");
        assertCouldNotRun(onTheHomeLab("remove", "--undo", "--drop", "navidrome"), "--undo or --drop", "not both");
    }

    private static void assertCouldNotRun(Ended ended, String what, String next) {
        assertThat(ended.code()).as(ended.toString()).isEqualTo(2);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err())
                .hasLineCount(1)
                .startsWith("pgsteward: ")
                .contains(what)
                .contains(next);
    }

    @Test
    void removedAServiceIsAwayUntilItIsTakenBack() throws Exception {
        Ended removed = onTheHomeLab("remove", "hedgedoc");
        assertThat(removed.code()).as(removed.toString()).isZero();
        assertThat(removed.out())
                .startsWith("hedgedoc: put into quarantine: its database is now removed_")
                .contains("It has no verified backup")
                .contains("'pgsteward remove --undo hedgedoc'")
                .contains("'pgsteward remove --drop hedgedoc'");
        assertThat(ask("SELECT rolcanlogin::text FROM pg_catalog.pg_roles WHERE rolname = 'hedgedoc'"))
                .containsExactly("false");
        assertThat(ask("SELECT action FROM public.user_activity WHERE service_name = 'hedgedoc'"))
                .contains("put into quarantine");

        Ended refused = onTheHomeLab("provision", "hedgedoc");
        assertThat(refused.code()).as(refused.toString()).isEqualTo(1);
        assertThat(refused.out()).startsWith("hedgedoc: refused: ").contains("'pgsteward remove --undo hedgedoc'");
        assertThat(onTheHomeLab("doctor").out())
                .contains("its database is in quarantine; take it out with")
                .doesNotContain("critical, connection refused: hedgedoc");

        Ended back = onTheHomeLab("remove", "--undo", "hedgedoc");
        assertThat(back.code()).as(back.toString()).isZero();
        assertThat(back.out()).contains("taken out of quarantine: its database is hedgedoc again");
        assertThat(onTheHomeLab("provision", "hedgedoc").out())
                .startsWith("hedgedoc: unchanged: ")
                .containsPattern("; the container's password is in force since 20\\S+Z, \\d+ (s|min) ago$");
    }

    @Test
    void nothingIsDeletedThatIsNotInQuarantineAndBackedUpOrGivenUp() throws Exception {
        assertCouldNotRun(
                onTheHomeLab("remove", "--drop", "--without-backup", "linkding"),
                "is not in quarantine",
                "'pgsteward remove linkding'");
        assertThat(onTheHomeLab("remove", "linkding").code()).isZero();
        assertCouldNotRun(
                onTheHomeLab("remove", "--drop", "linkding"),
                "'linkding': it has no verified backup; run 'pgsteward backup linkding'",
                "--without-backup");
        assertThat(ask("SELECT datname FROM pg_catalog.pg_database WHERE datname LIKE 'removed%' AND datdba ="
                        + " 'linkding'::regrole"))
                .hasSize(1);

        Ended dropped = onTheHomeLab("remove", "--drop", "--without-backup", "linkding");

        assertThat(dropped.code()).as(dropped.toString()).isZero();
        assertThat(dropped.out())
                .startsWith("linkding: deleted: database removed_")
                .contains("role linkding no longer exist");
        assertThat(ask("SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = 'linkding'"))
                .isEmpty();
        assertThat(ask("SELECT service_name FROM public.service_configs WHERE service_name = 'linkding'"))
                .isEmpty();
        assertThatThrownBy(() -> cluster.server().connect("linkding").close()).isInstanceOf(SQLException.class);
    }

    /** Returns the firing alerts according to the state folder. */
    private List<String> firing() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("state"))) {
            List<String> keys = new ArrayList<>();
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".json")).toList()) {
                JsonNode alert = json.readTree(file.toFile());
                if (alert.has("kind") && alert.has("service")) {
                    keys.add(alert.path("kind").asText() + ":"
                            + alert.path("service").asText());
                }
            }
            return keys;
        }
    }

    @Test
    void anotherImageOfAServiceIsRecordedAsTheDaemonDoes() throws Exception {
        cluster.run(
                "homelab",
                "UPDATE public.service_configs SET image_id = 'sha256:before' WHERE service_name = 'navidrome'");

        assertThat(onTheHomeLab("provision", "navidrome").code()).isZero();

        assertThat(ask("SELECT action FROM public.user_activity WHERE service_name = 'navidrome'"))
                .contains("image changed");
        assertThat(firing()).contains("image-changed:navidrome");
    }

    private Ended onTheHomeLab(String... arguments) throws Exception {
        return run(engine.host(), arguments);
    }

    private Ended withoutAnEngine(String... arguments) throws Exception {
        return run(NO_ENGINE, arguments);
    }

    private Ended run(String dockerHost, String... arguments) throws Exception {
        Path out = Files.createTempFile(folder, "command", ".out");
        Path err = Files.createTempFile(folder, "command", ".err");
        List<String> command = ChildJava.steward(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("PGSTEWARD_"));
        builder.environment()
                .putAll(Map.of(
                        "PGSTEWARD_POSTGRES_HOST", "127.0.0.1",
                        "PGSTEWARD_POSTGRES_PORT",
                                Integer.toString(cluster.server().address().port()),
                        "PGSTEWARD_POSTGRES_PASSWORD", TestCluster.PASSWORD.reveal(),
                        "PGSTEWARD_POSTGRES_CONTAINER", "postgresql",
                        "PGSTEWARD_DOCKER_HOST", dockerHost,
                        "PGSTEWARD_STATE_DIR", folder.resolve("state").toString(),
                        "PGSTEWARD_BACKUP_DIR", folder.resolve("backups").toString(),
                        "PGSTEWARD_SECRETS_DIR", folder.resolve("secrets").toString(),
                        "PGSTEWARD_ROUTES_DIR",
                                Path.of("routes").toAbsolutePath().toString()));
        Process process = builder.start();
        assertThat(process.waitFor(8, TimeUnit.MINUTES)).as(command.toString()).isTrue();
        Ended ended = new Ended(
                process.exitValue(),
                Files.readString(out).strip(),
                Files.readString(err).strip());
        assertThat(ended.toString()).doesNotContain(NAVIDROMES.reveal(), TestCluster.PASSWORD.reveal());
        return ended;
    }

    /**
     * Returns the privileges of a service's role and of PUBLIC. A line that begins with a dash is a privilege of
     * PUBLIC.
     */
    private List<String> rights(String service) throws SQLException {
        return ask("SELECT acl.grantee::regrole || ' ' || acl.privilege_type FROM pg_catalog.pg_database,"
                + " pg_catalog.aclexplode(datacl) AS acl WHERE datname = '" + service + "' UNION ALL SELECT rolname"
                + " || rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = '" + service + "' ORDER BY 1");
    }

    private List<String> ask(String sql) throws SQLException {
        List<String> answer = new ArrayList<>();
        try (Connection connection = cluster.server().connect("homelab");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                answer.add(row.getString(1));
            }
        }
        return answer;
    }
}
