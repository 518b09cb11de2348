package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Services see their own row of the view and log as themselves. They have no other access to the journal. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServiceStatusIT {
    private final TestCluster cluster = TestCluster.shared();

    @Test
    void theSeedsViewFailsWhenADatabaseIsDroppedAndOursAnswers() throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, JournalDatabases.SEED);
        assertThatThrownBy(() -> JournalDatabases.rows(database, "SELECT database_size FROM service_status"))
                .hasMessageContaining("does not exist");

        new Tables(JournalDatabases.source(database)).prepare();

        assertThat(JournalDatabases.rows(
                        database,
                        "SELECT service_name || ' ' || status || ' ' || COALESCE(database_size, 'none')"
                                + " FROM service_status ORDER BY 1"))
                .containsExactly("hedgedoc inactive none", "vikunja inactive none");
    }

    @Test
    void aServiceIsActiveWhileItIsConnectedAndNotOnlyDuringAQuery() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        String own = cluster.newDatabase();
        cluster.run(
                database,
                "INSERT INTO public.service_configs (service_name, database_name) VALUES ('app', '" + own + "')");
        String status = "SELECT status FROM service_status";
        assertThat(JournalDatabases.rows(database, status)).containsExactly("inactive");
        try (Connection idle = cluster.server().connect(own);
                Statement statement = idle.createStatement()) {
            // The session uses an application name other than pgsteward's, because pgsteward's own sessions do not make
            // a service active.
            statement.execute("SET application_name = 'app'");
            assertThat(JournalDatabases.rows(database, status)).containsExactly("active");
        }
    }

    @Test
    void serviceSeesOnlyItsOwnRowWithItsSize() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.THE_SEED);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        JournalDatabases.Service bert = JournalDatabases.service(database);

        assertThat(JournalDatabases.rowsAs(anna.role(), database, JournalDatabases.STATUS))
                .singleElement()
                .asString()
                .matches(anna.line());
        assertThat(JournalDatabases.rowsAs(bert.role(), database, JournalDatabases.STATUS))
                .singleElement()
                .asString()
                .matches(bert.line());
    }

    @Test
    void serviceSeesOnlyItsOwnRowAfterSetRole() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        JournalDatabases.Service bert = JournalDatabases.service(database);
        cluster.run("homelab", "GRANT " + bert.role() + " TO " + anna.role());

        assertThat(JournalDatabases.rowsAs(anna.role(), database, JournalDatabases.STATUS, "SET ROLE " + bert.role()))
                .singleElement()
                .asString()
                .startsWith(anna.name());
    }

    @Test
    void aConditionOfTheCallersOwnSeesNoRowOfOthers() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        JournalDatabases.Service bert = JournalDatabases.service(database);
        String spy = "CREATE FUNCTION pg_temp.spy(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001"
                + " AS 'BEGIN RAISE NOTICE ''seen %'', $1; RETURN true; END'";

        try (Connection connection = cluster.server().connectAs(anna.role(), TestCluster.PASSWORD, database);
                Statement statement = connection.createStatement()) {
            statement.execute(spy);
            statement.execute("SELECT * FROM public.service_status WHERE pg_temp.spy(service_name)");
            List<String> seen = new ArrayList<>();
            for (Throwable notice : statement.getWarnings()) {
                seen.add(notice.getMessage());
            }
            assertThat(seen).containsExactly("seen " + anna.name()).doesNotContain("seen " + bert.name());
        }
    }

    @Test
    void serviceSeesSessionsOfAnyRoleInItsDatabase() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        String status = "SELECT status FROM public.service_status WHERE service_name = '" + anna.name() + "'";

        assertThat(JournalDatabases.rowsAs(anna.role(), database, status)).containsExactly("inactive");
        try (Connection steward = cluster.server().connect(anna.database())) {
            assertThat(steward.isValid(1)).isTrue();
            assertThat(JournalDatabases.rowsAs(anna.role(), database, status))
                    .as("session of pgsteward")
                    .containsExactly("inactive");
            assertThat(JournalDatabases.rows(database, status)).containsExactly("inactive");
            // In this session of another role, the service sees neither the state nor the backend type.
            try (Statement statement = steward.createStatement()) {
                statement.execute("SET application_name = 'psql'");
            }
            assertThat(JournalDatabases.rowsAs(anna.role(), database, status))
                    .as("session of another program")
                    .containsExactly("active");
            assertThat(JournalDatabases.rows(database, status)).containsExactly("active");
        }
        await().until(() -> JournalDatabases.rows(database, status).equals(List.of("inactive")));
        try (Connection own = cluster.server().connectAs(anna.role(), TestCluster.PASSWORD, anna.database());
                Statement statement = own.createStatement()) {
            statement.execute("SET application_name = 'app'");
            assertThat(JournalDatabases.rowsAs(anna.role(), database, status))
                    .as("session of the service")
                    .containsExactly("active");
            assertThat(JournalDatabases.rows(database, status)).containsExactly("active");
        }
    }

    @Test
    void serviceWithoutADatabaseSeesARowAndNoError() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        cluster.run("homelab", "DROP DATABASE " + anna.database());

        assertThat(JournalDatabases.rowsAs(anna.role(), database, JournalDatabases.STATUS))
                .containsExactly(anna.name() + " " + anna.database() + " inactive none");
    }

    @Test
    void theAdministratorSeesAllServicesWithTheirSizes() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        JournalDatabases.Service bert = JournalDatabases.service(database);

        assertThat(JournalDatabases.rows(database, JournalDatabases.STATUS))
                .hasSize(2)
                .anyMatch(row -> row.matches(anna.line()))
                .anyMatch(row -> row.matches(bert.line()));
    }

    @Test
    void operatorsRoleSeesSizesOnlyWithPgMonitor() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        JournalDatabases.Service bert = JournalDatabases.service(database);
        String operator = JournalDatabases.role();
        assertThat(JournalDatabases.refusal(operator, database, JournalDatabases.STATUS))
                .contains("permission denied");

        cluster.run(database, "GRANT SELECT ON public.service_status TO " + operator);
        assertThat(JournalDatabases.rowsAs(operator, database, JournalDatabases.STATUS))
                .containsExactlyInAnyOrder(
                        anna.name() + " " + anna.database() + " inactive none",
                        bert.name() + " " + bert.database() + " inactive none");

        cluster.run("homelab", "GRANT pg_monitor TO " + operator);
        assertThat(JournalDatabases.rowsAs(operator, database, JournalDatabases.STATUS))
                .hasSize(2)
                .anyMatch(row -> row.matches(anna.line()))
                .anyMatch(row -> row.matches(bert.line()));
    }

    @Test
    void serviceHasNoAccessToTablesOrSequences() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        for (String statement : JournalDatabases.NOT_FOR_SERVICES) {
            assertThat(JournalDatabases.refusal(anna.role(), database, statement))
                    .as(statement)
                    .contains("permission denied");
        }
        cluster.run(database, "GRANT ALL ON public.service_status TO " + anna.role());
        assertThat(JournalDatabases.refusal(anna.role(), database, "DELETE FROM public.service_status"))
                .contains("cannot delete from view");
        assertThat(JournalDatabases.refusal(
                        anna.role(), database, "UPDATE public.service_status SET database_name = 'homelab'"))
                .contains("cannot update view");
    }

    @Test
    void serviceLogsOnlyAsItself() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        JournalDatabases.Service bert = JournalDatabases.service(database);

        JournalDatabases.rowsAs(anna.role(), database, JournalDatabases.log(anna.name()));

        assertThat(JournalDatabases.refusal(anna.role(), database, JournalDatabases.log(bert.name())))
                .isEqualTo("ERROR: role " + anna.role() + " may not log activity for service " + bert.name());
        assertThat(JournalDatabases.refusal(
                        anna.role(), database, "SELECT public.log_user_activity(NULL, 'login', 'ann', NULL)"))
                .contains("may not log activity");
        assertThat(JournalDatabases.rows(
                        database, "SELECT service_name || ' ' || action || ' ' || user_identifier FROM user_activity"))
                .containsExactly(anna.name() + " login ann");
    }

    @Test
    void aServiceInQuarantineLogsNothingAndTheAdministratorStillDoes() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        cluster.run(database, "UPDATE public.service_configs SET quarantined_at = now()");

        assertThat(JournalDatabases.refusal(anna.role(), database, JournalDatabases.log(anna.name())))
                .isEqualTo("ERROR: service " + anna.name() + " is quarantined and may not log activity");
        cluster.run(database, JournalDatabases.log(anna.name()), JournalDatabases.log("whoever"));
        assertThat(JournalDatabases.rows(database, "SELECT service_name FROM user_activity ORDER BY id"))
                .containsExactly(anna.name(), "whoever");
    }

    @Test
    void otherRolesCannotLog() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        String operator = JournalDatabases.role();
        assertThat(JournalDatabases.refusal(operator, database, JournalDatabases.log(anna.name())))
                .contains("permission denied for function");

        cluster.run(
                database,
                "GRANT EXECUTE ON FUNCTION public.log_user_activity(varchar, varchar, varchar, inet) TO " + operator);
        assertThat(JournalDatabases.refusal(operator, database, JournalDatabases.log(anna.name())))
                .contains("may not log activity");
    }

    @Test
    void longTextsOfAnActivityAreCutToTheirColumnsByCharacters() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        JournalDatabases.Service anna = JournalDatabases.service(database);

        JournalDatabases.rowsAs(
                anna.role(),
                database,
                "SELECT public.log_user_activity('" + anna.name()
                        + "', repeat('🐘', 101), repeat('ж', 5000), '2001:db8::1')");

        assertThat(JournalDatabases.rows(database, "SELECT action || user_identifier FROM user_activity"))
                .containsExactly("🐘".repeat(100) + "ж".repeat(100));
    }
}
