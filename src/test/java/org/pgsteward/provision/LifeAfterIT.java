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

/** The life of a service after it has got its database. */
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
    void serviceInAnotherProjectIsRefusedUntilAdopted() throws Exception {
        host.provision(EnrolmentHost.service("moving"));
        Boxes elsewhere = EnrolmentHost.service("moving").compose("other-project", "moving");

        ClaimResult refused = host.provision(elsewhere);
        assertThat(refused.refused()).isTrue();
        assertThat(refused.outcome().reason())
                .contains("belongs to 'homelab/moving'")
                .contains("pgsteward provision --adopt moving");

        assertThat(refused.refusal().orElseThrow().remedy()).startsWith("pgsteward provision --adopt moving   # ");

        ClaimResult vouched = host.vouchFor(elsewhere);
        assertThat(vouched.enrolment().orElseThrow().identity()).isEqualTo("other-project/moving");
        assertThat(vouched.outcome()).isInstanceOf(Outcome.Done.class);
        assertThat(vouched.outcome().reason())
                .contains("service moving now belongs to other-project/moving instead of homelab/moving");
        assertThat(host.provision(elsewhere).outcome()).isInstanceOf(Outcome.Skipped.class);
        assertThat(host.provision(EnrolmentHost.service("moving")).refused()).isTrue();
    }

    @Test
    void aContainerWithTheLabelsOfAnotherDoesNotBecomeItsService() throws Exception {
        Boxes victim = EnrolmentHost.service("shop");
        host.reconcile(victim);
        try (Connection session = host.as("shop", "shop")) {
            session.createStatement().execute("CREATE TABLE cards (number text)");
        }
        List<String> before = host.everything();
        List<Boxes> impostors = List.of(
                impostor("shop", "shop", "shop", "evil"),
                impostor("shop", "shop", "evil", "evil"),
                impostor("shop", "evil", "evil", "evil"),
                impostor("shop", "evil", "evil", "evil").label("pgsteward.service", "evil"),
                impostor("shop", "shop", "shop", "evil").label("pgsteward.service", "evil"));

        for (Boxes impostor : impostors) {
            ClaimResult refused = host.provision(impostor, victim);
            assertThat(refused.refused()).isTrue();
            assertThat(refused.outcome().reason()).contains("'impostor'", "'shop'");
            assertThat(host.provision(victim, impostor).outcome()).isInstanceOf(Outcome.Skipped.class);
            assertThat(host.reconcile(victim, impostor).byContainer().get("id-of-impostor"))
                    .satisfies(result -> assertThat(result.refused()).isTrue());
            assertThat(host.plan(victim, impostor).refused())
                    .extracting(Provisioner.Plan.Refused::text)
                    .singleElement()
                    .asString()
                    .contains("'impostor'", "'shop'");
        }
        host.reconcile(victim, impostor("shop", "shop", "shop", "evil").label("pgsteward.enable", "false"));
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void aPasswordIsRotatedOnceTheOldContainerIsGone() throws Exception {
        Boxes old = EnrolmentHost.service("rotating");
        Boxes next = impostor("rotating", "rotating", "rotating", "new");
        host.provision(old);

        assertThat(host.provision(next, old).refused()).isTrue();
        host.as("rotating", "rotating").close();

        assertThat(host.provision(next).refused()).isFalse();
        host.server.connectAs("rotating", new Secret("new"), "rotating").close();
    }

    @Test
    void anOperatorMayAdoptTheOtherContainerWhichIsTheServiceThen() throws Exception {
        Boxes old = EnrolmentHost.service("chosen");
        Boxes next = impostor("chosen", "chosen", "chosen", "new");
        host.provision(old);

        assertThat(host.vouchFor(next, old).refused()).isFalse();

        host.server.connectAs("chosen", new Secret("new"), "chosen").close();
        assertThat(host.provision(next, old).refused()).isFalse();
        assertThat(host.provision(old, next).refused()).isTrue();
    }

    /**
     * Returns a container with the compose labels of {@code homelab/service}, created after the service's own, like the
     * new container of an update.
     */
    private static Boxes impostor(String service, String database, String user, String password) {
        return Boxes.container("impostor")
                .compose("homelab", service)
                .made(Instant.now())
                .with(
                        "VIKUNJA_DATABASE_TYPE=postgres",
                        "VIKUNJA_DATABASE_HOST=postgresql",
                        "VIKUNJA_DATABASE_USER=" + user,
                        "VIKUNJA_DATABASE_PASSWORD=" + password,
                        "VIKUNJA_DATABASE_DATABASE=" + database);
    }

    @Test
    void newestOfSeveralEqualContainersIsRecorded() throws Exception {
        Boxes first = EnrolmentHost.service("pair").image("app:1");
        Boxes last = impostor("pair", "pair", "pair", EnrolmentHost.PASSWORD.reveal())
                .image("app:2");
        for (List<Boxes> order : List.of(List.of(first, last), List.of(last, first))) {
            Provisioner.Reconciliation done = host.reconcile(order.toArray(Boxes[]::new));
            assertThat(done.byContainer().values()).noneMatch(ClaimResult::refused);
            assertThat(host.ask("homelab", "SELECT image FROM public.service_configs WHERE service_name = 'pair'"))
                    .containsExactly("app:2");
        }
        assertThat(host.provision(first, last).enrolment()).isEmpty();
    }

    @Test
    void oneMoreContainerOfTheSameApplicationSharesItsDatabase() throws Exception {
        host.provision(EnrolmentHost.service("authentik"));
        List<String> before = host.everything();
        Boxes worker = EnrolmentHost.service("authentik").compose("homelab", "authentik-worker");

        ClaimResult shared = host.provision(worker);

        assertThat(shared.refused()).isFalse();
        assertThat(shared.service()).isEqualTo("authentik");
        assertThat(shared.outcome().reason()).contains("of service authentik");
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void serviceRenamedInItsProjectSharesUntilAdopted() throws Exception {
        Boxes before = named("chores", "chores", "of-the-service");
        Boxes after = named("todo", "chores", "of-the-service");
        host.provision(before);
        assertThat(host.provision(after).outcome().reason()).contains("of service chores");
        assertThat(host.vouchFor(after, before).outcome().reason())
                .as("both containers exist: they share the database")
                .contains("of service chores");

        ClaimResult bound = host.vouchFor(after);

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
    void serviceRenamedWithItsProjectIsRefusedUntilAdopted() {
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
        // A command that cannot ask the engine does not repair it either.
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
        ClaimResult result = host.provision(EnrolmentHost.service("renamed", "todos", "renamed", "of-the-service"));

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

        ClaimResult result = host.provision(EnrolmentHost.service("updated").image("app:2"));

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

        ClaimResult refused =
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
