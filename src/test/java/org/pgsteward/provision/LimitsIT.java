package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Every object whose size a service controls is limited, and reported with its owner's name. */
@NeedsPostgres
class LimitsIT {
    @TempDir
    private static Path secrets;

    private static EnrolmentHost host;

    @BeforeAll
    static void start() throws Exception {
        host = EnrolmentHost.on(TestCluster.start(), secrets);
        host.provision(EnrolmentHost.service("shop"));
        host.provision(EnrolmentHost.service("quiet"));
        host.reconcile();
    }

    @AfterAll
    static void stop() throws Exception {
        host.close();
    }

    @Test
    void servicesCannotMakeLargeObjectsInTheManagementDatabase() throws Exception {
        for (String sql : List.of(
                "SELECT lo_create(0)",
                "SELECT lo_creat(-1)",
                "SELECT lo_from_bytea(0, 'x')",
                "SELECT count(lo_create(0)) FROM generate_series(1, 10)")) {
            assertThat(host.may("shop", "homelab", sql)).as(sql).isFalse();
            assertThat(host.may("shop", "shop", sql)).as(sql).isTrue();
        }

        host.run("homelab", "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC");
        assertThat(host.reconcile().closed().get("homelab"))
                .contains("every role may create large objects in database homelab");
        assertThat(host.may("shop", "homelab", "SELECT lo_create(0)")).isFalse();
    }

    @Test
    void largeObjectsFromBeforeAreCountedAndTheRemedyRemovesThem() throws Exception {
        host.run(
                "homelab",
                "SELECT lo_create(0) FROM generate_series(1, 3000)",
                "DO $$ DECLARE o oid; BEGIN FOR o IN SELECT oid FROM pg_largeobject_metadata LOOP"
                        + " EXECUTE format('ALTER LARGE OBJECT %s OWNER TO shop', o); END LOOP; END $$");

        Excess excess = only("shop");
        assertThat(excess.reason())
                .isEqualTo(
                        "role shop owns 3,000 large objects in database homelab; the limit is 0, since services may not"
                                + " create any there");
        assertThat(host.reconcile().troubles()).doesNotContainKey("shop");

        host.run("homelab", excess.sql());
        assertThat(host.ask("homelab", "SELECT count(*) FROM pg_largeobject_metadata"))
                .containsExactly("0");
        assertThat(host.reconcile().excesses()).isEmpty();
    }

    @Test
    void largeSettingsPasswordsAndCommentsGetAWorkingRemedy() throws Exception {
        for (Oversized each : List.of(
                new Oversized(
                        "DO $$ BEGIN EXECUTE format('ALTER ROLE shop SET search_path = %L', repeat('a', 200000)); END $$",
                        "setting search_path of role shop has 200012 bytes; the limit is 32768"),
                new Oversized(
                        "DO $$ BEGIN EXECUTE format('ALTER DATABASE shop SET search_path = %L', repeat('a', 200000));"
                                + " END $$",
                        "setting search_path of database shop has 200012 bytes"),
                new Oversized(
                        "DO $$ BEGIN EXECUTE format('ALTER ROLE shop IN DATABASE shop SET search_path = %L',"
                                + " repeat('a', 200000)); END $$",
                        "setting search_path of role shop in database shop has 200012 bytes"),
                new Oversized(
                        "DO $$ BEGIN EXECUTE format('ALTER ROLE shop SET search_path = %L', repeat('a', 20000));"
                                + " EXECUTE format('ALTER ROLE shop SET application_name = %L', repeat('a', 19995));"
                                + " END $$",
                        "the settings of role shop have 40024 bytes"),
                new Oversized(
                        "DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE shop IS %L', repeat('a', 200000)); END $$",
                        "the comment on database shop has 200000 bytes"))) {
            assertThat(host.may("shop", "shop", each.sql)).as(each.sql).isTrue();
            Excess excess = only("shop");
            assertThat(excess.reason()).startsWith(each.reason);
            host.run("homelab", excess.sql());
            assertThat(host.reconcile().excesses()).as(each.sql).isEmpty();
        }
    }

    @Test
    void aServiceLogsAtMostAThousandRowsWithinAnHour() throws Exception {
        assertThat(host.may("quiet", "homelab", """
                DO $$ BEGIN FOR i IN 1..1500 LOOP
                    PERFORM public.log_user_activity('quiet', 'login', 'ann', '10.0.0.1'); END LOOP; END $$""")).isTrue();

        String rows = "SELECT count(*) FROM public.user_activity WHERE service_name = 'quiet' AND action = 'login'";
        assertThat(host.ask("homelab", rows)).containsExactly("1000");
        Excess excess = only("quiet");
        assertThat(excess.reason()).startsWith("service quiet logged 1000 rows of activity within the last hour");
        assertThat(host.ask("homelab", excess.sql())).containsExactly("login");

        // An hour passes.
        host.run(
                "homelab",
                "UPDATE public.user_activity SET created_at = created_at - interval '61 minutes'"
                        + " WHERE service_name = 'quiet'");
        assertThat(host.reconcile().excesses()).isEmpty();
        assertThat(host.may("quiet", "homelab", "SELECT public.log_user_activity('quiet', 'login', 'ann', NULL)"))
                .isTrue();
        assertThat(host.ask("homelab", rows)).containsExactly("1001");
    }

    @Test
    void missingPreloadLibraryLocksOutOnlyTheService() throws Exception {
        assertThat(host.may("quiet", "quiet", "ALTER DATABASE quiet SET local_preload_libraries = 'nonexist'"))
                .isTrue();
        assertThat(host.ask("quiet", "SELECT 1")).containsExactly("1");
        assertThat(host.reconcile().troubles()).isEmpty();
        host.run("homelab", "ALTER DATABASE quiet RESET ALL");
    }

    /** All services wait while a role is altered. */
    @Test
    void aRoleThatKeepsItsOwnRowLockedIsWaitedForTwoSeconds() throws Exception {
        try (ManagementConnection management = new ManagementConnection(host.server, Duration.ofSeconds(2));
                ManagementConnection.Turn turn = management.turn();
                Connection quiet = host.as("quiet", "quiet");
                Statement locking = quiet.createStatement();
                Statement altering = turn.connection().createStatement()) {
            quiet.setAutoCommit(false);
            locking.execute("ALTER ROLE CURRENT_USER SET work_mem = '2MB'");
            locking.execute("ALTER ROLE CURRENT_USER PASSWORD 'quiets'");

            assertThatThrownBy(() -> altering.execute("ALTER ROLE quiet PASSWORD 'other'"))
                    .hasMessageContaining("lock timeout");

            try (ResultSet row = altering.executeQuery("SHOW lock_timeout")) {
                row.next();
                assertThat(row.getString(1)).isEqualTo("2s");
            }
            quiet.rollback();
        }
    }

    /** A role may give itself a verifier of any length, and could then no longer log in. */
    @Test
    void theVerifierOfAPasswordIsReadOnlyAsFarAsOnesAre() throws Exception {
        host.provision(EnrolmentHost.service("vain"));
        try (Connection vain = host.as("vain", "vain");
                Statement statement = vain.createStatement()) {
            statement.execute("DO $$ BEGIN EXECUTE format('ALTER ROLE vain PASSWORD %L', 'SCRAM-SHA-256$4096:'"
                    + " || repeat('QUFB', 50000) || '$' || repeat('A', 43) || '=:' || repeat('A', 43) || '='); END $$");
        } catch (SQLException tooLong) {
            // PostgreSQL itself limits the length from about 17.1, 16.5 and 15.9 on. Any other message is another
            // error.
            assertThat(tooLong.getMessage()).contains("too long");
            return;
        }
        Excess excess = only("vain");
        assertThat(excess.reason()).startsWith("the stored password of role vain has 200109 bytes");
        host.run("homelab", excess.sql());
        assertThat(host.reconcile().excesses()).isEmpty();
    }

    private static Excess only(String subject) throws SQLException {
        List<Excess> excesses = host.reconcile().excesses();
        assertThat(excesses).extracting(Excess::subject).containsExactly(subject);
        return excesses.get(0);
    }

    private record Oversized(String sql, String reason) {}
}
