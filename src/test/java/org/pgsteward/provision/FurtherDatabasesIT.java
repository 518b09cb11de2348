package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Containers with several databases, on a real PostgreSQL. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FurtherDatabasesIT {
    private EnrolmentHost host;
    private int made;

    /** The service of one test, and its further database. */
    private String app = "";

    private String log = "";

    @BeforeAll
    void start(@TempDir Path secrets) throws Exception {
        host = EnrolmentHost.on(TestCluster.start(), secrets);
        host.provision(EnrolmentHost.service("other"));
        host.reconcile();
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    @BeforeEach
    void name() {
        made++;
        app = "app-" + (100 + made);
        log = app + "-log";
    }

    private Boxes box() {
        return EnrolmentHost.service(app).label("pgsteward.further-databases", log);
    }

    private ClaimResult reconciled(Boxes box) throws SQLException {
        return Objects.requireNonNull(
                host.reconcile(box).byContainer().get(box.box().id()));
    }

    @Test
    void aContainerGetsTwoDatabasesWithOneRole() throws Exception {
        ClaimResult result = host.provision(box());

        assertThat(result.companions()).singleElement().satisfies(further -> {
            assertThat(further.service()).isEqualTo(log);
            assertThat(further.databaseMade()).isTrue();
        });
        assertHasBoth();
        assertThat(host.ask(
                        "homelab",
                        "SELECT service_name || ' ' || role_name || ' ' || COALESCE(companion_of, '-')"
                                + " FROM public.service_configs WHERE service_name IN ('" + app + "', '" + log
                                + "') ORDER BY 1"))
                .containsExactly(app + " " + app + " -", log + " " + app + " " + app);
        assertThatThrownBy(() -> host.as("other", log)).isInstanceOf(SQLException.class);
        assertChangesNothing(box());
    }

    @Test
    void aReconcileGrantsBothDatabasesInOneRun() throws Exception {
        assertThat(host.plan(box()).wishes())
                .extracting(Provisioner.Plan.Line::subject)
                .contains(app, log);

        ClaimResult result = reconciled(box());

        assertThat(result.all()).allMatch(one -> one.outcome() instanceof Outcome.Done);
        assertHasBoth();
        assertChangesNothing(box());
    }

    @Test
    void aChangedPasswordOpensBothDatabases() throws Exception {
        host.provision(
                EnrolmentHost.service(app, app, app, "the one before").label("pgsteward.further-databases", log));
        assertThatThrownBy(this::assertHasBoth).isInstanceOf(SQLException.class);

        ClaimResult result = reconciled(box().id("recreated"));

        assertThat(result.passwordSet()).isTrue();
        assertThat(result.companions()).noneMatch(ClaimResult::passwordSet);
        assertHasBoth();
    }

    @Test
    void aChangedRoleGetsBothDatabases() throws Exception {
        host.provision(box());

        host.provision(EnrolmentHost.service(app, app, app + "-new", EnrolmentHost.PASSWORD.reveal())
                .label("pgsteward.further-databases", log)
                .id("recreated"));

        for (String database : List.of(app, log)) {
            assertThat(host.may(app + "-new", database, "CREATE TABLE now (n int)"))
                    .isTrue();
        }
    }

    @Test
    void bothDatabasesOfAnInitScriptAreAdopted() throws Exception {
        host.run(
                "postgres",
                "CREATE ROLE \"" + app + "\" LOGIN PASSWORD '" + EnrolmentHost.PASSWORD.reveal() + "'",
                "CREATE DATABASE \"" + app + "\"",
                "CREATE DATABASE \"" + log + "\"",
                "GRANT ALL PRIVILEGES ON DATABASE \"" + app + "\" TO \"" + app + "\"",
                "GRANT ALL PRIVILEGES ON DATABASE \"" + log + "\" TO \"" + app + "\"");

        ClaimResult result = reconciled(box());

        assertThat(result.all()).noneMatch(ClaimResult::refused);
        assertHasBoth();
        assertChangesNothing(box());
    }

    @Test
    void theDatabaseOfAnotherServiceIsRefused() throws Exception {
        Boxes greedy = EnrolmentHost.service(app).label("pgsteward.further-databases", "other");

        ClaimResult result = host.provision(greedy);

        assertThat(result.refused()).isFalse();
        assertThat(result.companions()).singleElement().matches(ClaimResult::refused);
        assertThatThrownBy(() -> host.as(app, "other")).isInstanceOf(SQLException.class);
        assertThat(reconciled(greedy).companions()).singleElement().matches(ClaimResult::refused);
    }

    /** Compose's labels are no evidence. */
    @Test
    void anotherContainerWithTheLabelsGetsNoFurtherDatabase() throws Exception {
        host.provision(box());
        Boxes thief = EnrolmentHost.service(app, app, app, "guessed")
                .label("pgsteward.further-databases", log + "," + app + "-third")
                .id("thief");

        ClaimResult result = host.provision(thief, box());

        assertThat(result.refused()).isTrue();
        assertThat(host.ask("homelab", "SELECT datname FROM pg_database WHERE datname = '" + app + "-third'"))
                .isEmpty();
        assertHasBoth();
    }

    /** Another database name, so that the first claim alone is harmless. */
    @Test
    void theRoleOfAServiceIsNotTakenByACompanion() throws Exception {
        host.provision(box());
        Boxes thief = EnrolmentHost.service("thief-" + made, "thief-" + made, app, "guessed")
                .label("pgsteward.further-databases", log);

        ClaimResult result = host.provision(thief, box());

        assertThat(result.refused()).isTrue();
        assertHasBoth();
    }

    @Test
    void aWorkerOfTheSameProjectSharesBothDatabases() throws Exception {
        host.provision(box());
        Boxes worker = EnrolmentHost.service(app + "-worker", app, app, EnrolmentHost.PASSWORD.reveal())
                .label("pgsteward.further-databases", log);

        ClaimResult result = host.provision(worker, box());

        assertThat(result.all())
                .noneMatch(ClaimResult::refused)
                .allMatch(one -> one.outcome() instanceof Outcome.Skipped);
    }

    @Test
    void quarantineTakesBothDatabasesAndBringsThemBack() throws Exception {
        host.provision(box());
        Quarantine quarantine = new Quarantine(host.server, Clock.systemUTC());

        quarantine.begin(quarantine.find(app));

        assertThatThrownBy(this::assertHasBoth).isInstanceOf(SQLException.class);
        host.reconcile();
        assertThat(host.ask("homelab", "SELECT rolcanlogin FROM pg_roles WHERE rolname = '" + app + "'"))
                .containsExactly("f");
        assertThatThrownBy(() -> quarantine.undo(quarantine.find(log)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("'pgsteward remove --undo " + app + "' takes both out");
        quarantine.undo(quarantine.find(app));
        assertHasBoth();

        quarantine.begin(quarantine.find(app));
        quarantine.drop(quarantine.find(app));
        assertThat(host.ask("homelab", "SELECT rolname FROM pg_roles WHERE rolname = '" + app + "'"))
                .isEmpty();
        assertThat(host.ask(
                        "homelab", "SELECT service_name FROM public.service_configs WHERE role_name = '" + app + "'"))
                .isEmpty();
    }

    @Test
    void aFurtherDatabaseIsRemovedWithoutTheRole() throws Exception {
        host.provision(box());
        Quarantine quarantine = new Quarantine(host.server, Clock.systemUTC());

        quarantine.begin(quarantine.find(log));
        assertThat(host.may(app, app, "CREATE TABLE goes_on (n int)")).isTrue();
        assertThat(reconciled(box()).companions()).singleElement().matches(ClaimResult::refused);
        quarantine.drop(quarantine.find(log));

        assertThat(host.may(app, app, "CREATE TABLE still_goes_on (n int)")).isTrue();
    }

    @Test
    void eightFurtherDatabasesAreGrantedAndNineRefused() throws Exception {
        String eight = databases(8);
        ClaimResult result = host.provision(EnrolmentHost.service(app).label("pgsteward.further-databases", eight));
        assertThat(result.companions()).hasSize(8).allMatch(ClaimResult::databaseMade);

        ClaimResult nine =
                host.provision(EnrolmentHost.service(app).label("pgsteward.further-databases", databases(9)));

        assertThat(nine.refused()).isTrue();
        assertThat(nine.outcome().reason()).contains("names more than 8 databases; remove some");
    }

    private String databases(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(n -> app + "-" + n).collect(Collectors.joining(", "));
    }

    @Test
    void labelsSetLocaleAndConnectionLimit() throws Exception {
        host.provision(box().label("pgsteward.locale", "C").label("pgsteward.connections", "80"));

        for (String database : List.of(app, log)) {
            assertThat(host.ask(
                            "homelab",
                            "SELECT datcollate || datctype || pg_encoding_to_char(encoding) FROM pg_database WHERE datname = '"
                                    + database + "'"))
                    .containsExactly("CCUTF8");
        }
        assertThat(limit()).containsExactly("80");

        host.reconcile(box().label("pgsteward.locale", "C").label("pgsteward.connections", "30"));
        assertThat(limit()).containsExactly("30");
    }

    private List<String> limit() throws SQLException {
        return host.ask("homelab", "SELECT rolconnlimit FROM pg_roles WHERE rolname = '" + app + "'");
    }

    @Test
    void aLocaleThatPostgresqlDoesNotHaveIsNamed() throws Exception {
        ClaimResult result = host.provision(EnrolmentHost.service(app).label("pgsteward.locale", "xx_XX.UTF-8"));

        assertThat(result.outcome()).isInstanceOf(Outcome.Failed.class);
        assertThat(result.outcome().reason()).contains(app).contains("xx_XX.UTF-8");
    }

    /** The role has its name from the container, so the name is no evidence. */
    @Test
    void anEmptyDatabaseIsNotTakenByTheNameOfARole() throws Exception {
        host.run("postgres", "CREATE DATABASE \"" + log + "\"");
        Boxes greedy = EnrolmentHost.service(app, app, log, EnrolmentHost.PASSWORD.reveal())
                .label("pgsteward.further-databases", log);

        assertThat(host.provision(greedy).companions()).singleElement().matches(ClaimResult::refused);
        assertThat(reconciled(greedy).companions()).singleElement().matches(ClaimResult::refused);
        assertThat(owner(log)).containsExactly("homelab");
    }

    @Test
    void anAdoptedContainerBringsAllItsFurtherDatabases() throws Exception {
        String both = log + "," + app + "-third";
        host.provision(EnrolmentHost.service(app).label("pgsteward.further-databases", both));
        for (String project : List.of("homelab", "renamed")) {
            Boxes renamed = EnrolmentHost.service(app + "-in-" + project, app, app, EnrolmentHost.PASSWORD.reveal())
                    .label("pgsteward.further-databases", both)
                    .compose(project, app + "-new");

            ClaimResult result = host.vouchFor(renamed);

            assertThat(result.all()).hasSize(3).noneMatch(ClaimResult::refused);
            assertThat(host.ask(
                            "homelab",
                            "SELECT DISTINCT identity || ' ' || COALESCE(companion_of, service_name)"
                                    + " FROM public.service_configs WHERE role_name = '" + app + "'"))
                    .containsExactly(project + "/" + app + "-new " + app);
            assertChangesNothing(renamed);
        }
    }

    /** The operator vouches for the service that was named, and for no other one. */
    @Test
    void anAdoptionGivesNoDatabaseOfAnotherService() throws Exception {
        host.provision(box());
        Boxes greedy = EnrolmentHost.service("greedy-" + made)
                .label("pgsteward.further-databases", "other," + app + "," + log);

        ClaimResult result = host.vouchFor(greedy);

        assertThat(result.companions()).hasSize(3).allMatch(ClaimResult::refused);
        assertThat(owner("other")).containsExactly("other");
        assertHasBoth();
    }

    @Test
    void twoNewContainersNeverGetTheSameDatabaseInOneRun() throws Exception {
        Boxes first = EnrolmentHost.service(app + "-a").label("pgsteward.further-databases", log);
        Boxes second = EnrolmentHost.service(app + "-b").label("pgsteward.further-databases", log);

        for (int run = 0; run < 2; run++) {
            ClaimResult refused = Objects.requireNonNull(
                    host.reconcile(first, second).byContainer().get(second.box().id()));

            assertThat(refused.companions()).singleElement().matches(ClaimResult::refused);
            assertThat(owner(log)).containsExactly(app + "-a");
        }
    }

    @Test
    void aFormerRoleGetsNoLoginByItsFurtherDatabase() throws Exception {
        host.provision(box());
        Boxes without = EnrolmentHost.service(app, app, app + "-new", EnrolmentHost.PASSWORD.reveal())
                .id("recreated");
        host.provision(without);

        host.reconcile(without);

        assertThat(canLogIn()).containsExactly("f");
    }

    @Test
    void aRefusedDropLosesNoFurtherDatabase() throws Exception {
        host.provision(box());
        host.run("postgres", "CREATE DATABASE \"" + app + "_before_1\" OWNER \"" + app + "\"");
        Quarantine quarantine = new Quarantine(host.server, Clock.systemUTC());
        quarantine.begin(quarantine.find(app));

        assertThatThrownBy(() -> quarantine.drop(quarantine.find(app)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(app + "_before_1");

        quarantine.undo(quarantine.find(app));
        assertHasBoth();
    }

    @Test
    void aRemovalThatWasKilledGoesOnWithTheFurtherDatabases() throws Exception {
        host.provision(box());
        Quarantine quarantine = new Quarantine(host.server, Clock.systemUTC());
        Quarantine.QuarantinedService whole = quarantine.begin(quarantine.find(app));
        quarantine.undo(quarantine.find(app));
        leaveHalfRemoved(whole.database());
        assertThatThrownBy(() -> quarantine.drop(quarantine.find(app)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(log);

        host.reconcile(box());
        assertThat(canLogIn()).containsExactly("f");
        assertThat(quarantine.begin(quarantine.find(app)).database()).isEqualTo(whole.database());

        assertThat(quarantine.find(log).isQuarantined()).isTrue();
        assertThatThrownBy(() -> quarantine.begin(quarantine.find(app))).isInstanceOf(Refusal.class);
        quarantine.undo(quarantine.find(app));
        assertHasBoth();
    }

    /** A process leaves this if it is killed after it renamed the first database. */
    private void leaveHalfRemoved(String renamed) throws SQLException {
        host.run(
                "homelab",
                "ALTER DATABASE \"" + app + "\" RENAME TO \"" + renamed + "\"",
                "ALTER ROLE \"" + app + "\" NOLOGIN",
                "UPDATE public.service_configs SET quarantined_at = now(), quarantined_from = database_name,"
                        + " database_name = '" + renamed + "' WHERE service_name = '" + app + "'");
    }

    private List<String> owner(String database) throws SQLException {
        return host.ask(
                "homelab", "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '" + database + "'");
    }

    private List<String> canLogIn() throws SQLException {
        return host.ask("homelab", "SELECT rolcanlogin FROM pg_roles WHERE rolname = '" + app + "'");
    }

    private void assertHasBoth() throws SQLException {
        for (String database : List.of(app, log)) {
            try (Connection service = host.as(app, database);
                    Statement statement = service.createStatement()) {
                statement.execute("CREATE TABLE IF NOT EXISTS public.t (n int)");
            }
            assertThat(host.ask(
                            "homelab", "SELECT datdba::regrole FROM pg_database WHERE datname = '" + database + "'"))
                    .containsExactly("\"" + app + "\"");
        }
    }

    private void assertChangesNothing(Boxes box) throws SQLException {
        List<String> before = host.everything();
        host.reconcile(box);
        assertThat(host.everything()).containsExactlyInAnyOrderElementsOf(before);
    }
}
