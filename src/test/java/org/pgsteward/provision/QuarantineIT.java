package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.TestCluster;

@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QuarantineIT {
    private static final Instant BASTILLE_DAY = Instant.parse("2026-07-14T12:00:00Z");

    private EnrolmentHost host;
    private Quarantine quarantine;
    private int made;

    /** The service of one test, with a row in its database. */
    private String app = "";

    @BeforeAll
    void start(@TempDir Path secrets) throws Exception {
        host = EnrolmentHost.on(TestCluster.start(), secrets);
        quarantine = new Quarantine(host.server, Clock.fixed(BASTILLE_DAY, ZoneOffset.UTC));
        host.provision(EnrolmentHost.service("other"));
        host.reconcile();
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    @BeforeEach
    void enrol() throws SQLException {
        made++;
        app = "app-" + (100 + made);
        assertThat(host.provision(EnrolmentHost.service(app)).enrolment()).isPresent();
        try (Connection service = host.as(app, app);
                Statement statement = service.createStatement()) {
            statement.execute("CREATE TABLE tasks (n int); INSERT INTO tasks VALUES (42)");
        }
    }

    @Test
    void quarantineStopsLoginsAndKeepsTheData() throws Exception {
        try (Connection open = host.as(app, app);
                Statement statement = open.createStatement()) {
            statement.execute("SELECT n FROM tasks");

            Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));

            assertThatThrownBy(() -> statement.execute("SELECT n FROM tasks")).isInstanceOf(SQLException.class);
            assertThat(subject.database()).matches("removed_20260714_[0-9a-f]{8}");
            assertThat(subject.before()).contains(app);
            assertThat(quarantine.find(app)).isEqualTo(subject);
            assertThat(host.ask("homelab", row("quarantined_at IS NOT NULL"))).containsExactly("t");
            assertThat(databases(app)).isEmpty();
            assertNobodyLogsIn(subject);
            assertThat(host.ask(subject.database(), "SELECT n FROM public.tasks"))
                    .containsExactly("42");
        }
    }

    /** The role's sessions come back and keep the row of their role locked. */
    @Test
    void aServiceThatKeepsItsRoleLockedIsPutThereAllTheSame() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch locked = new CountDownLatch(1);
        List<Thread> threads = new ArrayList<>();
        for (int n = 0; n < 4; n++) {
            Thread thread = new Thread(() -> keepLocked(over, locked), "attack");
            thread.start();
            threads.add(thread);
        }
        locked.await();
        try {
            assertNobodyLogsIn(quarantine.begin(quarantine.find(app)));
        } finally {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private void keepLocked(AtomicBoolean over, CountDownLatch locked) {
        while (!over.get()) {
            try (Connection connection = host.as(app, app);
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("ALTER ROLE CURRENT_USER SET work_mem = '2MB'");
                statement.execute("ALTER ROLE CURRENT_USER PASSWORD '" + EnrolmentHost.PASSWORD.reveal() + "'");
                locked.countDown();
                statement.execute("SELECT pg_sleep(60)");
            } catch (SQLException ended) {
                Thread.onSpinWait();
            }
        }
    }

    private void assertNobodyLogsIn(Quarantine.QuarantinedService subject) {
        for (String database : List.of(app, subject.database(), "homelab", "postgres")) {
            assertThatThrownBy(() -> host.as(app, database).close())
                    .as(database)
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("is not permitted to log in");
        }
        assertThatThrownBy(() -> host.as("other", subject.database()).close())
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("permission denied for database");
    }

    @Test
    void claimOfAQuarantinedServiceNamesTheUndoCommand() throws Exception {
        quarantine.begin(quarantine.find(app));
        List<String> before = host.everything();

        ClaimResult result = host.provision(EnrolmentHost.service(app));

        assertThat(result.refused()).isTrue();
        assertThat(result.outcome().reason())
                .contains("in quarantine")
                .contains("pgsteward remove --undo " + app)
                .hasLineCount(1);
        assertThat(host.vouchFor(EnrolmentHost.service(app)).refused())
                .as("adopted by the operator")
                .isTrue();
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void aLookAtEverythingLeavesItAlone() throws Exception {
        quarantine.begin(quarantine.find(app));
        List<String> before = host.everything();

        Provisioner.Reconciliation gone = host.reconcile();
        Provisioner.Reconciliation claimed = host.reconcile(EnrolmentHost.service(app));

        assertThat(gone.repaired()).doesNotContainKey(app);
        assertThat(gone.troubles()).isEmpty();
        assertThat(claimed.repaired()).doesNotContainKey(app);
        assertThat(claimed.byContainer().values()).singleElement().matches(ClaimResult::refused);
        assertThat(host.everything()).isEqualTo(before);
    }

    @Test
    void takenBackItWorksAsBeforeWithTheSameData() throws Exception {
        host.reconcile(EnrolmentHost.service(app));
        List<String> before = withoutTimes();
        quarantine.begin(quarantine.find(app));

        Quarantine.QuarantinedService subject = quarantine.undo(quarantine.find(app));

        assertThat(subject.isQuarantined()).isFalse();
        assertThat(quarantine.find(app)).isEqualTo(subject);
        assertThat(withoutTimes()).isEqualTo(before);
        assertWorksAsBefore();
        assertThat(host.plan(EnrolmentHost.service(app)).steps()).isEmpty();
    }

    @Test
    void undoEndsAShutOut() throws Exception {
        host.reconcile(EnrolmentHost.service(app));
        host.run("homelab", "ALTER ROLE " + Quote.identifier(app) + " NOLOGIN CONNECTION LIMIT 0");
        quarantine.begin(quarantine.find(app));

        quarantine.undo(quarantine.find(app));

        assertWorksAsBefore();
    }

    private void assertWorksAsBefore() throws SQLException {
        assertThat(host.ask(app, "SELECT n FROM public.tasks")).containsExactly("42");
        assertThat(host.may(app, app, "INSERT INTO tasks SELECT n + 1 FROM tasks; CREATE SCHEMA more"))
                .isTrue();
        assertThat(host.may("other", app, "SELECT 1")).isFalse();
    }

    /** vault #1857: a role that owned an object could not be removed. */
    @Test
    void onlyQuarantinedServicesAreDeletedCompletely() throws Exception {
        Quarantine.QuarantinedService subject = quarantine.find(app);
        assertThatThrownBy(() -> quarantine.drop(subject))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("not in quarantine")
                .hasMessageContaining("'pgsteward remove " + app + "'");
        assertThat(databases(app)).isNotEmpty();

        Quarantine.QuarantinedService quarantined = quarantine.begin(subject);
        quarantine.drop(quarantined);

        assertIsGone(quarantined);
        assertThat(host.provision(EnrolmentHost.service(app)).enrolment())
                .as("enrolment with the released name")
                .isPresent();
        assertThat(host.ask(app, "SELECT relname FROM pg_catalog.pg_class WHERE relname = 'tasks'"))
                .isEmpty();
    }

    @Test
    void databaseKeptByARestoreIsNamedAndStopsTheDrop() throws Exception {
        Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));
        String kept = app + "_before_20260101T030000Z";
        host.run("homelab", "CREATE DATABASE \"" + kept + "\"");
        host.run(
                kept,
                "CREATE TABLE public.tasks AS SELECT 1 AS n",
                "ALTER TABLE public.tasks OWNER TO \"" + subject.role() + "\"");
        host.run("homelab", "ALTER DATABASE \"" + kept + "\" ALLOW_CONNECTIONS false");

        assertThatThrownBy(() -> quarantine.drop(subject))
                .isInstanceOf(Refusal.class)
                .hasMessage("cannot delete service '" + app + "': its role " + subject.role()
                        + " still owns objects or has privileges in " + kept
                        + "; if you no longer need the database that a restore kept,"
                        + " run: DROP DATABASE \"" + kept + "\", and try again");

        assertThat(host.ask(subject.database(), "SELECT n FROM public.tasks")).containsExactly("42");
        host.run("homelab", "DROP DATABASE \"" + kept + "\"");
        quarantine.drop(subject);
        assertIsGone(subject);
    }

    @Test
    void otherDatabaseOfTheRoleIsNamedAndStopsTheDrop() throws Exception {
        // The operator corrected a mistyped name. The first database remains.
        String mistyped = app + "a";
        host.run("homelab", "CREATE DATABASE \"" + mistyped + "\" OWNER \"" + app + "\"");
        Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));

        assertThatThrownBy(() -> quarantine.drop(subject))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("its role " + app + " still owns objects or has privileges in " + mistyped)
                .hasMessageContaining("REASSIGN OWNED BY \"" + app + "\"");

        assertThat(host.ask(subject.database(), "SELECT n FROM public.tasks")).containsExactly("42");
        host.run(mistyped, "REASSIGN OWNED BY \"" + app + "\" TO homelab", "DROP OWNED BY \"" + app + "\"");
        quarantine.drop(subject);
        assertIsGone(subject);
        assertThat(databases(mistyped)).isNotEmpty();
        host.run("homelab", "DROP DATABASE \"" + mistyped + "\"");
    }

    @Test
    void undoIsRefusedIfTheDatabaseIsGone() throws Exception {
        Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));
        host.run("homelab", "DROP DATABASE " + subject.database());
        List<String> before = host.everything();

        assertThatThrownBy(() -> quarantine.undo(subject))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("databases " + subject.database() + " and " + app + " do not exist")
                .hasMessageContaining("'pgsteward remove --drop " + app + "'")
                .satisfies(refused -> assertThat(refused.getMessage()).hasLineCount(1));
        assertThat(host.everything()).isEqualTo(before);
    }

    private void assertIsGone(Quarantine.QuarantinedService subject) throws SQLException {
        assertThat(databases(app)).isEmpty();
        assertThat(databases(subject.database())).isEmpty();
        assertThat(host.ask("homelab", "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = '" + app + "'"))
                .isEmpty();
        assertThat(host.ask("homelab", row("service_name"))).isEmpty();
        assertThatThrownBy(() -> quarantine.find(app))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("cannot find service '" + app + "'");
        assertThat(host.may("other", "other", "CREATE TABLE passing (n int); DROP TABLE passing"))
                .as("another service still works")
                .isTrue();
    }

    @Test
    void aSecondTimeItIsRefusedWithTheNameOfTheDatabase() throws Exception {
        Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));
        assertThatThrownBy(() -> quarantine.begin(quarantine.find(app)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(subject.database());
        assertThatThrownBy(() -> quarantine.undo(quarantine.find("other")))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("not in quarantine");
    }

    @Test
    void whileAnotherDatabaseHasItsNameItStaysWhereItIs() throws Exception {
        Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));
        host.run("homelab", "CREATE DATABASE \"" + app + "\"");
        List<String> before = host.everything();

        assertThatThrownBy(() -> quarantine.undo(subject))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("another database has the name " + app);
        assertThat(host.everything()).isEqualTo(before);

        host.run("homelab", "DROP DATABASE \"" + app + "\"");
        quarantine.undo(subject);
        assertWorksAsBefore();
    }

    @Test
    void begunAndKilledAfterTheRowItIsBegunAgain() throws Exception {
        markTheRow();
        assertBegunAgain();
    }

    @Test
    void begunAndKilledBeforeTheNewNameItIsBegunAgain() throws Exception {
        leaveItHalfBegun();
        assertBegunAgain();
    }

    private void assertBegunAgain() throws Exception {
        assertThat(host.provision(EnrolmentHost.service(app)).refused()).isTrue();
        Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));
        assertThat(subject.before()).contains(app);
        assertNobodyLogsIn(subject);
        quarantine.undo(quarantine.find(app));
        assertWorksAsBefore();
    }

    @Test
    void begunAndKilledBeforeTheNewNameItCanBeTakenBack() throws Exception {
        leaveItHalfBegun();
        quarantine.undo(quarantine.find(app));
        assertWorksAsBefore();
    }

    @Test
    void takenBackAndKilledBeforeTheOldNameItIsTakenBackAgain() throws Exception {
        Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));
        host.run(
                "homelab",
                "ALTER ROLE \"" + app + "\" LOGIN",
                "ALTER DATABASE " + subject.database() + " ALLOW_CONNECTIONS false");
        quarantine.undo(quarantine.find(app));
        assertWorksAsBefore();
    }

    @Test
    void droppedAndKilledAfterTheDatabaseOrTheRoleTheRestIsDropped() throws Exception {
        Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));
        host.run("homelab", "DROP DATABASE " + subject.database());
        quarantine.drop(quarantine.find(app));
        assertIsGone(subject);

        host.provision(EnrolmentHost.service(app));
        Quarantine.QuarantinedService again = quarantine.begin(quarantine.find(app));
        host.run(
                "homelab",
                "DROP DATABASE " + again.database(),
                "DROP OWNED BY \"" + app + "\"; DROP ROLE \"" + app + "\"");
        quarantine.drop(quarantine.find(app));
        assertIsGone(again);
    }

    @Test
    void missingDatabaseAndRoleDoNotStopADrop() throws Exception {
        host.run(
                "homelab",
                "DROP DATABASE \"" + app + "\" WITH (FORCE)",
                "DROP OWNED BY \"" + app + "\"; DROP ROLE \"" + app + "\"");
        Quarantine.QuarantinedService subject = quarantine.begin(quarantine.find(app));
        assertThat(quarantine.find(app)).isEqualTo(subject);
        quarantine.drop(subject);
        assertIsGone(subject);
    }

    private void markTheRow() throws SQLException {
        host.run(
                "homelab",
                "UPDATE public.service_configs SET quarantined_at = now(), quarantined_from = database_name"
                        + " WHERE service_name = '" + app + "'");
    }

    private void leaveItHalfBegun() throws SQLException {
        markTheRow();
        host.run(
                "homelab",
                "ALTER ROLE \"" + app + "\" NOLOGIN",
                "ALTER DATABASE \"" + app + "\" ALLOW_CONNECTIONS false");
    }

    private String row(String column) {
        return "SELECT " + column + " FROM public.service_configs WHERE service_name = '" + app + "'";
    }

    private List<String> databases(String name) throws SQLException {
        return host.ask("homelab", "SELECT datname FROM pg_catalog.pg_database WHERE datname = '" + name + "'");
    }

    private List<String> withoutTimes() throws SQLException {
        return host.everything().stream()
                .map(line -> line.replaceFirst("\"updated_at\": \"[^\"]*\"", ""))
                .toList();
    }
}
