package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgsteward.ChildJava;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.SpareDatabases;
import org.pgsteward.postgres.TestCluster;

/** However often and wherever a run is killed, the next run leaves the same result as one undisturbed run. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KilledIT {
    private static final int MORE_THAN_ANY_PLAN = 40;

    private EnrolmentHost host;
    private Path secrets;
    private int made;

    /** The state before the run that is killed. */
    private enum Story {
        A_NEW_SERVICE {
            @Override
            void prepare(EnrolmentHost host, String name) {}
        },

        A_NEW_SERVICE_WITH_A_SPARE_DATABASE {
            @Override
            void prepare(EnrolmentHost host, String name) throws SQLException {
                try (Connection management = host.server.connect("homelab")) {
                    SpareDatabases.keep(management, 1);
                }
            }
        },

        ONE_THAT_AN_INIT_SCRIPT_MADE {
            @Override
            void prepare(EnrolmentHost host, String name) throws SQLException {
                host.run(
                        "homelab",
                        "CREATE USER \"" + name + "\" WITH PASSWORD '" + EnrolmentHost.PASSWORD.reveal() + "'",
                        "CREATE DATABASE \"" + name + "\"",
                        "GRANT ALL PRIVILEGES ON DATABASE \"" + name + "\" TO \"" + name + "\"",
                        "INSERT INTO public.service_configs (service_name, database_name) VALUES ('" + name + "', '"
                                + name + "')");
                host.run(
                        name,
                        "CREATE TABLE public.tasks (n int PRIMARY KEY)",
                        "INSERT INTO public.tasks VALUES (1)",
                        "CREATE SCHEMA more",
                        "CREATE VIEW more.seen AS SELECT n FROM public.tasks",
                        "CREATE FUNCTION public.twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'");
            }
        },

        ONE_WHOSE_ROLE_IS_CALLED_OTHERWISE_NOW {
            @Override
            void prepare(EnrolmentHost host, String name) throws SQLException {
                assertThat(host.provision(EnrolmentHost.service(name)).enrolment())
                        .isPresent();
                try (Connection before = host.as(name, name);
                        Statement statement = before.createStatement()) {
                    statement.execute("CREATE TABLE tasks (n int PRIMARY KEY); INSERT INTO tasks VALUES (1)");
                    statement.execute("CREATE SCHEMA more; CREATE VIEW more.seen AS SELECT n FROM tasks");
                    statement.execute("CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'");
                }
            }

            @Override
            String user(String name) {
                return name + "-renamed";
            }
        };

        abstract void prepare(EnrolmentHost host, String name) throws SQLException;

        /** Returns the role that the container asks for. */
        String user(String name) {
            return name;
        }

        boolean hasTasks() {
            return this != A_NEW_SERVICE && this != A_NEW_SERVICE_WITH_A_SPARE_DATABASE;
        }
    }

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        secrets = folder;
        host = EnrolmentHost.on(TestCluster.start(), secrets);
        host.run("homelab", "CREATE ROLE bystander LOGIN PASSWORD '" + EnrolmentHost.PASSWORD.reveal() + "'");
        assertThat(host.provision(EnrolmentHost.service("neighbour")).enrolment())
                .isPresent();
        host.reconcile();
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    @ParameterizedTest
    @EnumSource(Story.class)
    void killedAfterAnyStepTheNextRunDoesTheRest(Story story) throws Exception {
        List<String> undisturbed = undisturbed(story);
        int step = 1;
        while (step < MORE_THAN_ANY_PLAN) {
            String name = prepared(story);
            boolean killed = run(story, name, Integer.toString(step)) == KilledAfter.KILLED;
            assertEndsAs(undisturbed, story, name, "killed after step " + step);
            if (!killed) {
                break;
            }
            step++;
        }
        System.out.println(story + ": killed after each of " + (step - 1) + " steps");
        assertThat(step).as("steps").isBetween(4, MORE_THAN_ANY_PLAN - 1);
    }

    @ParameterizedTest
    @EnumSource(Story.class)
    void runsThatAreAllKilledAfterTheirFirstStepGetThereTogether(Story story) throws Exception {
        List<String> undisturbed = undisturbed(story);
        String name = prepared(story);
        int runs = 1;
        while (runs < MORE_THAN_ANY_PLAN && run(story, name, "1") == KilledAfter.KILLED) {
            runs++;
        }
        // A service with a spare database has all its steps but the last in one transaction.
        int least = story == Story.A_NEW_SERVICE_WITH_A_SPARE_DATABASE ? 3 : 4;
        assertThat(runs).as("runs").isBetween(least, MORE_THAN_ANY_PLAN - 1);
        assertEndsAs(undisturbed, story, name, "killed in each of " + runs + " runs");
    }

    @ParameterizedTest
    @EnumSource(Story.class)
    void killedFromOutsideItIsTheSame(Story story) throws Exception {
        List<String> undisturbed = undisturbed(story);
        String name = prepared(story);
        Process process = start(story, name, KilledAfter.WAITING);
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(said.readLine()).as("its first step").isNotBlank();
            process.destroyForcibly();
            assertThat(process.waitFor(8, TimeUnit.MINUTES)).isTrue();
        }
        assertThat(process.exitValue()).isEqualTo(KilledAfter.KILLED);
        assertEndsAs(undisturbed, story, name, "killed by another process");
    }

    private List<String> undisturbed(Story story) throws Exception {
        String name = prepared(story);
        finish(story, name);
        assertWorksAndIsClosed(story, name, "undisturbed");
        return state(name);
    }

    /**
     * Returns the name of a new, prepared service. All names have the same length, so that no name is a prefix of
     * another.
     */
    private String prepared(Story story) throws SQLException {
        made++;
        String name = "service-" + (100 + made);
        story.prepare(host, name);
        return name;
    }

    private void assertEndsAs(List<String> undisturbed, Story story, String name, String how) throws Exception {
        finish(story, name);
        assertWorksAndIsClosed(story, name, how);
        assertThat(state(name)).as(how).isEqualTo(undisturbed);
    }

    /** Runs provisioning like the next daemon. */
    private void finish(Story story, String name) throws Exception {
        try (Provisioner next = EnrolmentHost.provisioner(host.server, secrets, step -> {})) {
            KilledAfter.wholly(next, box(story, name));
        }
    }

    private static Boxes box(Story story, String name) {
        return EnrolmentHost.service(name, name, story.user(name), EnrolmentHost.PASSWORD.reveal());
    }

    private void assertWorksAndIsClosed(Story story, String name, String how) throws SQLException {
        String user = story.user(name);
        assertThat(host.may(
                        user,
                        name,
                        "CREATE TABLE mine (n int); INSERT INTO mine VALUES (1); TABLE mine;"
                                + " CREATE SCHEMA my_own; DROP SCHEMA my_own; DROP TABLE mine"))
                .as("%s: the service works", how)
                .isTrue();
        if (story.hasTasks()) {
            assertThat(host.may(
                            user,
                            name,
                            "INSERT INTO tasks SELECT max(n) + 1 FROM more.seen;"
                                    + " SELECT public.twice(n) FROM tasks; ALTER TABLE tasks ADD COLUMN text text;"
                                    + " ALTER TABLE tasks DROP COLUMN text"))
                    .as("%s: the role owns its previous objects", how)
                    .isTrue();
            assertThat(host.ask(name, "SELECT n FROM public.tasks ORDER BY n"))
                    .as("%s: no rows are lost", how)
                    .containsExactly("1", "2");
        }
        for (String stranger : List.of("bystander", "neighbour")) {
            assertThat(host.may(stranger, name, "SELECT 1"))
                    .as("%s: %s may connect to %s", how, stranger, name)
                    .isFalse();
        }
        if (!user.equals(name)) {
            assertThatThrownBy(() -> host.as(name, name).close())
                    .as("%s: the previous role", how)
                    .hasMessageContaining("not permitted to log in");
        }
    }

    /**
     * Returns everything with the service's name. A placeholder replaces the name, so that the states of two services
     * can be compared.
     */
    private List<String> state(String name) throws SQLException {
        List<String> state = new ArrayList<>(host.ask("homelab", OUTSIDE.replace("$name", name)));
        state.addAll(host.ask(name, INSIDE));
        return state.stream().map(line -> line.replace(name, "SERVICE")).toList();
    }

    private static final String OUTSIDE = """
            SELECT 'role ' || (pg_catalog.to_jsonb(r) - 'oid' - 'rolpassword')::text
                   || (rolpassword LIKE 'SCRAM-SHA-256$%')
              FROM pg_catalog.pg_authid AS r WHERE rolname LIKE '$name%'
            UNION ALL
            SELECT 'member ' || roleid::regrole || ' ' || member::regrole FROM pg_catalog.pg_auth_members
             WHERE roleid::regrole::text LIKE '%$name%' OR member::regrole::text LIKE '%$name%'
            UNION ALL
            SELECT 'database ' || datname || ' of ' || pg_catalog.pg_get_userbyid(datdba) || ' ' || datallowconn
                   || ' ' || datconnlimit || ' ' || encoding
              FROM pg_catalog.pg_database WHERE datname LIKE '$name%'
            UNION ALL
            SELECT 'right on database ' || datname || ': ' || acl.grantee::regrole || ' ' || acl.privilege_type
                   || ' ' || acl.is_grantable
              FROM pg_catalog.pg_database, pg_catalog.aclexplode(datacl) AS acl
             WHERE datname LIKE '$name%' OR acl.grantee::regrole::text LIKE '%$name%'
            UNION ALL
            SELECT 'right on ' || relname || ': ' || acl.grantee::regrole || ' ' || acl.privilege_type
              FROM pg_catalog.pg_class, pg_catalog.aclexplode(relacl) AS acl
             WHERE acl.grantee::regrole::text LIKE '%$name%'
            UNION ALL
            SELECT 'right on ' || proname || ': ' || acl.grantee::regrole || ' ' || acl.privilege_type
              FROM pg_catalog.pg_proc, pg_catalog.aclexplode(proacl) AS acl
             WHERE acl.grantee::regrole::text LIKE '%$name%'
            UNION ALL
            SELECT 'service ' || (pg_catalog.to_jsonb(s) - 'id' - 'created_at' - 'updated_at')::text
              FROM public.service_configs AS s WHERE service_name LIKE '$name%'
             ORDER BY 1
            """;

    private static final String INSIDE = """
            SELECT 'schema ' || nspname || ' of ' || nspowner::regrole || ' ' || COALESCE(nspacl::text, '')
              FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_'
            UNION ALL
            SELECT 'object ' || relname || ' of ' || relowner::regrole || ' ' || COALESCE(relacl::text, '')
              FROM pg_catalog.pg_class WHERE oid >= 16384 AND relkind IN ('r', 'v', 'S')
            UNION ALL
            SELECT 'function ' || proname || ' of ' || proowner::regrole FROM pg_catalog.pg_proc WHERE oid >= 16384
             ORDER BY 1
            """;

    private int run(Story story, String name, String when) throws Exception {
        Process process = start(story, name, when);
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(said).isIn(0, KilledAfter.KILLED);
        return process.exitValue();
    }

    private Process start(Story story, String name, String when) throws IOException {
        return new ProcessBuilder(ChildJava.run(
                        List.of("-Xmx64m"),
                        KilledAfter.class.getName(),
                        Integer.toString(host.server.address().port()),
                        secrets.toString(),
                        when,
                        name,
                        name,
                        story.user(name)))
                .redirectErrorStream(true)
                .start();
    }
}
