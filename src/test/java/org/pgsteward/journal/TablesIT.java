package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.app.Reference;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;

/**
 * The tables of the journal: created on an empty database, over those of an init script, and over objects that an
 * operator left there.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TablesIT {
    private final TestCluster cluster = TestCluster.shared();

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "NOTHING  | service_configs | id, service_name, database_name, created_at, updated_at, role_name, identity, container_id, image, enabled, idle_since, quarantined_at, quarantined_from, image_id",
                "THE_SEED | service_configs | id, service_name, database_name, created_at, updated_at, role_name, identity, container_id, image, enabled, idle_since, quarantined_at, quarantined_from, image_id",
                "NOTHING  | backup_log      | id, service_name, backup_type, backup_path, created_at, success, backup_id, state, started_at, finished_at, verified_at, size_bytes, source_bytes, sha256, server_version, error, event_id, pinned",
                "THE_SEED | backup_log      | id, service_name, backup_type, backup_path, created_at, success, backup_id, state, started_at, finished_at, verified_at, size_bytes, source_bytes, sha256, server_version, error, event_id, pinned",
                "NOTHING  | user_activity   | id, service_name, action, user_identifier, ip_address, created_at, event_id, last_seen_at",
                "THE_SEED | user_activity   | id, service_name, action, user_identifier, ip_address, created_at, event_id, last_seen_at",
                "NOTHING  | service_status  | service_name, database_name, setup_date, status, database_size",
                "THE_SEED | service_status  | service_name, database_name, setup_date, status, database_size"
            })
    void theSeedsColumnsComeFirstAndInItsOrder(JournalDatabases.Before before, String table, String columns)
            throws SQLException {
        String database = JournalDatabases.prepared(before);
        assertThat(JournalDatabases.rows(
                        database,
                        "SELECT attname FROM pg_attribute WHERE attrelid = '" + table
                                + "'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"))
                .startsWith(columns.split(", "));
    }

    @Test
    void theReferenceHasEveryTableWithEveryColumnAndNoOther() throws Exception {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        Map<String, List<String>> documented = Reference.rows("Tables");
        assertThat(JournalDatabases.rows(
                        database,
                        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                                + " AND relkind IN ('r', 'v') AND relname NOT LIKE '%schema_history%'"))
                .containsExactlyInAnyOrderElementsOf(documented.keySet());
        for (Map.Entry<String, List<String>> entry : documented.entrySet()) {
            String table = entry.getKey();
            assertThat(Reference.codes(entry.getValue().get(0)))
                    .as(table)
                    .isEqualTo(JournalDatabases.rows(
                            database,
                            "SELECT attname FROM pg_attribute WHERE attrelid = '" + table
                                    + "'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"));
        }
    }

    @Test
    void tablesThatAnInitScriptMadeAreNoWarning() throws SQLException {
        try (CapturedLog log = new CapturedLog()) {
            JournalDatabases.prepared(JournalDatabases.Before.THE_SEED);
            assertThat(log.text()).doesNotContain("WARN", "already exists");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOTHING", "THE_SEED"})
    void theSeedsTypesIndexesAndFunctionAreThere(JournalDatabases.Before before) throws SQLException {
        String database = JournalDatabases.prepared(before);
        assertThat(
                        JournalDatabases.rows(
                                database,
                                "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
                                        + " WHERE attrelid = 'backup_log'::regclass AND attnum BETWEEN 1 AND 6 ORDER BY attnum"))
                .containsExactly(
                        "integer",
                        "character varying(50)",
                        "character varying(20)",
                        "character varying(255)",
                        "timestamp without time zone",
                        "boolean");
        assertThat(JournalDatabases.rows(
                        database, "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'idx%' ORDER BY 1"))
                .containsExactly(
                        "idx_backup_copy_backup_event_id",
                        "idx_backup_log_created_at",
                        "idx_backup_log_service_name",
                        "idx_backup_log_service_name_started_at",
                        "idx_service_configs_service_name",
                        "idx_user_activity_alerts",
                        "idx_user_activity_created_at",
                        "idx_user_activity_service_name",
                        "idx_user_activity_service_name_created_at");
        assertThat(JournalDatabases.rows(
                        database,
                        "SELECT pg_get_function_identity_arguments(oid) || ' -> ' || prorettype::regtype FROM pg_proc"
                                + " WHERE proname = 'log_user_activity'"))
                .containsExactly("p_service_name character varying, p_action character varying,"
                        + " p_user_identifier character varying, p_ip_address inet -> void");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "search_path = ''",
                "search_path = app, public",
                "default_transaction_read_only = on",
                "statement_timeout = 1"
            })
    void settingsOfTheAdministratorDoNotAffectTheJournal(String set) throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, "CREATE SCHEMA app", "ALTER ROLE homelab IN DATABASE " + database + " SET " + set);

        new Tables(JournalDatabases.source(database)).prepare();
        new Tables(JournalDatabases.source(database)).prepare();

        JournalDatabases.rows(
                database, "INSERT INTO user_activity (service_name, action) VALUES ('vikunja', 'login') RETURNING 1");
        assertThat(JournalDatabases.rows(
                        database,
                        "SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class WHERE relname IN"
                                + " ('backup_log', 'service_configs', 'user_activity', 'flyway_schema_history')"))
                .containsExactly("public");
        assertThat(JournalDatabases.rows(database, "SELECT action FROM public.user_activity"))
                .containsExactly("login");
    }

    @Test
    void adminNameThatFlywayCannotQuoteIsReportedInOneLine() throws SQLException {
        String database = cluster.newDatabase();
        cluster.run("homelab", "CREATE ROLE \"o'brien\" SUPERUSER LOGIN PASSWORD 'pw'");
        Server brien = new Server(new ServerAddress(
                "127.0.0.1", cluster.server().address().port(), "o'brien", new Secret("pw"), database));

        assertThatThrownBy(() -> new Tables(brien.managementDatabase()).prepare())
                .isInstanceOf(SQLException.class)
                .hasMessage("cannot create the journal's tables as role o'brien: Flyway cannot quote a name with an"
                        + " apostrophe; set PGSTEWARD_POSTGRES_USER to another superuser");
    }

    /** Flyway's own message has ten lines and contains the script's place in a jar. */
    @Test
    void foreignTableWithOurNameIsReportedInOneLine() throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, "CREATE TABLE public.backup_log (n int)");

        assertThatThrownBy(() -> new Tables(JournalDatabases.source(database)).prepare())
                .hasMessage("cannot create the journal's tables: ERROR: column \"service_name\" does not exist");
    }

    @Test
    void rowsOfTheSeedsTablesAreKept() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.THE_SEED);
        assertThat(JournalDatabases.rows(database, "SELECT id || ' ' || service_name FROM service_configs ORDER BY id"))
                .containsExactly("1 vikunja", "2 hedgedoc");
        assertThat(JournalDatabases.rows(
                        database, "SELECT backup_type || ' ' || backup_path || ' ' || success FROM backup_log"))
                .containsExactly("manual /backups/v.sql true");
        assertThat(JournalDatabases.rows(database, "SELECT action || ' ' || host(ip_address) FROM user_activity"))
                .containsExactly("login 10.0.0.1");
    }

    @Test
    void rowsOfBeforeUsAreReadWithoutStumbling() throws SQLException {
        Tables tables =
                new Tables(JournalDatabases.source(JournalDatabases.prepared(JournalDatabases.Before.THE_SEED)));
        assertThat(tables.services().enrolments()).extracting("service").containsExactly("hedgedoc", "vikunja");
        assertThat(tables.history().all()).isEmpty();
        assertThat(tables.runs().lastRuns("dump")).isEmpty();
        assertThat(tables.runs().running()).isEmpty();
    }

    @Test
    void preparedTwiceByTwoProcessesNothingChanges() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.THE_SEED);
        new Tables(JournalDatabases.source(database)).prepare();
        assertThat(JournalDatabases.rows(database, "SELECT count(*)::text FROM service_configs"))
                .containsExactly("2");
    }

    /**
     * Objects that replaced those of an init script before pgsteward came, and that CREATE OR REPLACE alone cannot
     * replace.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DROP FUNCTION log_user_activity(varchar, varchar, varchar, inet);"
                        + " CREATE FUNCTION log_user_activity(service varchar, what varchar, who varchar, ip inet)"
                        + " RETURNS void LANGUAGE sql AS ''",
                "DROP FUNCTION log_user_activity(varchar, varchar, varchar, inet);"
                        + " CREATE FUNCTION log_user_activity(p_service_name varchar, p_action varchar,"
                        + " p_user_identifier varchar, p_ip_address inet DEFAULT NULL)"
                        + " RETURNS void LANGUAGE sql AS ''",
                "DROP FUNCTION log_user_activity(varchar, varchar, varchar, inet);"
                        + " CREATE FUNCTION log_user_activity(varchar, varchar, varchar, inet)"
                        + " RETURNS integer LANGUAGE sql AS 'SELECT 1'",
                "DROP FUNCTION log_user_activity(varchar, varchar, varchar, inet);"
                        + " CREATE PROCEDURE log_user_activity(varchar, varchar, varchar, inet) LANGUAGE sql AS ''",
                "DROP VIEW service_status; CREATE VIEW service_status AS"
                        + " SELECT service_name, database_name, 1::bigint AS database_size FROM service_configs",
                "DROP VIEW service_status; DROP FUNCTION log_user_activity(varchar, varchar, varchar, inet)"
            })
    void objectsOfAnotherShapeAreReplaced(String byHand) throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, JournalDatabases.SEED);
        cluster.run(database, "SET search_path = public; " + byHand);

        new Tables(JournalDatabases.source(database)).prepare();

        cluster.run(database, "SELECT public.log_user_activity('vikunja', 'logout', 'ann', NULL)");
        assertThat(JournalDatabases.rows(database, "SELECT action FROM user_activity ORDER BY id"))
                .containsExactly("login", "logout");
        assertThat(JournalDatabases.rows(
                        database, "SELECT service_name || ' ' || status FROM service_status ORDER BY 1"))
                .containsExactly("hedgedoc inactive", "vikunja inactive");
    }

    @Test
    void grantsToServicesAreRevokedAndToOperatorsKept() throws SQLException {
        String database = cluster.newDatabase();
        String service = JournalDatabases.role();
        String operator = JournalDatabases.role();
        cluster.run(database, JournalDatabases.SEED);
        cluster.run(
                database,
                "SET search_path = public",
                "INSERT INTO service_configs (service_name, database_name) VALUES ('" + service + "', 'gone')",
                "GRANT ALL ON SCHEMA public TO " + service,
                "GRANT ALL ON ALL TABLES IN SCHEMA public TO " + service + " WITH GRANT OPTION",
                "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO " + service,
                "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO " + service,
                "GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC",
                "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO PUBLIC",
                "GRANT SELECT ON service_configs, service_status TO " + operator);

        new Tables(JournalDatabases.source(database)).prepare();

        for (String statement : JournalDatabases.NOT_FOR_SERVICES) {
            assertThat(JournalDatabases.refusal(service, database, statement))
                    .as(statement)
                    .contains("permission denied");
        }
        assertThat(JournalDatabases.rowsAs(service, database, "SELECT service_name FROM public.service_status"))
                .containsExactly(service);
        assertThat(JournalDatabases.rows(
                        database,
                        "SELECT has_table_privilege('" + service
                                + "', 'service_status', 'INSERT, UPDATE, DELETE, TRIGGER')::text"))
                .containsExactly("false");
        JournalDatabases.rowsAs(
                service, database, "SELECT public.log_user_activity('" + service + "', 'login', 'ann', NULL)");
        assertThat(JournalDatabases.rowsAs(
                        operator, database, "SELECT service_name FROM public.service_configs ORDER BY id"))
                .containsExactly("vikunja", "hedgedoc", service);
        assertThat(JournalDatabases.rowsAs(
                        operator, database, "SELECT service_name FROM public.service_status ORDER BY 1"))
                .containsExactlyInAnyOrder("vikunja", "hedgedoc", service);
        assertThat(JournalDatabases.refusal(operator, database, "SELECT 1 FROM public.backup_log"))
                .contains("permission denied");
    }

    @Test
    void objectsOfOtherOwnersBecomeTheAdministrators() throws SQLException {
        String database = cluster.newDatabase();
        String maker = JournalDatabases.role();
        cluster.run(database, JournalDatabases.SEED);
        cluster.run(
                database,
                "SET search_path = public",
                "GRANT CREATE, USAGE ON SCHEMA public TO " + maker,
                "ALTER TABLE service_configs OWNER TO " + maker,
                "ALTER TABLE backup_log OWNER TO " + maker,
                "ALTER TABLE user_activity OWNER TO " + maker,
                "ALTER VIEW service_status OWNER TO " + maker,
                "CREATE OR REPLACE FUNCTION log_user_activity(p_service_name varchar, p_action varchar,"
                        + " p_user_identifier varchar, p_ip_address inet) RETURNS void LANGUAGE sql"
                        + " IMMUTABLE STRICT PARALLEL SAFE AS ''",
                "ALTER FUNCTION log_user_activity(varchar, varchar, varchar, inet) OWNER TO " + maker);

        new Tables(JournalDatabases.source(database)).prepare();

        assertThat(JournalDatabases.rows(
                        database,
                        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class"
                                + " WHERE relnamespace = 'public'::regnamespace"))
                .containsExactly("homelab");
        assertThat(JournalDatabases.rows(
                        database,
                        "SELECT concat_ws(' ', pg_get_userbyid(proowner), lanname, prosecdef, proisstrict, provolatile,"
                                + " proparallel, proconfig) FROM pg_proc JOIN pg_language AS l ON l.oid = prolang"
                                + " WHERE proname = 'log_user_activity'"))
                .containsExactly("homelab plpgsql t f v u {\"search_path=pg_catalog, pg_temp\"}");
        assertThat(JournalDatabases.refusal(maker, database, "SELECT 1 FROM public.user_activity"))
                .contains("permission denied");
    }

    @Test
    void operatorsAndFunctionsInSchemaPublicAreNotUsed() throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, JournalDatabases.SEED);
        cluster.run(
                database,
                "CREATE FUNCTION public.trap(varchar, name) RETURNS boolean LANGUAGE plpgsql"
                        + " AS 'BEGIN RAISE EXCEPTION ''trapped''; END'",
                "CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = name, FUNCTION = public.trap)");

        new Tables(JournalDatabases.source(database)).prepare();

        assertThat(JournalDatabases.rows(database, "SELECT service_name FROM service_status ORDER BY 1"))
                .containsExactly("hedgedoc", "vikunja");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOTHING", "THE_SEED"})
    void theThirdMigrationAndThoseAfterItMayRunTwice(JournalDatabases.Before before) throws SQLException {
        String database = JournalDatabases.prepared(before);
        JournalDatabases.Service anna = JournalDatabases.service(database);
        String state = "SELECT string_agg(c.relname || c.relacl::text, ' ' ORDER BY c.relname)"
                + " || (SELECT proacl::text FROM pg_proc WHERE proname = 'log_user_activity')"
                + " FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace";
        List<String> once = JournalDatabases.rows(database, state);
        cluster.run(database, "DELETE FROM public.flyway_schema_history WHERE version::int >= 3");

        new Tables(JournalDatabases.source(database)).prepare();

        assertThat(JournalDatabases.rows(database, state)).isEqualTo(once);
        assertThat(JournalDatabases.rowsAs(anna.role(), database, JournalDatabases.STATUS))
                .hasSize(1);
    }
}
