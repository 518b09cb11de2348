package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.ObstinateSession;
import org.pgsteward.postgres.Programs;

@NeedsPostgres
class IsolationIT {
    private static final List<String> SERVICES = List.of("vikunja", "my-app", "App", "über");

    /** Statements that test a role's effective privileges in another's database, independently of the catalog. */
    private static final Map<String, String> DEEDS = new TreeMap<>(Map.of(
            "connect", "SELECT 1",
            "create a table", "CREATE TABLE IF NOT EXISTS deed (n int)",
            "create a schema", "CREATE SCHEMA IF NOT EXISTS deeds",
            "make a temporary table", "CREATE TEMPORARY TABLE passing (n int)",
            "write", "CREATE TABLE IF NOT EXISTS written (n int); INSERT INTO written VALUES (1)",
            "read", "CREATE TABLE IF NOT EXISTS readable (n int); SELECT * FROM readable"));

    @TempDir
    private Path secrets;

    static List<Programs> versions() {
        return EnrolmentHost.versions();
    }

    /** docker-gitlab #2859: since PostgreSQL 15 a role could not create a table in its own database. */
    @ParameterizedTest
    @MethodSource("versions")
    void servicesHaveAccessOnlyToTheirOwnDatabase(Programs version) throws Exception {
        try (EnrolmentHost host = EnrolmentHost.start(version, secrets)) {
            for (String service : SERVICES) {
                host.provision(EnrolmentHost.service(service));
            }
            host.run("homelab", "CREATE DATABASE nobodys");
            host.reconcile();

            List<String> databases =
                    host.ask("homelab", "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn");
            assertThat(databases).containsAll(SERVICES).contains("homelab", "postgres", "template1", "nobodys");
            for (String service : SERVICES) {
                for (String database : databases) {
                    for (Map.Entry<String, String> deed : DEEDS.entrySet()) {
                        boolean allowed = database.equals(service)
                                || (database.equals("homelab") && deed.getKey().equals("connect"));
                        assertThat(host.may(service, database, deed.getValue()))
                                .as(
                                        "%s may %s in %s of PostgreSQL %d",
                                        service, deed.getKey(), database, version.major())
                                .isEqualTo(allowed);
                    }
                }
                assertOnlyTheTwoThingsInTheManagementDatabase(host, service);
                assertNoPowerOverTheCluster(host, service);
            }
        }
    }

    private static void assertOnlyTheTwoThingsInTheManagementDatabase(EnrolmentHost host, String service)
            throws SQLException {
        assertThat(host.may(service, "homelab", logged(service))).isTrue();
        for (String other : SERVICES) {
            assertThat(host.may(service, "homelab", logged(other)))
                    .as("%s logs activity of %s", service, other)
                    .isEqualTo(other.equals(service));
        }
        assertThat(host.ask("homelab", "SELECT DISTINCT service_name FROM public.user_activity ORDER BY 1"))
                .contains(service);
        for (String table : List.of("service_configs", "backup_log", "user_activity", "flyway_schema_history")) {
            for (String deed : List.of("SELECT count(*) FROM public.", "DELETE FROM public.", "TRUNCATE public.")) {
                assertThat(host.may(service, "homelab", deed + table))
                        .as("%s: %s%s", service, deed, table)
                        .isFalse();
            }
        }
        try (Connection connection = host.as(service, "homelab");
                Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT service_name, database_size FROM public.service_status")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).isEqualTo(service);
            assertThat(row.getString(2)).isNotBlank();
            assertThat(row.next()).isFalse();
        }
    }

    private static String logged(String service) {
        return "SELECT public.log_user_activity('" + service + "', 'login', 'ann', '10.0.0.1')";
    }

    private static void assertNoPowerOverTheCluster(EnrolmentHost host, String service) throws SQLException {
        for (String deed : List.of(
                "CREATE ROLE another",
                "CREATE DATABASE another",
                "ALTER ROLE homelab PASSWORD 'x'",
                "ALTER SYSTEM SET fsync = off",
                "SELECT pg_read_file('postgresql.conf')",
                "COPY (SELECT 1) TO PROGRAM 'true'",
                "SELECT rolpassword FROM pg_authid",
                "SET ROLE homelab")) {
            assertThat(host.may(service, service, deed))
                    .as("%s: %s", service, deed)
                    .isFalse();
        }
        String limit = host.ask("homelab", "SELECT rolconnlimit::text FROM pg_roles WHERE rolname = '" + service + "'")
                .get(0);
        assertThat(limit).isEqualTo("50");
    }

    /**
     * cloudnative-pg #7133, zalando/postgres-operator #1630: grants drifted and were not repaired, so tenants could
     * connect to one another's databases.
     */
    @ParameterizedTest
    @MethodSource("versions")
    void driftIsFoundReportedAndRepaired(Programs version) throws Exception {
        try (EnrolmentHost host = EnrolmentHost.start(version, secrets)) {
            Boxes app = EnrolmentHost.service("app");
            Boxes other = EnrolmentHost.service("other");
            host.provision(app);
            host.provision(other);
            host.reconcile(app, other);
            assertThat(host.reconcile(app, other).repaired()).isEmpty();
            List<String> right = host.everything();

            for (Drift drift : drifts()) {
                host.run(drift.database(), drift.sql());
                assertThat(host.plan(app, other).steps())
                        .as("planned after: %s", drift.sql())
                        .isNotEmpty();

                Provisioner.Reconciliation done = host.reconcile(app, other);

                assertThat(reported(done)).as("after: %s", drift.sql()).contains(drift.said());
                assertThat(done.troubles()).isEmpty();
                assertThat(host.everything()).as("after: %s", drift.sql()).isEqualTo(right);
                assertThat(reported(host.reconcile(app, other)))
                        .as("twice: %s", drift.sql())
                        .isEmpty();
            }
        }
    }

    private record Drift(String database, String sql, String said) {}

    private static List<Drift> drifts() {
        return List.of(
                new Drift(
                        "homelab", "GRANT CONNECT ON DATABASE app TO PUBLIC", "every role may connect to database app"),
                new Drift(
                        "homelab",
                        "GRANT TEMPORARY ON DATABASE app TO PUBLIC",
                        "every role may connect to database app"),
                new Drift("homelab", "GRANT CONNECT ON DATABASE app TO other", "role other of another service"),
                new Drift("homelab", "GRANT CONNECT ON DATABASE postgres TO PUBLIC", "connect to database postgres"),
                new Drift("homelab", "GRANT CONNECT ON DATABASE homelab TO PUBLIC", "connect to database homelab"),
                new Drift(
                        "homelab",
                        "GRANT CONNECT ON DATABASE postgres TO app",
                        "role app has privileges on database postgres"),
                new Drift(
                        "homelab",
                        "GRANT CREATE, TEMPORARY ON DATABASE homelab TO app",
                        "may create objects in database"),
                new Drift(
                        "homelab",
                        "GRANT SELECT ON public.backup_log TO app",
                        "has privileges on tables of database homelab"),
                new Drift(
                        "homelab",
                        "GRANT ALL ON public.service_status TO app",
                        "has privileges on tables of database homelab"),
                new Drift(
                        "homelab",
                        "GRANT UPDATE (role_name) ON public.service_configs TO app",
                        "has privileges on tables of database homelab"),
                new Drift(
                        "homelab",
                        "GRANT CREATE ON SCHEMA public TO app WITH GRANT OPTION",
                        "role app may create objects in schema public of database homelab"),
                new Drift(
                        "homelab",
                        "GRANT CREATE ON SCHEMA public TO PUBLIC",
                        "every role may create objects in schema public of database homelab"),
                new Drift("homelab", "ALTER DATABASE homelab OWNER TO app", "database homelab belongs to role app"),
                new Drift(
                        "homelab",
                        "GRANT SELECT ON public.user_activity TO PUBLIC",
                        "every role has privileges on the journal"),
                new Drift(
                        "homelab",
                        "GRANT EXECUTE ON FUNCTION public.log_user_activity(varchar, varchar, varchar, inet) TO PUBLIC",
                        "every role has privileges on the journal"),
                new Drift(
                        "homelab",
                        "REVOKE EXECUTE ON FUNCTION public.log_user_activity(varchar, varchar, varchar, inet) FROM app",
                        "lacks the privileges to log activity"),
                new Drift(
                        "homelab",
                        "REVOKE CONNECT ON DATABASE homelab FROM app",
                        "lacks the privileges to log activity"),
                new Drift("homelab", "REVOKE SELECT ON public.service_status FROM app", "to read its own status"),
                new Drift("homelab", "ALTER ROLE app SUPERUSER", "attributes beyond its database"),
                new Drift("homelab", "ALTER ROLE app CREATEDB CREATEROLE BYPASSRLS", "attributes beyond its database"),
                new Drift("homelab", "ALTER ROLE app NOLOGIN", "may not log in"),
                new Drift("homelab", "ALTER ROLE app CONNECTION LIMIT -1", "has no connection limit"),
                new Drift("homelab", "GRANT other TO app", "is a member of role other"),
                new Drift("homelab", "GRANT pg_read_all_data TO app", "is a member of role pg_read_all_data"),
                new Drift("homelab", "ALTER DATABASE app OWNER TO homelab", "belongs to the administrator"),
                new Drift("homelab", "REVOKE ALL ON DATABASE app FROM app", "lacks privileges on its own database"),
                new Drift("homelab", "ALTER DATABASE app ALLOW_CONNECTIONS false", "does not allow connections"));
    }

    private static String reported(Provisioner.Reconciliation done) {
        return Stream.concat(
                        Stream.of(done.repaired(), done.closed())
                                .flatMap(map -> map.values().stream())
                                .flatMap(List::stream),
                        done.byContainer().values().stream().flatMap(result -> result.repaired().stream()))
                .collect(Collectors.joining("; "));
    }

    /** movetokube/postgres-operator #52, #8: objects kept another owner. */
    @ParameterizedTest
    @MethodSource("versions")
    void administratorsObjectsInItsDatabaseBecomeTheServices(Programs version) throws Exception {
        try (EnrolmentHost host = EnrolmentHost.start(version, secrets)) {
            Boxes app = EnrolmentHost.service("app");
            host.provision(app);
            host.reconcile(app);
            host.run("app", ADMINISTRATORS_OBJECTS);
            assertThat(host.may("app", "app", "SELECT * FROM public.restored")).isFalse();

            StringBuilder reported = new StringBuilder();
            await().untilAsserted(() -> {
                Provisioner.Reconciliation done = host.reconcile(app);
                assertThat(done.troubles()).isEmpty();
                assertThat(reported.append(reported(done))).contains("table public.restored", "schema \"inner\"");
            });
            assertThat(host.may("app", "app", "SELECT * FROM public.restored; DROP TABLE public.restored CASCADE"))
                    .isTrue();
            assertThat(host.may(
                            "app",
                            "app",
                            "INSERT INTO \"inner\".\"Odd \"\" name\" VALUES (1); DROP SCHEMA \"inner\" CASCADE"))
                    .isTrue();
            assertThat(host.may("app", "app", "DROP TYPE public.mood; DROP FUNCTION public.twice(int)"))
                    .isTrue();
            assertThat(host.may("app", "app", "DROP PUBLICATION whole")).isFalse();
            assertThat(host.may("app", "app", "DROP EXTENSION citext")).isFalse();
            assertThat(reported(host.reconcile(app))).doesNotContain("public");
        }
    }

    private static final String[] ADMINISTRATORS_OBJECTS = {
        "CREATE TABLE public.restored (n serial PRIMARY KEY, text text)",
        "CREATE INDEX ON public.restored (text)",
        "CREATE VIEW public.seen AS SELECT * FROM public.restored",
        "CREATE MATERIALIZED VIEW public.kept AS SELECT * FROM public.restored",
        "CREATE TYPE public.mood AS ENUM ('good', 'bad')",
        "CREATE DOMAIN public.small AS int CHECK (VALUE < 10)",
        "CREATE TYPE public.pair AS (a int, b int)",
        "CREATE TYPE public.span AS RANGE (subtype = int)",
        "CREATE FUNCTION public.twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'",
        "CREATE PROCEDURE public.nothing() LANGUAGE sql AS 'SELECT 1'",
        "CREATE AGGREGATE public.total(int) (sfunc = pg_catalog.int4pl, stype = int)",
        "CREATE OPERATOR public.|+| (leftarg = int, rightarg = int, function = pg_catalog.int4pl)",
        "CREATE COLLATION public.plain FROM \"C\"",
        "CREATE TEXT SEARCH CONFIGURATION public.words (COPY = pg_catalog.simple)",
        "CREATE STATISTICS public.together ON n, text FROM public.restored",
        "CREATE SCHEMA \"inner\"",
        "CREATE TABLE \"inner\".\"Odd \"\" name\" (m int) PARTITION BY RANGE (m)",
        "CREATE TABLE \"inner\".counted (n int GENERATED ALWAYS AS IDENTITY)",
        "CREATE TABLE \"inner\".part PARTITION OF \"inner\".\"Odd \"\" name\" DEFAULT",
        "SELECT pg_catalog.lo_create(4711)",
        "CREATE PUBLICATION whole FOR ALL TABLES",
        "CREATE PUBLICATION a_part FOR TABLE public.restored",
        "CREATE EXTENSION citext SCHEMA public"
    };

    @ParameterizedTest
    @MethodSource("versions")
    void databaseSettingsOfTheOwnerDoNotAffectUs(Programs version) throws Exception {
        try (EnrolmentHost host = EnrolmentHost.start(version, secrets)) {
            Boxes app = EnrolmentHost.service("app");
            host.provision(app);
            host.reconcile(app);
            try (Connection owner = host.as("app", "app");
                    Statement statement = owner.createStatement()) {
                for (String setting : List.of(
                        "search_path = evil, pg_catalog",
                        "role = app",
                        "default_transaction_read_only = on",
                        "statement_timeout = '1ms'")) {
                    statement.execute("ALTER DATABASE app SET " + setting);
                }
            }
            host.run("app", "CREATE TABLE public.restored (n int)");
            // The server updates a session's write counters only after the session has ended, which is later than the
            // end of its client.
            await().untilAsserted(() -> {
                assertThat(host.reconcile(app).troubles()).isEmpty();
                assertThat(host.ask("app", "SELECT tableowner FROM pg_catalog.pg_tables WHERE tablename = 'restored'"))
                        .containsExactly("app");
            });
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aServiceCannotKeepOurLock(Programs version) throws Exception {
        try (EnrolmentHost host = EnrolmentHost.start(version, secrets)) {
            host.provision(EnrolmentHost.service("app"));
            try (ObstinateSession holding = new ObstinateSession(host.server, "app", EnrolmentHost.PASSWORD)) {
                assertThat(holding).isNotNull();
                assertThat(host.provision(EnrolmentHost.service("next")).enrolment())
                        .isPresent();
            }
        }
    }
}
