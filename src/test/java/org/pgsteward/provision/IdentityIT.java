package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.pgsteward.TestHost;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.app.Wiring;
import org.pgsteward.containers.Containers;
import org.pgsteward.engine.DockerCli;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.NeedsEngine;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;

/** Real containers with the same compose labels, and a real PostgreSQL. */
@NeedsEngine
@ExtendWith(NeedsPostgres.Condition.class)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class IdentityIT {
    private final String unique = UUID.randomUUID().toString().substring(0, 8);
    private final String shop = "shop" + unique;
    private final String server = "pg-" + unique;
    private final DockerEngine engine = DockerEngine.at(NeedsEngine.Engine.host());
    private final SettableClock clock = new SettableClock();
    private final List<Condition> raised = new ArrayList<>();
    private final List<Activity> activities = new ArrayList<>();

    private TestHost host;
    private Wiring wiring;
    private Containers containers;
    private DaemonProvisioning desk;

    @BeforeEach
    void start() throws Exception {
        host = TestHost.start();
        wiring = host.wiring(Map.of("pgsteward.postgres.container", server), clock);
        containers = wiring.containers(engine);
        desk = wiring.daemonProvisioning(containers);
        docker("network", "create", unique);
        docker("create", "--name", server, "--network", unique, "debian:bookworm-slim", "true");
        make(shop + "-1", "the-first");
        docker("start", shop + "-1");
        relist();
        assertMayLogIn("the-first");
    }

    @AfterEach
    void stop() throws Exception {
        docker("ps", "--all", "--quiet", "--filter", "network=" + unique)
                .lines()
                .forEach(id -> docker("rm", "--force", id));
        docker("network", "rm", unique);
        engine.close();
        host.close();
    }

    @Test
    void containerWithForeignLabelsIsRefusedNamingBoth() throws Exception {
        make("evil-" + unique, "of-the-impostor");
        docker("start", "evil-" + unique);
        relist();
        clock.pass(Duration.ofMinutes(2));
        relist();

        assertMayLogIn("the-first");
        assertThat(refusals()).singleElement().satisfies(alert -> {
            assertThat(alert.service()).isEqualTo("evil-" + unique);
            assertThat(alert.reason()).contains("'evil-" + unique + "'", "'" + shop + "-1'");
            assertThat(alert.remedy())
                    .contains("docker rm -f evil-" + unique, "pgsteward provision --adopt evil-" + unique);
            assertThat(alert.reason() + alert.remedy()).doesNotContain("of-the-impostor", "the-first");
        });
        assertThat(activities)
                .anyMatch(row -> row.service().equals(shop) && row.action().equals("enrolment refused"));
        assertThat(containers.service(engine.container(docker("inspect", "--format", "{{.Id}}", "evil-" + unique))
                        .orElseThrow()))
                .as("service of the impostor")
                .isEmpty();

        docker("stop", "--time", "0", shop + "-1");
        relist();
        assertMayLogIn("the-first");
    }

    /** The container waited beside the service. Then the service was removed, as by {@code docker compose down}. */
    @Test
    void containerWaitingForARemovalGetsNothing() throws Exception {
        make("evil-" + unique, "of-the-impostor");
        relist();
        clock.pass(Duration.ofMinutes(11));
        relist();
        assertThat(refusals())
                .as("before the service is removed")
                .singleElement()
                .satisfies(alert -> assertThat(alert.reason()).contains("'" + shop + "-1'"));

        docker("rm", "--force", shop + "-1");
        docker("start", "evil-" + unique);
        relist();

        assertMayLogIn("the-first");
        assertThat(refusals()).isNotEmpty().allSatisfy(alert -> {
            assertThat(alert.service()).isEqualTo("evil-" + unique);
            assertThat(alert.reason()).contains("existed beside '" + shop + "-1'", "is not an update of");
            assertThat(alert.remedy()).contains("docker rm -f evil-" + unique, "pgsteward provision --adopt " + shop);
        });
        make(shop + "-1", "the-first");
        docker("start", shop + "-1");
        relist();
        assertMayLogIn("the-first");
    }

    /**
     * Follows the steps of {@code docker compose up}. The new container is created beside the old one, which is stopped
     * and removed. Then the new one is renamed and started.
     */
    @Test
    void composeRotatesAPasswordBeforeTheStartWithoutAlert() throws Exception {
        String old = docker("inspect", "--format", "{{.Id}}", shop + "-1");
        String passing = old.substring(0, 12) + "_" + shop + "-1";
        make(passing, "the-second");
        relist();
        clock.pass(Duration.ofMinutes(9));
        relist();
        assertMayLogIn("the-first");
        docker("stop", "--time", "0", shop + "-1");
        relist();
        docker("rm", old);
        relist();
        assertMayLogIn("the-second");
        docker("rename", passing, shop + "-1");
        docker("start", shop + "-1");
        relist();

        assertMayLogIn("the-second");
        assertThat(refusals()).isEmpty();
    }

    private void relist() throws Exception {
        raised.removeIf(condition -> condition.kind().equals("enrolment-refused"));
        containers.list().forEach(snapshot -> {
            ProvisionReport report = desk.provision(snapshot);
            raised.addAll(report.conditions());
            report.rows().stream()
                    .filter(Activity.class::isInstance)
                    .map(Activity.class::cast)
                    .forEach(activities::add);
        });
    }

    /** Returns the refusals of this test's containers, because the engine may have others. */
    private List<Condition> refusals() {
        return raised.stream()
                .filter(condition -> condition.kind().equals("enrolment-refused")
                        && condition.service().contains(unique)
                        && condition.severity().isPresent())
                .toList();
    }

    private void make(String name, String password) {
        docker(
                "create",
                "--name",
                name,
                "--network",
                unique,
                "--label",
                "com.docker.compose.project=" + unique,
                "--label",
                "com.docker.compose.service=" + shop,
                "--env",
                "DATABASE_URL=postgres://" + shop + ":" + password + "@" + server + "/" + shop,
                "debian:bookworm-slim",
                "sleep",
                "600");
    }

    private void assertMayLogIn(String password) throws SQLException {
        wiring.server.connectAs(shop, new Secret(password), shop).close();
        assertThatThrownBy(() -> wiring.server
                        .connectAs(shop, new Secret("of-the-impostor"), shop)
                        .close())
                .isInstanceOf(SQLException.class);
    }

    private static String docker(String... arguments) {
        return DockerCli.docker(arguments);
    }
}
