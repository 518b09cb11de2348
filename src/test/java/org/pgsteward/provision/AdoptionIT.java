package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;

/** A cluster of an init script is adopted while its services use it. */
@NeedsPostgres
class AdoptionIT {
    private static final List<String> SERVICES =
            List.of("vikunja", "hedgedoc", "linkding", "navidrome", "miniflux", "my-notes", "Wiki");

    @TempDir
    private Path secrets;

    static List<Programs> versions() {
        return EnrolmentHost.versions();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void databasesOfAnInitScriptAreAdoptedWhileInUse(Programs version) throws Exception {
        try (TestCluster cluster = TestCluster.start(version)) {
            asAnInitScriptDoes(cluster);
            List<Connection> clients = new ArrayList<>();
            for (String service : SERVICES) {
                Connection client = cluster.server().connectAs(service, EnrolmentHost.PASSWORD, service);
                client.createStatement().execute("CREATE TABLE migrated (n int); INSERT INTO migrated VALUES (1)");
                clients.add(client);
            }
            try (EnrolmentHost host = EnrolmentHost.on(cluster, secrets)) {
                List<Boxes> boxes = new ArrayList<>();
                SERVICES.forEach(service -> boxes.add(EnrolmentHost.service(service)));

                Provisioner.Reconciliation done = host.reconcile(boxes.toArray(Boxes[]::new));
                host.reconcile(boxes.toArray(Boxes[]::new));

                assertThat(done.byContainer().values())
                        .allSatisfy(result -> assertThat(result.enrolment())
                                .as(result.outcome().reason())
                                .isPresent());
                assertThat(done.troubles()).isEmpty();
                for (Connection client : clients) {
                    assertStillWorks(client);
                }
                for (String service : SERVICES) {
                    assertIsHardened(host, service);
                }
                assertThat(host.reconcile(boxes.toArray(Boxes[]::new)).repaired())
                        .isEmpty();
            }
        }
    }

    /**
     * Imitates the original init script: passwords set by hand, all databases owned by the administrator, privileges
     * granted once.
     */
    private static void asAnInitScriptDoes(TestCluster cluster) throws SQLException {
        cluster.run(
                "homelab",
                "CREATE TABLE public.service_configs (id SERIAL PRIMARY KEY, service_name VARCHAR(50) UNIQUE NOT NULL,"
                        + " database_name VARCHAR(50) NOT NULL, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"
                        + " updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)");
        for (String service : SERVICES) {
            cluster.run(
                    "homelab",
                    "CREATE USER \"" + service + "\" WITH PASSWORD '" + EnrolmentHost.PASSWORD.reveal() + "'",
                    "CREATE DATABASE \"" + service + "\"",
                    "GRANT ALL PRIVILEGES ON DATABASE \"" + service + "\" TO \"" + service + "\"",
                    "INSERT INTO public.service_configs (service_name, database_name) VALUES ('" + service + "', '"
                            + service + "')");
            cluster.run(
                    service,
                    "GRANT ALL PRIVILEGES ON SCHEMA public TO \"" + service + "\"",
                    "CREATE TABLE public.by_script (n int PRIMARY KEY, text text)",
                    "INSERT INTO public.by_script SELECT n, 'text' FROM pg_catalog.generate_series(1, 100) AS n",
                    "GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA public TO \"" + service + "\"",
                    "CREATE TABLE public.restored_later (n int)");
        }
    }

    private static void assertStillWorks(Connection client) throws SQLException {
        try (Statement statement = client.createStatement()) {
            statement.execute("SELECT count(*) FROM by_script");
            statement.execute("INSERT INTO migrated VALUES (2)");
            // Both statements failed with "permission denied" before.
            statement.execute("SELECT count(*) FROM restored_later");
            statement.execute("ALTER TABLE by_script ADD COLUMN more int");
        }
    }

    private static void assertIsHardened(EnrolmentHost host, String service) throws SQLException {
        host.as(service, service).close();
        for (String other : SERVICES) {
            assertThat(host.may(service, other, "SELECT 1"))
                    .as("%s in %s", service, other)
                    .isEqualTo(other.equals(service));
        }
        assertThat(host.may(service, "postgres", "SELECT 1")).isFalse();
        assertThat(host.ask(
                        "homelab",
                        "SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database WHERE datname = '"
                                + service + "'"))
                .containsExactly(service);
        assertThat(host.ask(
                        service, "SELECT DISTINCT tableowner FROM pg_catalog.pg_tables WHERE schemaname = 'public'"))
                .containsExactly(service);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void namesAloneGiveAStrangerNothing(Programs version) throws Exception {
        try (TestCluster cluster = TestCluster.start(version)) {
            asAnInitScriptDoes(cluster);
            cluster.run(
                    "homelab",
                    "CREATE DATABASE finance",
                    "CREATE ROLE old_style LOGIN",
                    "SET password_encryption = 'md5'",
                    "CREATE ROLE md5_style LOGIN PASSWORD 'of-the-service'",
                    "CREATE DATABASE md5_style");
            try (EnrolmentHost host = EnrolmentHost.on(cluster, secrets)) {
                host.reconcile();
                List<String> before = host.everything();

                assertRefused(
                        host, EnrolmentHost.service("vikunja", "vikunja", "vikunja", "guessed"), "another password");
                assertRefused(host, EnrolmentHost.service("mine", "vikunja", "mine", "any"), "service 'vikunja'");
                assertRefused(host, EnrolmentHost.service("mine", "finance", "mine", "any"), "without evidence");
                assertRefused(
                        host,
                        EnrolmentHost.service("vikunja", "finance", "vikunja", EnrolmentHost.PASSWORD.reveal()),
                        "without evidence");
                assertRefused(host, EnrolmentHost.service("mine", "mine", "old_style", "any"), "another password");
                assertRefused(host, EnrolmentHost.service("mine", "Finance", "mine", "any"), "only by case");
                assertRefused(host, EnrolmentHost.service("wiki", "mine", "mine", "any"), "only by case");
                assertThat(host.everything()).isEqualTo(before);

                assertThat(host.provision(EnrolmentHost.service("md5_style")).enrolment())
                        .isPresent();
                assertThat(host.vouchFor(EnrolmentHost.service("mine", "finance", "mine", "any"))
                                .enrolment())
                        .isPresent();
            }
        }
    }

    private static void assertRefused(EnrolmentHost host, Boxes box, String because) {
        ClaimResult result = host.provision(box);
        assertThat(result.refused()).as(result.outcome().reason()).isTrue();
        assertThat(result.outcome().reason()).contains(because).doesNotContain("\n");
    }

    /** Objects that any role could have created before the first run, and privileges that the administrator granted. */
    @ParameterizedTest
    @MethodSource("versions")
    void onlyAdministratorAndRightfulRoleShowOwnership(Programs version) throws Exception {
        try (TestCluster cluster = TestCluster.start(version)) {
            cluster.run("homelab", "CREATE ROLE aa LOGIN PASSWORD 'of-the-service'", "CREATE ROLE clerk");
            for (String name :
                    List.of("legacy", "upgraded", "opened", "shared", "reports", "bookings", "given", "own")) {
                cluster.run("homelab", "CREATE DATABASE " + name);
            }
            cluster.run("legacy", "CREATE TABLE public.adm (secret text)");
            cluster.run("upgraded", "GRANT CREATE ON SCHEMA public TO PUBLIC");
            cluster.run("homelab", "GRANT CREATE ON DATABASE opened TO PUBLIC");
            for (String name : List.of("legacy", "upgraded", "opened")) {
                try (Connection attacker = cluster.server().connectAs("aa", EnrolmentHost.PASSWORD, name)) {
                    attacker.createStatement()
                            .execute("SELECT pg_catalog.lo_create(0); CREATE TEMPORARY TABLE t (n int)");
                    switch (name) {
                        case "upgraded" -> attacker.createStatement().execute("CREATE TABLE public.t (n int)");
                        case "opened" ->
                            attacker.createStatement().execute("CREATE SCHEMA mine; CREATE TABLE mine.t (n int)");
                        default -> {}
                    }
                }
            }
            cluster.run(
                    "shared",
                    "GRANT ALL ON DATABASE shared TO aa",
                    "CREATE SCHEMA work AUTHORIZATION clerk",
                    "CREATE TABLE work.t (n int)");
            cluster.run(
                    "reports",
                    "CREATE TABLE public.t (n int)",
                    "GRANT SELECT ON public.t TO aa",
                    "GRANT CONNECT ON DATABASE reports TO aa");
            cluster.run(
                    "bookings",
                    "GRANT ALL ON SCHEMA public TO aa",
                    "CREATE TABLE public.t (n int)",
                    "CREATE TABLE public.closed (n int)",
                    "GRANT ALL ON public.t TO aa");
            cluster.run(
                    "given",
                    "GRANT ALL ON SCHEMA public TO aa",
                    "CREATE TABLE public.t (n int)",
                    "GRANT ALL ON ALL TABLES IN SCHEMA public TO aa");
            cluster.run("own", "CREATE SCHEMA work AUTHORIZATION aa", "CREATE TABLE work.t (n int)");
            cluster.run("own", "ALTER TABLE work.t OWNER TO aa");
            try (EnrolmentHost host = EnrolmentHost.on(cluster, secrets)) {
                List<String> before = host.everything();
                assertRefused(host, asking("legacy"), "without evidence");
                assertRefused(host, asking("upgraded"), "without evidence");
                assertRefused(host, asking("opened"), "without evidence");
                assertRefused(host, asking("shared"), "may belong to role 'clerk'");
                assertRefused(host, asking("reports"), "without evidence");
                assertRefused(host, asking("bookings"), "such as public.closed");
                assertThat(host.everything()).isEqualTo(before);
                assertThat(host.plan(asking("legacy")).refused()).hasSize(1);

                for (String name : List.of("given", "own")) {
                    assertThat(host.provision(asking(name)).outcome().reason())
                            .contains("database " + name + " belongs to the administrator");
                }
                assertThat(host.vouchFor(asking("legacy")).enrolment()).isPresent();
            }
        }
    }

    /** Returns the service {@code aa}, which asks for another database each time. */
    private static Boxes asking(String database) {
        return EnrolmentHost.service("aa", database, "aa", EnrolmentHost.PASSWORD.reveal());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void rolesUsingADatabaseOfNoServiceAreNotLockedOut(Programs version) throws Exception {
        try (TestCluster cluster = TestCluster.start(version)) {
            cluster.run(
                    "homelab",
                    "CREATE ROLE grafana LOGIN PASSWORD 'of-the-service'",
                    "CREATE ROLE guest LOGIN PASSWORD 'of-the-service'",
                    "CREATE ROLE visitor LOGIN PASSWORD 'of-the-service'",
                    "CREATE DATABASE dashboards");
            cluster.run("dashboards", "CREATE TABLE public.panels (n int)", "GRANT SELECT ON public.panels TO grafana");
            try (Connection visiting = cluster.server().connectAs("visitor", EnrolmentHost.PASSWORD, "dashboards");
                    EnrolmentHost host = EnrolmentHost.on(cluster, secrets)) {
                assertThat(visiting.isValid(1)).isTrue();
                host.reconcile();
                assertThat(host.may("grafana", "dashboards", "SELECT * FROM panels"))
                        .isTrue();
                assertThat(host.may("visitor", "dashboards", "SELECT 1")).isTrue();
                assertThat(host.may("guest", "dashboards", "SELECT 1")).isFalse();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void serviceWithAGrantOnAForeignDatabaseKeepsIt(Programs version) throws Exception {
        try (TestCluster cluster = TestCluster.start(version)) {
            cluster.run(
                    "homelab",
                    "CREATE ROLE clerk LOGIN",
                    "CREATE ROLE grafana LOGIN PASSWORD 'of-the-service'",
                    "CREATE DATABASE dashboards OWNER clerk");
            cluster.run("dashboards", "CREATE TABLE public.panels (n int)", "GRANT SELECT ON public.panels TO grafana");
            try (EnrolmentHost host = EnrolmentHost.on(cluster, secrets)) {
                Boxes grafana = EnrolmentHost.service("grafana");
                assertThat(host.provision(grafana).enrolment()).isPresent();

                assertThat(host.reconcile(grafana).closed().get("dashboards"))
                        .containsExactly(
                                "every role may connect to database dashboards; these roles keep access: grafana");

                assertThat(host.plan(grafana).steps()).isEmpty();
                Provisioner.Reconciliation done = host.reconcile(grafana);
                assertThat(done.repaired()).isEmpty();
                assertThat(done.byContainer().values())
                        .flatExtracting(ClaimResult::repaired)
                        .isEmpty();
                assertThat(host.provision(grafana).repaired()).isEmpty();
                assertThat(host.may("grafana", "dashboards", "SELECT * FROM panels"))
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void tableInUseIsAdoptedLaterWithoutLongWaits(Programs version) throws Exception {
        try (TestCluster cluster = TestCluster.start(version)) {
            asAnInitScriptDoes(cluster);
            try (EnrolmentHost host = EnrolmentHost.on(cluster, secrets);
                    Connection busy = cluster.server().connectAs("vikunja", EnrolmentHost.PASSWORD, "vikunja")) {
                busy.setAutoCommit(false);
                busy.createStatement().execute("SELECT * FROM by_script");
                Boxes box = EnrolmentHost.service("vikunja");

                ClaimResult result = host.provision(box);

                assertThat(result.worthRetrying()).isTrue();
                assertThat(result.outcome().reason())
                        .contains("remain; the first: ")
                        .contains("by_script");
                busy.commit();
                ClaimResult rest = host.provision(box);
                assertThat(rest.enrolment()).isPresent();
                assertThat(rest.repaired())
                        .as("repairs reported after the enrolment")
                        .isEmpty();
                host.reconcile(box);
                assertIsHardened(host, "vikunja");
            }
        }
    }
}
