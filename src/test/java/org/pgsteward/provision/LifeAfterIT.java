package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** What becomes of a service after it has its database. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LifeAfterIT {
    private final EnrolmentHost host;

    LifeAfterIT(@TempDir Path secrets) throws Exception {
        host = EnrolmentHost.on(TestCluster.start(), secrets);
    }

    @BeforeAll
    void closeWhatCameWithTheCluster() throws Exception {
        host.reconcile();
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    @Test
    void aServiceThatIsRenamedInComposeIsRefusedUntilSomebodyVouchesForIt() throws Exception {
        host.provision(EnrolmentHost.service("moving"));
        Boxes elsewhere = EnrolmentHost.service("moving").compose("other-project", "moving");

        Provisioner.Result refused = host.provision(elsewhere);
        assertThat(refused.refused()).isTrue();
        assertThat(refused.outcome().reason())
                .contains("belongs to 'homelab/moving'")
                .contains("pgsteward provision --adopt moving");

        assertThat(host.vouchFor(elsewhere).enrolment().orElseThrow().identity())
                .isEqualTo("other-project/moving");
        assertThat(host.provision(elsewhere).outcome()).isInstanceOf(Outcome.Skipped.class);
        assertThat(host.provision(EnrolmentHost.service("moving")).refused()).isTrue();
    }

    @Test
    void ofTwoContainersOfOneServiceTheOneMadeLastDecides() throws Exception {
        Boxes older = EnrolmentHost.service("pair", "pair", "pair", "before").made(Instant.EPOCH);
        Boxes newer = Boxes.container("pair-2")
                .compose("homelab", "pair")
                .made(Instant.EPOCH.plusSeconds(1))
                .with(
                        "VIKUNJA_DATABASE_HOST=postgresql",
                        "VIKUNJA_DATABASE_USER=pair",
                        "VIKUNJA_DATABASE_PASSWORD=after",
                        "VIKUNJA_DATABASE_DATABASE=pair");
        for (List<Boxes> order : List.of(List.of(older, newer), List.of(newer, older))) {
            host.reconcile(order.toArray(Boxes[]::new));
            host.server.connectAs("pair", new Secret("after"), "pair").close();
        }
    }

    @Test
    void oneMoreContainerOfTheSameApplicationSharesItsDatabase() throws Exception {
        host.provision(EnrolmentHost.service("authentik"));
        List<String> before = host.everything();
        Boxes worker = EnrolmentHost.service("authentik").compose("homelab", "authentik-worker");

        Provisioner.Result shared = host.provision(worker);

        assertThat(shared.refused()).isFalse();
        assertThat(shared.service()).isEqualTo("authentik");
        assertThat(shared.outcome().reason()).contains("of service authentik");
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void aServiceThatIsRenamedWithinItsProjectSharesUntilSomebodyVouchesForItAndIsTheSameServiceThen()
            throws Exception {
        Boxes before = named("chores", "chores", "of-the-service");
        Boxes after = named("todo", "chores", "of-the-service");
        host.provision(before);
        assertThat(host.provision(after).outcome().reason()).contains("of service chores");
        assertThat(host.vouchFor(after, before).outcome().reason())
                .as("while there are both, they share")
                .contains("of service chores");

        Provisioner.Result bound = host.vouchFor(after);

        assertThat(bound.enrolment().orElseThrow().service()).isEqualTo("chores");
        assertThat(bound.enrolment().orElseThrow().identity()).isEqualTo("homelab/todo");
        assertThat(host.provision(after).outcome()).isInstanceOf(Outcome.Skipped.class);
        assertThat(host.provision(before).refused()).isTrue();
        assertThat(host.reconcile(after).byContainer().values())
                .singleElement()
                .extracting(result -> result.enrolment().orElseThrow().service())
                .isEqualTo("chores");

        host.reconcile(named("todo", "chores", "another"));
        host.server.connectAs("chores", new Secret("another"), "chores").close();
        assertThat(host.ask(
                        "homelab", "SELECT service_name FROM public.service_configs WHERE database_name = 'chores'"))
                .containsExactly("chores");
    }

    @Test
    void aServiceThatIsRenamedWithItsProjectIsRefusedUntilSomebodyVouchesForIt() {
        host.provision(named("ledger", "ledger", "of-the-service"));
        Boxes elsewhere = named("books", "ledger", "of-the-service").compose("other-project", "books");
        assertThat(host.provision(elsewhere).refused()).isTrue();

        assertThat(host.vouchFor(elsewhere).enrolment().orElseThrow().identity())
                .isEqualTo("other-project/books");
        assertThat(host.provision(elsewhere).refused()).isFalse();
    }

    private static Boxes named(String service, String database, String password) {
        return EnrolmentHost.service(service, database, database, password);
    }

    @Test
    void aServiceThatIsSwitchedOffIsLeftAloneUntilItIsSwitchedOnAgain() throws Exception {
        Boxes on = EnrolmentHost.service("optional");
        Boxes off = EnrolmentHost.service("optional").label("pgsteward.enable", "false");
        host.provision(on);
        host.reconcile(off);
        host.run("homelab", "GRANT CONNECT ON DATABASE optional TO PUBLIC");

        assertThat(host.reconcile(off).repaired()).doesNotContainKey("optional");
        // Nor by a command that cannot ask the engine.
        assertThat(host.reconcile().repaired()).doesNotContainKey("optional");
        assertThat(host.ask(
                        "homelab", "SELECT pg_catalog.has_database_privilege('public', 'optional', 'CONNECT')::text"))
                .containsExactly("true");

        assertThat(host.reconcile(on).byContainer().get("id-of-optional"))
                .isNotNull()
                .satisfies(result -> assertThat(result.repaired()).hasSize(1));
    }

    @Test
    void otherNamesInItsVariablesGetAnotherDatabaseAndTheOldOneIsKept() throws Exception {
        host.provision(EnrolmentHost.service("renamed", "tasks", "renamed", "of-the-service"));
        try (Connection connection = host.as("renamed", "tasks")) {
            connection.createStatement().execute("CREATE TABLE kept (n int)");
        }
        Provisioner.Result result =
                host.provision(EnrolmentHost.service("renamed", "todos", "renamed", "of-the-service"));

        assertThat(result.outcome().reason()).contains("database todos does not exist");
        host.as("renamed", "todos").close();
        assertThat(host.ask("tasks", "SELECT count(*)::text FROM public.kept")).containsExactly("0");
        assertThat(host.ask(
                        "homelab", "SELECT database_name FROM public.service_configs WHERE service_name = 'renamed'"))
                .containsExactly("todos");
    }

    @Test
    void anotherImageIsAChangeAndTheSameOneInAnotherContainerIsNone() {
        host.provision(EnrolmentHost.service("updated").image("app:1"));
        assertThat(host.provision(EnrolmentHost.service("updated").image("app:1"))
                        .imageChange())
                .isEmpty();

        Provisioner.Result result =
                host.provision(EnrolmentHost.service("updated").image("app:2"));

        assertThat(result.imageChange().orElseThrow().fromImage()).isEqualTo("app:1");
        assertThat(result.imageChange().orElseThrow().toImage()).isEqualTo("app:2");
        assertThat(host.provision(EnrolmentHost.service("updated").image("app:2"))
                        .imageChange())
                .isEmpty();
    }

    @Test
    void anExtensionComesFromTheAllowListOrNotAtAll() throws Exception {
        assertThat(host.provision(EnrolmentHost.service("searching").label("pgsteward.extensions", "pg_trgm, citext"))
                        .enrolment())
                .isPresent();
        assertThat(host.ask("searching", "SELECT extname FROM pg_catalog.pg_extension ORDER BY 1"))
                .containsExactly("citext", "pg_trgm", "plpgsql");

        Provisioner.Result refused =
                host.provision(EnrolmentHost.service("reaching").label("pgsteward.extensions", "adminpack"));
        assertThat(refused.refused()).isTrue();
        assertThat(refused.outcome().reason()).contains("'adminpack'").contains("pgsteward.extensions.allowed");
        assertThat(host.ask("homelab", "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = 'reaching'"))
                .isEmpty();
    }

    @Test
    void withoutItsContainerADatabaseIsKeptAndKeptAsItShouldBe() throws Exception {
        host.provision(EnrolmentHost.service("abandoned"));
        host.run("homelab", "GRANT CONNECT ON DATABASE abandoned TO PUBLIC");

        assertThat(host.reconcile().repaired()).containsKey("abandoned");
        host.as("abandoned", "abandoned").close();
    }

    @Test
    void aServerThatWasStartedAnewMeanwhileIsNoticedBeforeItIsNeeded() throws Exception {
        host.provision(EnrolmentHost.service("before-restart"));
        host.cluster.kill();
        assertThat(host.provision(EnrolmentHost.service("during-restart")).worthRetrying())
                .isTrue();
        host.cluster.startAgain();
        assertThat(host.provision(EnrolmentHost.service("during-restart")).enrolment())
                .isPresent();
        host.cluster.kill();
        host.cluster.startAgain();
        assertThat(host.provision(EnrolmentHost.service("after-restart")).enrolment())
                .isPresent();
    }
}
