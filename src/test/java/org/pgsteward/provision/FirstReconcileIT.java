package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/** The first reconcile after a start opens only databases that are in another state than at their last check. */
@NeedsPostgres
class FirstReconcileIT {
    private static final Boxes APP = EnrolmentHost.service("app").label("pgsteward.extensions", "citext");
    private static final Boxes OTHER = EnrolmentHost.service("other");

    /** A reconcile without changes has 22 statements, and one more for the recorded extensions. */
    private static final int FEW = 30;

    @TempDir
    private Path secrets;

    static List<Programs> versions() {
        return EnrolmentHost.versions();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void numberOfStatementsIsThatOfFewServices(Programs version) throws Exception {
        try (EnrolmentHost host = started(version)) {
            host.run("postgres", "CREATE EXTENSION pg_stat_statements SCHEMA public");
            Boxes[] few = services(3);
            Boxes[] many = services(30);
            settle(host, few);
            long statements = statements(host, few);

            settle(host, many);

            assertThat(statements).isBetween(1L, (long) FEW);
            assertThat(statements(host, many)).isEqualTo(statements);
        }
    }

    /** Every fourth service has an extension. */
    private static Boxes[] services(int number) {
        return IntStream.range(0, number)
                .mapToObj(i -> {
                    Boxes service = EnrolmentHost.service("service" + i);
                    return i % 4 == 0 ? service.label("pgsteward.extensions", "citext") : service;
                })
                .toArray(Boxes[]::new);
    }

    private long statements(EnrolmentHost host, Boxes... boxes) throws Exception {
        String count = "SELECT sum(calls) FROM public.pg_stat_statements";
        long before = Long.parseLong(host.ask("postgres", count).get(0));
        first(host, boxes);
        return Long.parseLong(host.ask("postgres", count).get(0)) - before;
    }

    @ParameterizedTest
    @MethodSource("versions")
    void driftDuringAStopIsRepairedAtTheStart(Programs version) throws Exception {
        try (EnrolmentHost host = started(version)) {
            settle(host, APP, OTHER);
            host.run("homelab", "CREATE ROLE ann LOGIN");
            for (Drift drift : DRIFTS) {
                settle(host, APP, OTHER);
                drift.apply(host);
                StringBuilder reported = new StringBuilder();
                // PostgreSQL counts the writes of a session shortly after its client has closed it.
                await().untilAsserted(() -> assertThat(reported.append(reported(first(host, APP, OTHER))))
                        .as(drift.sql())
                        .contains(drift.reason()));
                settle(host, APP, OTHER);
                assertThat(reported(everything(host))).as(drift.sql()).isEmpty();
            }
        }
    }

    private record Drift(String database, String sql, String reason) {
        void apply(EnrolmentHost host) throws SQLException {
            host.run(database, sql.split("; "));
        }
    }

    private static final List<Drift> DRIFTS = List.of(
            new Drift("app", "CREATE TABLE public.restored (n int)", "table public.restored in database app"),
            new Drift("app", "ALTER TABLE public.restored OWNER TO homelab", "table public.restored in database app"),
            new Drift(
                    "app",
                    "ALTER SCHEMA public OWNER TO homelab; REVOKE ALL ON SCHEMA public FROM pg_database_owner, PUBLIC",
                    "role app lacks privileges on schema public"),
            new Drift("app", "DROP EXTENSION citext", "database app lacks the extension citext"),
            // Ann's table is no drift before she is a superuser, and nothing in the database changes then.
            new Drift(
                    "app",
                    "GRANT CREATE ON SCHEMA public TO ann; SET ROLE ann; CREATE TABLE public.anns (n int); RESET ROLE;"
                            + " SELECT pg_catalog.pg_stat_force_next_flush()",
                    ""),
            new Drift("homelab", "ALTER ROLE ann SUPERUSER", "table public.anns in database app"),
            new Drift(
                    "homelab",
                    "DROP DATABASE other; CREATE DATABASE other OWNER other",
                    "every role may connect to database other"),
            new Drift("other", "CREATE SCHEMA ours", "schema ours in database other"),
            new Drift(
                    "homelab",
                    "DROP DATABASE other; REVOKE ALL ON DATABASE homelab FROM other; DROP OWNED BY other;"
                            + " DROP ROLE other",
                    "role other does not exist"),
            new Drift("homelab", "REVOKE ALL ON DATABASE app FROM app", "lacks privileges on its own database"),
            new Drift("homelab", "GRANT CONNECT ON DATABASE app TO other", "role other of another service"),
            new Drift("homelab", "ALTER DATABASE app OWNER TO homelab", "belongs to the administrator"),
            new Drift("homelab", "ALTER ROLE app NOLOGIN", "may not log in"),
            new Drift("homelab", "ALTER ROLE app PASSWORD 'other'", "another password"));

    @ParameterizedTest
    @MethodSource("versions")
    void onlyChangedDatabaseIsChecked(Programs version) throws Exception {
        try (EnrolmentHost host = started(version)) {
            settle(host, APP, OTHER);
            Map<String, String> before = checks(host);

            host.run("other", "CREATE TABLE public.work (n int)", "ALTER TABLE public.work OWNER TO other");
            await().until(() -> {
                first(host, APP, OTHER);
                return !Objects.equals(checks(host).get("other"), before.get("other"));
            });

            assertThat(checks(host)).containsEntry("app", before.get("app"));
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void newContainerOfAnUnchangedServiceIsGranted(Programs version) throws Exception {
        try (EnrolmentHost host = started(version)) {
            settle(host, APP, OTHER);
            Boxes changed =
                    EnrolmentHost.service("other", "other", "other", "new").id("another-id");

            assertThat(reported(first(host, APP, changed, EnrolmentHost.service("third"))))
                    .contains("role other has another password", "database third does not exist");
            host.server.connectAs("other", new Secret("new"), "other").close();
            host.as("third", "third").close();
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void everythingIsCheckedOnceTheCountersWereReset(Programs version) throws Exception {
        try (EnrolmentHost host = started(version)) {
            settle(host, APP, OTHER);
            assertAllChecked(host, () -> host.run("app", "SELECT pg_catalog.pg_stat_reset()"), "app");
            assertAllChecked(
                    host,
                    () -> {
                        host.cluster.kill();
                        host.cluster.startAgain();
                    },
                    "app",
                    "other");
            assertAllChecked(host, () -> everything(host), "app", "other");
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void databasesAreCheckedEachTimeIfPostgresqlDoesNotCount(Programs version) throws Exception {
        try (EnrolmentHost host = started(version)) {
            settle(host, APP, OTHER);
            host.run("homelab", "ALTER SYSTEM SET track_counts = off", "SELECT pg_reload_conf()");
            await().until(() -> host.ask("app", "SHOW track_counts").equals(List.of("off")));
            host.run("other", "CREATE SCHEMA uncounted");

            assertThat(reported(first(host, APP, OTHER))).contains("schema uncounted in database other");
        }
    }

    private interface Change {
        void make() throws Exception;
    }

    private void assertAllChecked(EnrolmentHost host, Change change, String... databases) throws Exception {
        Map<String, String> before = checks(host);
        change.make();
        first(host, APP, OTHER);
        Map<String, String> after = checks(host);
        for (String database : databases) {
            assertThat(after.get(database)).isNotEqualTo(before.get(database));
        }
        settle(host, APP, OTHER);
    }

    /** Reconciles as after a start, until no database is checked any more. */
    private void settle(EnrolmentHost host, Boxes... boxes) {
        await().until(() -> {
            Map<String, String> before = checks(host);
            Provisioner.Reconciliation done = first(host, boxes);
            assertThat(done.troubles()).isEmpty();
            return before.size() >= boxes.length && checks(host).equals(before);
        });
    }

    /** Returns the time of the last check of each database. */
    private static Map<String, String> checks(EnrolmentHost host) throws SQLException {
        return host.ask("homelab", "SELECT database_name || ' ' || checked_at FROM public.checked_databases").stream()
                .map(line -> line.split(" ", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1], (one, other) -> one, TreeMap::new));
    }

    /** Without the worker, whose statistics are writes too. */
    private EnrolmentHost started(Programs version) throws Exception {
        return EnrolmentHost.on(
                TestCluster.start(
                        version, Map.of("autovacuum", "off", "shared_preload_libraries", "pg_stat_statements")),
                secrets);
    }

    /** Reconciles as the daemon does after a start. */
    private Provisioner.Reconciliation first(EnrolmentHost host, Boxes... boxes) throws Exception {
        try (Provisioner daemon = EnrolmentHost.provisioner(host.server, secrets, step -> {})) {
            return reconcile(daemon, boxes);
        }
    }

    /** Reconciles as the command does. */
    private Provisioner.Reconciliation everything(EnrolmentHost host) throws Exception {
        try (Provisioner command = EnrolmentHost.provisioner(host.server, secrets, false, step -> {})) {
            return reconcile(command, APP, OTHER);
        }
    }

    private static Provisioner.Reconciliation reconcile(Provisioner provisioner, Boxes... boxes) throws SQLException {
        List<Container> containers = Stream.of(boxes).map(Boxes::box).toList();
        return provisioner.reconcile(containers, Optional.of(EnrolmentHost.POSTGRES));
    }

    private static String reported(Provisioner.Reconciliation done) {
        return Stream.concat(
                        done.repaired().values().stream().flatMap(List::stream),
                        done.byContainer().values().stream()
                                .filter(result -> result.outcome() instanceof org.pgsteward.model.Outcome.Done)
                                .map(result -> result.outcome().reason()))
                .collect(Collectors.joining("; "));
    }
}
