package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.app.Wiring;
import org.pgsteward.containers.Containers;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.recorded.RecordedEngine;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.ContainerSnapshot;
import org.pgsteward.model.Secret;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class DaemonProvisioningIT {
    /** Every role may read the names of all roles. */
    @Test
    void administratorsPasswordNeverBecomesAName() throws Exception {
        try (TestHost host = TestHost.start()) {
            Path secrets = Files.createDirectory(host.folder().resolve("secrets"));
            Path root = Files.writeString(secrets.resolve("db_root"), TestCluster.PASSWORD.reveal() + "\n");
            Files.writeString(secrets.resolve("copy"), TestCluster.PASSWORD.reveal());
            host.environment().remove("PGSTEWARD_POSTGRES_PASSWORD");
            host.environment()
                    .putAll(Map.of(
                            "PGSTEWARD_POSTGRES_PASSWORD_FILE", root.toString(),
                            "PGSTEWARD_SECRETS_DIR", secrets.toString()));
            Wiring wiring = host.wiring();
            wiring.house.order();
            try (Provisioner provisioner = wiring.provisioner()) {
                for (String file : List.of("db_root", "copy")) {
                    Container vikunja = container(
                            "vikunja",
                            Map.of(
                                    "VIKUNJA_DATABASE_TYPE", "postgres",
                                    "VIKUNJA_DATABASE_HOST", "postgresql",
                                    "VIKUNJA_DATABASE_USER_FILE", "/run/secrets/" + file,
                                    "VIKUNJA_DATABASE_PASSWORD", "its own",
                                    "VIKUNJA_DATABASE_DATABASE", "vikunja"));

                    ClaimResult result =
                            provisioner.provision(vikunja, Optional.of(container("postgresql", Map.of())), List.of());

                    assertThat(result.refused()).as(result.outcome().reason()).isTrue();
                    assertThat(result.outcome().reason())
                            .contains("VIKUNJA_DATABASE_USER_FILE")
                            .doesNotContain(TestCluster.PASSWORD.reveal());
                }
            }
            assertThat(wiring.server.ask("SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname = '"
                            + TestCluster.PASSWORD.reveal() + "'"))
                    .isEqualTo("0");
        }
    }

    /** Until the first reconcile every role may connect everywhere, and the list of containers may be late. */
    @Test
    void firstReconcileFollowsTheFirstListWithoutWarnings() throws Exception {
        try (TestHost host = TestHost.start();
                RecordedEngine recorded = new RecordedEngine(Clock.systemUTC());
                DockerEngine engine = DockerEngine.at(recorded.host())) {
            for (String name : List.of("vikunja", "flarum")) {
                host.cluster()
                        .run(
                                "homelab",
                                "CREATE ROLE " + name + " LOGIN PASSWORD 'demo-" + name + "'",
                                "CREATE DATABASE " + name,
                                "GRANT ALL PRIVILEGES ON DATABASE " + name + " TO " + name);
            }
            recorded.play("deploy");
            Wiring wiring = host.wiring("pgsteward.postgres.container", "postgresql");
            wiring.house.order();
            // Adds a row as the init script does, for a service without a container.
            host.cluster()
                    .run(
                            "homelab",
                            "INSERT INTO public.service_configs (service_name, database_name)"
                                    + " VALUES ('flarum', 'flarum')");
            Containers containers = wiring.containers(engine);
            DaemonProvisioning desk = wiring.daemonProvisioning(containers);
            try (Connection session = wiring.server.connectAs("flarum", new Secret("demo-flarum"), "flarum")) {
                assertThat(desk.reconcile()).as("before the first list").isEqualTo(ProvisionReport.NOTHING);
                containers.list();

                ProvisionReport report = desk.reconcileFirst();

                assertThat(report.conditions())
                        .noneMatch(condition -> condition.kind().equals("rights-changed")
                                && condition.severity().isPresent());
                assertThat(session.isValid(1)).as("an open session").isTrue();
                wiring.server
                        .connectAs("flarum", new Secret("demo-flarum"), "flarum")
                        .close();
            }
            assertThat(wiring.server.ask("SELECT COALESCE(pg_catalog.string_agg(datname, ' '), 'none')"
                            + " FROM pg_catalog.pg_database WHERE datallowconn"
                            + " AND pg_catalog.has_database_privilege('public', oid, 'CONNECT')"))
                    .isEqualTo("none");
            assertThat(desk.reconcileFirst()).isEqualTo(ProvisionReport.NOTHING);

            host.cluster().run("homelab", "CREATE DATABASE later");
            assertThat(desk.reconcile().conditions())
                    .filteredOn(condition -> condition.service().equals("later"))
                    .extracting(condition -> condition.severity().orElse(Severity.CRITICAL))
                    .as("notified as information, and resolved")
                    .contains(Severity.INFO)
                    .doesNotContain(Severity.WARNING);
        }
    }

    @Test
    void aPoolBeyondTheLimitOfTheRoleIsInformation() throws Exception {
        try (TestHost host = TestHost.start();
                RecordedEngine recorded = new RecordedEngine(Clock.systemUTC());
                DockerEngine engine = DockerEngine.at(recorded.host())) {
            recorded.play("deploy");
            Wiring wiring = host.wiring("pgsteward.postgres.container", "postgresql");
            wiring.house.order();
            Containers containers = wiring.containers(engine);
            containers.list();
            Container vikunja = containers.all().stream()
                    .filter(container -> container.name().equals("vikunja"))
                    .findFirst()
                    .orElseThrow();
            Map<String, String> small = vikunja.environment();
            Map<String, String> usual = new HashMap<>(small);
            usual.remove("VIKUNJA_DATABASE_MAXOPENCONNECTIONS");
            DaemonProvisioning desk = wiring.daemonProvisioning(containers);

            assertThat(pool(desk.provision(new ContainerSnapshot(with(vikunja, "usual", usual), false, false))))
                    .contains("vikunja INFO Vikunja may open 100 connections, and its role may have 50; set"
                            + " VIKUNJA_DATABASE_MAXOPENCONNECTIONS to 50 or less, or raise the limit with the label"
                            + " pgsteward.connections");
            assertThat(pool(desk.provision(new ContainerSnapshot(with(vikunja, "small", small), false, false))))
                    .contains("vikunja over its connection pool fits the limit of its role");
        }
    }

    private static Optional<String> pool(ProvisionReport report) {
        return report.conditions().stream()
                .filter(condition -> condition.kind().equals("pool-exceeds-limit"))
                .map(condition -> condition.service() + " "
                        + condition.severity().map(Enum::name).orElse("over") + " " + condition.reason())
                .findFirst();
    }

    private static Container with(Container container, String id, Map<String, String> environment) {
        return new Container(
                id,
                container.name(),
                container.image(),
                container.imageId(),
                container.state(),
                container.health(),
                container.exitCode(),
                false,
                false,
                container.labels(),
                environment,
                container.networks(),
                0,
                container.createdAt(),
                container.startedAt());
    }

    /** The host name of the original lab. */
    @Test
    void containerWithAnUnknownHostFiresAndIsNotIdle() throws Exception {
        SettableClock clock = new SettableClock();
        try (TestHost host = TestHost.start();
                RecordedEngine recorded = new RecordedEngine(Clock.systemUTC());
                DockerEngine engine = DockerEngine.at(recorded.host())) {
            recorded.play("deploy");
            Wiring wiring = host.wiring(Map.of("pgsteward.postgres.container", "postgresql"), clock);
            Containers containers = wiring.containers(engine);
            containers.list();
            DaemonProvisioning desk = wiring.daemonProvisioning(containers);
            desk.reconcile();
            recorded.play("mistakes");

            assertThat(alerts(containers, desk)).as("within the grace period").isEmpty();
            clock.pass(Duration.ofMinutes(2));
            List<Condition> alerts = alerts(containers, desk);
            desk.reconcile();

            assertThat(alerts).singleElement().satisfies(alert -> {
                assertThat(alert.key()).isEqualTo("database-unreachable:vikunja");
                assertThat(alert.severity()).contains(Severity.CRITICAL);
                assertThat(alert.reason()).contains("VIKUNJA_DATABASE_HOST names 'postgres'");
                assertThat(alert.remedy()).contains("VIKUNJA_DATABASE_HOST: postgresql");
            });
            assertThat(alerts(containers, desk))
                    .as("the same alert, and no other")
                    .hasSize(1);
            assertThat(wiring.server.ask("SELECT count(*) FROM public.service_configs"
                            + " WHERE service_name = 'vikunja' AND idle_since IS NOT NULL"))
                    .isEqualTo("0");

            recorded.play("deploy");
            containers.list();
            assertThat(containers.all().stream()
                            .filter(container -> container.name().equals("vikunja"))
                            .flatMap(container ->
                                    desk
                                            .provision(new ContainerSnapshot(container, false, false))
                                            .conditions()
                                            .stream()))
                    .as("resolved")
                    .anyMatch(condition -> condition.key().equals("database-unreachable:vikunja")
                            && condition.severity().isEmpty());
        }
    }

    private static List<Condition> alerts(Containers containers, DaemonProvisioning desk) {
        return containers.list().stream()
                .map(desk::provision)
                .flatMap(report -> report.conditions().stream())
                .filter(condition ->
                        condition.severity().isPresent() && !condition.kind().equals("enrolment-refused"))
                .toList();
    }

    /** The renamed service shares the database with its former name. Removing the former one would end its sessions. */
    @Test
    void serviceRenamedInComposeIsNotIdle() throws Exception {
        try (TestHost host = TestHost.start();
                RecordedEngine recorded = new RecordedEngine(Clock.systemUTC());
                DockerEngine engine = DockerEngine.at(recorded.host())) {
            recorded.play("deploy");
            Wiring wiring = host.wiring("pgsteward.postgres.container", "postgresql");
            Containers containers = wiring.containers(engine);
            containers.list();
            DaemonProvisioning desk = wiring.daemonProvisioning(containers);
            desk.reconcile();
            host.cluster()
                    .run(
                            "homelab",
                            "UPDATE public.service_configs SET service_name = 'tasks', identity = 'homelab/tasks',"
                                    + " idle_since = '2020-01-01' WHERE service_name = 'vikunja'");

            List<Condition> said = desk.reconcile().conditions().stream()
                    .filter(condition -> condition.kind().equals("service-idle")
                            && condition.service().equals("tasks"))
                    .toList();

            assertThat(said)
                    .singleElement()
                    .matches(condition -> condition.severity().isEmpty());
        }
    }

    private static Container container(String name, Map<String, String> variables) {
        return new Container(
                "id-of-" + name,
                name,
                "image",
                "sha256:0",
                Container.State.RUNNING,
                Container.Health.NONE,
                0,
                false,
                false,
                Map.of(),
                variables,
                Map.of("internal_db", Set.of(name)),
                0,
                Instant.EPOCH,
                Optional.empty());
    }
}
