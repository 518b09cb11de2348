package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.app.Reference;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;

@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TablesIT {
    /** As the operational lab made them, before there was a pgsteward. */
    private static final String[] SEED = {
        "SET search_path = public",
        """
        CREATE TABLE service_configs (
            id SERIAL PRIMARY KEY,
            service_name VARCHAR(50) UNIQUE NOT NULL,
            database_name VARCHAR(50) NOT NULL,
            created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
            updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
        )""",
        """
        CREATE TABLE backup_log (
            id SERIAL PRIMARY KEY,
            service_name VARCHAR(50) NOT NULL,
            backup_type VARCHAR(20) NOT NULL,
            backup_path VARCHAR(255),
            created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
            success BOOLEAN DEFAULT true
        )""",
        """
        CREATE TABLE user_activity (
            id SERIAL PRIMARY KEY,
            service_name VARCHAR(50) NOT NULL,
            action VARCHAR(100) NOT NULL,
            user_identifier VARCHAR(100),
            ip_address INET,
            created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
        )""",
        "CREATE INDEX idx_service_configs_service_name ON service_configs(service_name)",
        "CREATE INDEX idx_backup_log_service_name ON backup_log(service_name)",
        "CREATE INDEX idx_backup_log_created_at ON backup_log(created_at)",
        "CREATE INDEX idx_user_activity_service_name ON user_activity(service_name)",
        "CREATE INDEX idx_user_activity_created_at ON user_activity(created_at)",
        """
        CREATE VIEW service_status AS
        SELECT
            sc.service_name,
            sc.database_name,
            sc.created_at as setup_date,
            CASE
                WHEN EXISTS (
                    SELECT 1 FROM pg_stat_activity
                    WHERE datname = sc.database_name
                    AND state = 'active'
                ) THEN 'active'
                ELSE 'inactive'
            END as status,
            pg_size_pretty(pg_database_size(sc.database_name)) as database_size
        FROM service_configs sc""",
        """
        CREATE OR REPLACE FUNCTION log_user_activity(
            p_service_name VARCHAR(50),
            p_action VARCHAR(100),
            p_user_identifier VARCHAR(100),
            p_ip_address INET
        ) RETURNS VOID AS $$
        BEGIN
            INSERT INTO user_activity (service_name, action, user_identifier, ip_address)
            VALUES (p_service_name, p_action, p_user_identifier, p_ip_address);
        END;
        $$ LANGUAGE plpgsql""",
        "INSERT INTO service_configs (service_name, database_name)"
                + " VALUES ('vikunja', 'vikunja'), ('hedgedoc', 'hedgedoc')",
        "INSERT INTO backup_log (service_name, backup_type, backup_path) VALUES ('vikunja', 'manual', '/backups/v.sql')",
        "SELECT log_user_activity('vikunja', 'login', 'ann', '10.0.0.1')"
    };

    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");

    private static final String STATUS = "SELECT concat_ws(' ', service_name, database_name, status,"
            + " COALESCE(database_size, 'none')) FROM public.service_status";

    private static final List<String> NOT_FOR_SERVICES = List.of(
            "SELECT 1 FROM public.service_configs",
            "SELECT 1 FROM public.backup_log",
            "SELECT 1 FROM public.user_activity",
            "INSERT INTO public.user_activity (service_name, action) VALUES ('forged', 'login')",
            "UPDATE public.service_configs SET role_name = session_user",
            "DELETE FROM public.backup_log",
            "SELECT nextval('public.service_configs_id_seq')",
            "SELECT nextval('public.backup_log_id_seq')",
            "SELECT nextval('public.user_activity_id_seq')");

    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = TestCluster.start();
    }

    @AfterAll
    void stop() throws Exception {
        cluster.close();
    }

    /** Where the tables are made from nothing, and where an init script was first. */
    enum Before {
        NOTHING,
        THE_SEED
    }

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
    void theSeedsColumnsComeFirstAndInItsOrder(Before before, String table, String columns) throws SQLException {
        String database = prepared(before);
        assertThat(rows(
                        database,
                        "SELECT attname FROM pg_attribute WHERE attrelid = '" + table
                                + "'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"))
                .startsWith(columns.split(", "));
    }

    @Test
    void theReferenceHasEveryTableWithEveryColumnAndNoOther() throws Exception {
        String database = prepared(Before.NOTHING);
        Map<String, List<String>> documented = Reference.rows("Tables");
        assertThat(rows(
                        database,
                        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                                + " AND relkind IN ('r', 'v') AND relname NOT LIKE '%schema_history%'"))
                .containsExactlyInAnyOrderElementsOf(documented.keySet());
        for (Map.Entry<String, List<String>> entry : documented.entrySet()) {
            String table = entry.getKey();
            assertThat(Reference.codes(entry.getValue().get(0)))
                    .as(table)
                    .isEqualTo(rows(
                            database,
                            "SELECT attname FROM pg_attribute WHERE attrelid = '" + table
                                    + "'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"));
        }
    }

    @Test
    void tablesThatAnInitScriptMadeAreNoWarning() throws SQLException {
        try (CapturedLog log = new CapturedLog()) {
            prepared(Before.THE_SEED);
            assertThat(log.text()).doesNotContain("WARN", "already exists");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOTHING", "THE_SEED"})
    void theSeedsTypesIndexesAndFunctionAreThere(Before before) throws SQLException {
        String database = prepared(before);
        assertThat(
                        rows(
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
        assertThat(rows(database, "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'idx%' ORDER BY 1"))
                .containsExactly(
                        "idx_backup_log_created_at",
                        "idx_backup_log_service_name",
                        "idx_service_configs_service_name",
                        "idx_user_activity_created_at",
                        "idx_user_activity_service_name",
                        "idx_user_activity_service_name_created_at");
        assertThat(rows(
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
    void whatWasSetForTheAdministratorDecidesNothingOfTheJournal(String set) throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, "CREATE SCHEMA app", "ALTER ROLE homelab IN DATABASE " + database + " SET " + set);

        new Tables(source(database)).prepare();
        new Tables(source(database)).prepare();

        rows(database, "INSERT INTO user_activity (service_name, action) VALUES ('vikunja', 'login') RETURNING 1");
        assertThat(rows(
                        database,
                        "SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class WHERE relname IN"
                                + " ('backup_log', 'service_configs', 'user_activity', 'flyway_schema_history')"))
                .containsExactly("public");
        assertThat(rows(database, "SELECT action FROM public.user_activity")).containsExactly("login");
    }

    @Test
    void anAdministratorWhoseNameFlywayCannotWriteIsToldSoInOneLine() throws SQLException {
        String database = cluster.newDatabase();
        cluster.run("homelab", "CREATE ROLE \"o'brien\" SUPERUSER LOGIN PASSWORD 'pw'");
        Server brien = new Server(new ServerAddress(
                "127.0.0.1", cluster.server().address().port(), "o'brien", new Secret("pw"), database));

        assertThatThrownBy(() -> new Tables(brien.managementDatabase()).prepare())
                .isInstanceOf(SQLException.class)
                .hasMessage(
                        "the journal's tables cannot be made by role o'brien, since Flyway cannot write a name with an"
                                + " apostrophe: set PGSTEWARD_POSTGRES_USER to another superuser");
    }

    /** Flyway's own message has ten lines, with the script's place in a jar. */
    @Test
    void aTableOfAnotherProgramWithOneOfOurNamesIsToldInOneLine() throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, "CREATE TABLE public.backup_log (n int)");

        assertThatThrownBy(() -> new Tables(source(database)).prepare())
                .hasMessage("the journal's tables cannot be made: ERROR: column \"service_name\" does not exist");
    }

    @Test
    void whatTheSeedsTablesHeldIsKept() throws SQLException {
        String database = prepared(Before.THE_SEED);
        assertThat(rows(database, "SELECT id || ' ' || service_name FROM service_configs ORDER BY id"))
                .containsExactly("1 vikunja", "2 hedgedoc");
        assertThat(rows(database, "SELECT backup_type || ' ' || backup_path || ' ' || success FROM backup_log"))
                .containsExactly("manual /backups/v.sql true");
        assertThat(rows(database, "SELECT action || ' ' || host(ip_address) FROM user_activity"))
                .containsExactly("login 10.0.0.1");
    }

    @Test
    void rowsOfBeforeUsAreReadWithoutStumbling() throws SQLException {
        Tables tables = new Tables(source(prepared(Before.THE_SEED)));
        assertThat(tables.services().enrolments()).extracting("service").containsExactly("hedgedoc", "vikunja");
        assertThat(tables.history().all()).isEmpty();
        assertThat(tables.runs().lastRuns("dump")).isEmpty();
        assertThat(tables.runs().running()).isEmpty();
    }

    /** Other programs may write there: megabytes in a row are not ours to hold. */
    @Test
    void textsOfAnyLengthAreReadInPart() throws SQLException {
        String database = prepared(Before.NOTHING);
        cluster.run(
                database,
                "INSERT INTO public.backup_log (service_name, backup_type, backup_id, state, started_at, event_id, error)"
                        + " VALUES ('long', 'dump', 'i', 'failed', now(), gen_random_uuid(), repeat('e', 5000000))");
        Tables tables = new Tables(source(database));
        assertThat(tables.history().newest())
                .hasEntrySatisfying(
                        HistoryRows.key("long", "dump"),
                        newest -> assertThat(newest.error()).hasSize(2000));
        assertThat(tables.runs()
                        .newestRun("long", "long", BackupKind.DUMP)
                        .orElseThrow()
                        .error())
                .hasSize(2000);
    }

    /** As when a host starts in 2031 until the network tells it better. */
    @Test
    void aProvedRunFromWhatIsNowTheFutureProvesNothingOfToday() throws SQLException {
        String database = prepared(Before.NOTHING);
        BackupRows rows = new BackupRows(source(database));
        cluster.run(
                database,
                "INSERT INTO public.backup_log (service_name, backup_type, state, started_at) VALUES"
                        + " ('clock', 'dump', 'verified', '2026-02-28 03:00Z'),"
                        + " ('clock', 'dump', 'verified', '2031-03-01 03:00Z'),"
                        + " ('young', 'dump', 'verified', '2031-03-01 03:00Z')");

        Map<String, BackupRows.VerificationTimes> standings = rows.verificationTimes("dump", NIGHT);

        assertThat(standings.get("clock"))
                .isEqualTo(new BackupRows.VerificationTimes(
                        Optional.of(NIGHT.minus(Duration.ofDays(1))), NIGHT.minus(Duration.ofDays(1))));
        assertThat(standings.get("young"))
                .extracting(BackupRows.VerificationTimes::lastProved)
                .isEqualTo(Optional.empty());
        assertThat(rows.verificationTimes("dump", NIGHT.plus(Duration.ofDays(3650)))
                        .get("clock"))
                .extracting(BackupRows.VerificationTimes::lastProved)
                .as("and when its time has come it counts")
                .isEqualTo(Optional.of(Instant.parse("2031-03-01T03:00:00Z")));
    }

    @Test
    void preparedTwiceByTwoProcessesNothingChanges() throws SQLException {
        String database = prepared(Before.THE_SEED);
        new Tables(source(database)).prepare();
        assertThat(rows(database, "SELECT count(*)::text FROM service_configs")).containsExactly("2");
    }

    @Test
    void theSeedsViewFailsWhenADatabaseIsDroppedAndOursAnswers() throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, SEED);
        assertThatThrownBy(() -> rows(database, "SELECT database_size FROM service_status"))
                .hasMessageContaining("does not exist");

        new Tables(source(database)).prepare();

        assertThat(rows(
                        database,
                        "SELECT service_name || ' ' || status || ' ' || COALESCE(database_size, 'none')"
                                + " FROM service_status ORDER BY 1"))
                .containsExactly("hedgedoc inactive none", "vikunja inactive none");
    }

    @Test
    void aServiceIsActiveWhileItIsConnectedAndNotOnlyDuringAQuery() throws SQLException {
        String database = prepared(Before.NOTHING);
        String own = cluster.newDatabase();
        cluster.run(
                database,
                "INSERT INTO public.service_configs (service_name, database_name) VALUES ('app', '" + own + "')");
        String status = "SELECT status FROM service_status";
        assertThat(rows(database, status)).containsExactly("inactive");
        try (Connection idle = cluster.server().connect(own);
                Statement statement = idle.createStatement()) {
            // As anybody but pgsteward, whose own look does not make a service active.
            statement.execute("SET application_name = 'app'");
            assertThat(rows(database, status)).containsExactly("active");
        }
    }

    /** What replaced an init script's objects before us, and what CREATE OR REPLACE alone would stumble over. */
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
    void whatSomebodyMadeInAnotherShapeGivesWay(String byHand) throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, SEED);
        cluster.run(database, "SET search_path = public; " + byHand);

        new Tables(source(database)).prepare();

        cluster.run(database, "SELECT public.log_user_activity('vikunja', 'logout', 'ann', NULL)");
        assertThat(rows(database, "SELECT action FROM user_activity ORDER BY id"))
                .containsExactly("login", "logout");
        assertThat(rows(database, "SELECT service_name || ' ' || status FROM service_status ORDER BY 1"))
                .containsExactly("hedgedoc inactive", "vikunja inactive");
    }

    @Test
    void whatServicesWereGivenByHandIsTakenBackAndAnOperatorKeepsHis() throws SQLException {
        String database = cluster.newDatabase();
        String service = role();
        String operator = role();
        cluster.run(database, SEED);
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

        new Tables(source(database)).prepare();

        for (String statement : NOT_FOR_SERVICES) {
            assertThat(refusal(service, database, statement)).as(statement).contains("permission denied");
        }
        assertThat(rowsAs(service, database, "SELECT service_name FROM public.service_status"))
                .containsExactly(service);
        assertThat(rows(
                        database,
                        "SELECT has_table_privilege('" + service
                                + "', 'service_status', 'INSERT, UPDATE, DELETE, TRIGGER')::text"))
                .containsExactly("false");
        rowsAs(service, database, "SELECT public.log_user_activity('" + service + "', 'login', 'ann', NULL)");
        assertThat(rowsAs(operator, database, "SELECT service_name FROM public.service_configs ORDER BY id"))
                .containsExactly("vikunja", "hedgedoc", service);
        assertThat(rowsAs(operator, database, "SELECT service_name FROM public.service_status ORDER BY 1"))
                .containsExactlyInAnyOrder("vikunja", "hedgedoc", service);
        assertThat(refusal(operator, database, "SELECT 1 FROM public.backup_log"))
                .contains("permission denied");
    }

    @Test
    void whatBelongedToSomebodyElseIsOursAndRunsWithOurRights() throws SQLException {
        String database = cluster.newDatabase();
        String maker = role();
        cluster.run(database, SEED);
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

        new Tables(source(database)).prepare();

        assertThat(rows(
                        database,
                        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class"
                                + " WHERE relnamespace = 'public'::regnamespace"))
                .containsExactly("homelab");
        assertThat(rows(
                        database,
                        "SELECT concat_ws(' ', pg_get_userbyid(proowner), lanname, prosecdef, proisstrict, provolatile,"
                                + " proparallel, proconfig) FROM pg_proc JOIN pg_language AS l ON l.oid = prolang"
                                + " WHERE proname = 'log_user_activity'"))
                .containsExactly("homelab plpgsql t f v u {\"search_path=pg_catalog, pg_temp\"}");
        assertThat(refusal(maker, database, "SELECT 1 FROM public.user_activity"))
                .contains("permission denied");
    }

    @Test
    void operatorsAndFunctionsThatSomebodyLeftInSchemaPublicAreNotUsed() throws SQLException {
        String database = cluster.newDatabase();
        cluster.run(database, SEED);
        cluster.run(
                database,
                "CREATE FUNCTION public.trap(varchar, name) RETURNS boolean LANGUAGE plpgsql"
                        + " AS 'BEGIN RAISE EXCEPTION ''trapped''; END'",
                "CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = name, FUNCTION = public.trap)");

        new Tables(source(database)).prepare();

        assertThat(rows(database, "SELECT service_name FROM service_status ORDER BY 1"))
                .containsExactly("hedgedoc", "vikunja");
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOTHING", "THE_SEED"})
    void theThirdMigrationAndThoseAfterItMayRunTwice(Before before) throws SQLException {
        String database = prepared(before);
        Service anna = service(database);
        String state = "SELECT string_agg(c.relname || c.relacl::text, ' ' ORDER BY c.relname)"
                + " || (SELECT proacl::text FROM pg_proc WHERE proname = 'log_user_activity')"
                + " FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace";
        List<String> once = rows(database, state);
        cluster.run(database, "DELETE FROM public.flyway_schema_history WHERE version::int >= 3");

        new Tables(source(database)).prepare();

        assertThat(rows(database, state)).isEqualTo(once);
        assertThat(rowsAs(anna.role(), database, STATUS)).hasSize(1);
    }

    @Test
    void aServiceSeesItsOwnRowWithItsSizeAndNobodyElses() throws SQLException {
        String database = prepared(Before.THE_SEED);
        Service anna = service(database);
        Service bert = service(database);

        assertThat(rowsAs(anna.role(), database, STATUS))
                .singleElement()
                .asString()
                .matches(anna.line());
        assertThat(rowsAs(bert.role(), database, STATUS))
                .singleElement()
                .asString()
                .matches(bert.line());
    }

    @Test
    void aServiceThatBecomesSomebodyElseStillSeesItsOwnRowOnly() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        Service bert = service(database);
        cluster.run("homelab", "GRANT " + bert.role() + " TO " + anna.role());

        assertThat(rowsAs(anna.role(), database, STATUS, "SET ROLE " + bert.role()))
                .singleElement()
                .asString()
                .startsWith(anna.name());
    }

    @Test
    void aConditionOfTheCallersOwnSeesNoRowOfOthers() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        Service bert = service(database);
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
    void aServiceSeesThatItIsConnectedWhoeverHoldsTheSession() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        String status = "SELECT status FROM public.service_status WHERE service_name = '" + anna.name() + "'";

        assertThat(rowsAs(anna.role(), database, status)).containsExactly("inactive");
        try (Connection steward = cluster.server().connect(anna.database())) {
            assertThat(steward.isValid(1)).isTrue();
            assertThat(rowsAs(anna.role(), database, status)).as("ours").containsExactly("inactive");
            assertThat(rows(database, status)).containsExactly("inactive");
            // Of this session of another role the service sees neither the state nor the kind.
            try (Statement statement = steward.createStatement()) {
                statement.execute("SET application_name = 'psql'");
            }
            assertThat(rowsAs(anna.role(), database, status)).as("another's").containsExactly("active");
            assertThat(rows(database, status)).containsExactly("active");
        }
        await().until(() -> rows(database, status).equals(List.of("inactive")));
        try (Connection own = cluster.server().connectAs(anna.role(), TestCluster.PASSWORD, anna.database());
                Statement statement = own.createStatement()) {
            statement.execute("SET application_name = 'app'");
            assertThat(rowsAs(anna.role(), database, status)).as("its own").containsExactly("active");
            assertThat(rows(database, status)).containsExactly("active");
        }
    }

    @Test
    void aServiceWhoseDatabaseIsGoneSeesARowAndNoError() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        cluster.run("homelab", "DROP DATABASE " + anna.database());

        assertThat(rowsAs(anna.role(), database, STATUS))
                .containsExactly(anna.name() + " " + anna.database() + " inactive none");
    }

    @Test
    void theAdministratorSeesAllServicesWithTheirSizes() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        Service bert = service(database);

        assertThat(rows(database, STATUS))
                .hasSize(2)
                .anyMatch(row -> row.matches(anna.line()))
                .anyMatch(row -> row.matches(bert.line()));
    }

    @Test
    void anOperatorsRoleSeesAllServicesAndTheSizesOnlyOnceItMayMonitor() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        Service bert = service(database);
        String operator = role();
        assertThat(refusal(operator, database, STATUS)).contains("permission denied");

        cluster.run(database, "GRANT SELECT ON public.service_status TO " + operator);
        assertThat(rowsAs(operator, database, STATUS))
                .containsExactlyInAnyOrder(
                        anna.name() + " " + anna.database() + " inactive none",
                        bert.name() + " " + bert.database() + " inactive none");

        cluster.run("homelab", "GRANT pg_monitor TO " + operator);
        assertThat(rowsAs(operator, database, STATUS))
                .hasSize(2)
                .anyMatch(row -> row.matches(anna.line()))
                .anyMatch(row -> row.matches(bert.line()));
    }

    @Test
    void aServiceReachesNoTableAndNoSequenceAndWritesNothingThroughTheView() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        for (String statement : NOT_FOR_SERVICES) {
            assertThat(refusal(anna.role(), database, statement)).as(statement).contains("permission denied");
        }
        cluster.run(database, "GRANT ALL ON public.service_status TO " + anna.role());
        assertThat(refusal(anna.role(), database, "DELETE FROM public.service_status"))
                .contains("cannot delete from view");
        assertThat(refusal(anna.role(), database, "UPDATE public.service_status SET database_name = 'homelab'"))
                .contains("cannot update view");
    }

    @Test
    void aServiceLogsAsItselfAndAsNobodyElse() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        Service bert = service(database);

        rowsAs(anna.role(), database, log(anna.name()));

        assertThat(refusal(anna.role(), database, log(bert.name())))
                .isEqualTo("ERROR: role " + anna.role() + " may not log activity for service " + bert.name());
        assertThat(refusal(anna.role(), database, "SELECT public.log_user_activity(NULL, 'login', 'ann', NULL)"))
                .contains("may not log activity");
        assertThat(rows(database, "SELECT service_name || ' ' || action || ' ' || user_identifier FROM user_activity"))
                .containsExactly(anna.name() + " login ann");
    }

    @Test
    void aServiceInQuarantineLogsNothingAndTheAdministratorStillDoes() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        cluster.run(database, "UPDATE public.service_configs SET quarantined_at = now()");

        assertThat(refusal(anna.role(), database, log(anna.name())))
                .isEqualTo("ERROR: service " + anna.name() + " is quarantined and may not log activity");
        cluster.run(database, log(anna.name()), log("whoever"));
        assertThat(rows(database, "SELECT service_name FROM user_activity ORDER BY id"))
                .containsExactly(anna.name(), "whoever");
    }

    @Test
    void whoIsNoServiceAndNoAdministratorLogsNothing() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);
        String operator = role();
        assertThat(refusal(operator, database, log(anna.name()))).contains("permission denied for function");

        cluster.run(
                database,
                "GRANT EXECUTE ON FUNCTION public.log_user_activity(varchar, varchar, varchar, inet) TO " + operator);
        assertThat(refusal(operator, database, log(anna.name()))).contains("may not log activity");
    }

    @Test
    void longTextsOfAnActivityAreCutToTheirColumnsByCharacters() throws SQLException {
        String database = prepared(Before.NOTHING);
        Service anna = service(database);

        rowsAs(
                anna.role(),
                database,
                "SELECT public.log_user_activity('" + anna.name()
                        + "', repeat('🐘', 101), repeat('ж', 5000), '2001:db8::1')");

        assertThat(rows(database, "SELECT action || user_identifier FROM user_activity"))
                .containsExactly("🐘".repeat(100) + "ж".repeat(100));
    }

    @Test
    void idleIsWhoHasNoContainerSinceItWasFirstMissedUntilItIsBack() throws SQLException {
        Tables tables = new Tables(source(prepared(Before.THE_SEED)));

        assertThat(tables.services().markIdle(Set.of("vikunja", "hedgedoc", "a stranger"), NIGHT))
                .isEmpty();
        assertThat(tables.services().markIdle(Set.of("vikunja"), NIGHT))
                .containsExactly(new ServiceRows.Idle("hedgedoc", NIGHT));
        assertThat(tables.services().markIdle(Set.of(), NIGHT.plusSeconds(60)))
                .containsExactly(
                        new ServiceRows.Idle("hedgedoc", NIGHT),
                        new ServiceRows.Idle("vikunja", NIGHT.plusSeconds(60)));
        assertThat(tables.services().markIdle(Set.of("hedgedoc"), NIGHT.plusSeconds(120)))
                .containsExactly(new ServiceRows.Idle("vikunja", NIGHT.plusSeconds(60)));
        assertThat(tables.services().markIdle(Set.of(), NIGHT.plusSeconds(180)))
                .contains(new ServiceRows.Idle("hedgedoc", NIGHT.plusSeconds(180)));
    }

    @Test
    void aServiceInQuarantineIsNotIdleAndIsForgivenWhenItIsPresent() throws SQLException {
        String database = prepared(Before.THE_SEED);
        Tables tables = new Tables(source(database));
        tables.services().markIdle(Set.of("vikunja"), NIGHT);
        cluster.run(database, "UPDATE public.service_configs SET quarantined_at = now()");
        String since = "SELECT service_name FROM service_configs WHERE idle_since IS NOT NULL";

        assertThat(tables.services().markIdle(Set.of(), NIGHT.plusSeconds(60))).isEmpty();
        assertThat(rows(database, since)).containsExactly("hedgedoc");
        assertThat(tables.services().markIdle(Set.of("hedgedoc"), NIGHT.plusSeconds(120)))
                .isEmpty();
        assertThat(rows(database, since)).isEmpty();
    }

    @Test
    void aLookThatFindsNothingNewWritesNothing() throws SQLException {
        String database = prepared(Before.THE_SEED);
        Tables tables = new Tables(source(database));
        tables.services().markIdle(Set.of("vikunja"), NIGHT);
        String versions = "SELECT xmin::text || ctid::text FROM service_configs ORDER BY id";
        List<String> before = rows(database, versions);

        tables.services().markIdle(Set.of("vikunja"), NIGHT.plusSeconds(60));

        assertThat(rows(database, versions)).isEqualTo(before);
    }

    @Test
    void theLastProvedDumpBeforeATimeIsFound() throws SQLException {
        String database = prepared(Before.NOTHING);
        cluster.run(database, """
                INSERT INTO public.backup_log
                    (service_name, backup_type, backup_path, backup_id, state, started_at, verified_at)
                VALUES ('app', 'dump', 'app/1', '1', 'verified', '2026-03-01 02:00Z', '2026-03-01 02:01Z'),
                       ('app', 'dump', 'app/2', '2', 'verified', '2026-03-01 02:10Z', '2026-03-01 04:00Z'),
                       ('app', 'dump', 'app/3', '3', 'made',     '2026-03-01 02:20Z', NULL),
                       ('app', 'base', 'app/4', '4', 'verified', '2026-03-01 02:30Z', '2026-03-01 02:31Z'),
                       ('app', 'dump', 'app/5', '5', 'expired',  '2026-03-01 02:40Z', '2026-03-01 02:41Z'),
                       ('app', 'dump', 'app/6', '6', 'verified', '2026-03-01 03:00Z', '2026-03-01 03:01Z')""");
        Tables tables = new Tables(source(database));

        assertThat(tables.history().lastVerified("app", NIGHT))
                .contains(new HistoryRows.ProvedBackup("2", "app/2", Instant.parse("2026-03-01T04:00:00Z")));
        assertThat(tables.history().lastVerified("app", Instant.parse("2026-03-01T02:00:00Z")))
                .isEmpty();
        assertThat(tables.history().lastVerified("other", NIGHT)).isEmpty();
    }

    @Test
    void anEnrolmentIsReadWithTheImageThatWasSeenLast() throws SQLException {
        String database = prepared(Before.NOTHING);
        cluster.run(
                database,
                "INSERT INTO public.service_configs (service_name, database_name, image, image_id)"
                        + " VALUES ('app', 'app', 'app:1', 'sha256:1'), ('new', 'new', NULL, NULL)");

        assertThat(new Tables(source(database)).services().enrolments())
                .extracting(Enrolment::service, Enrolment::image, Enrolment::imageId)
                .containsExactly(tuple("app", "app:1", "sha256:1"), tuple("new", "", ""));
    }

    /** A service as it stands when it has been provisioned: its role, its database that is its own, and its grants. */
    private record Service(String name, String role, String database) {
        /** What {@link #STATUS} says of it, with a size. */
        String line() {
            return name + " " + database + " inactive \\d+ kB";
        }
    }

    private Service service(String database) throws SQLException {
        String own = cluster.newDatabase();
        Service service = new Service("s_" + own, role(), own);
        cluster.run(
                "homelab",
                "ALTER DATABASE " + own + " OWNER TO " + service.role(),
                "REVOKE CONNECT, TEMPORARY ON DATABASE " + own + " FROM PUBLIC");
        cluster.run(
                database,
                "INSERT INTO public.service_configs (service_name, database_name, role_name) VALUES ('" + service.name()
                        + "', '" + own + "', '" + service.role() + "')",
                "GRANT SELECT ON public.service_status TO " + service.role(),
                "GRANT EXECUTE ON FUNCTION public.log_user_activity(varchar, varchar, varchar, inet) TO "
                        + service.role());
        return service;
    }

    /** A new role that can log in. */
    private String role() throws SQLException {
        String name = "r" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        cluster.run("homelab", "CREATE ROLE " + name + " LOGIN PASSWORD '" + TestCluster.PASSWORD.reveal() + "'");
        return name;
    }

    private static String log(String service) {
        return "SELECT public.log_user_activity('" + service + "', 'login', 'ann', '10.0.0.1')";
    }

    /** The first column of what the last statement returns. */
    private List<String> rowsAs(String role, String database, String sql, String... before) throws SQLException {
        try (Connection connection = cluster.server().connectAs(role, TestCluster.PASSWORD, database);
                Statement statement = connection.createStatement()) {
            for (String first : before) {
                statement.execute(first);
            }
            try (ResultSet result = statement.executeQuery(sql)) {
                return texts(result);
            }
        }
    }

    private String refusal(String role, String database, String sql) throws SQLException {
        try (Connection connection = cluster.server().connectAs(role, TestCluster.PASSWORD, database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
            return "not refused";
        } catch (SQLException e) {
            return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        }
    }

    private static List<String> texts(ResultSet result) throws SQLException {
        List<String> rows = new ArrayList<>();
        while (result.next()) {
            rows.add(result.getString(1));
        }
        return rows;
    }

    private String prepared(Before before) throws SQLException {
        String database = cluster.newDatabase();
        if (before == Before.THE_SEED) {
            cluster.run(database, SEED);
        }
        new Tables(source(database)).prepare();
        return database;
    }

    private DataSource source(String database) {
        ServerAddress address = cluster.server().address();
        return new Server(
                        new ServerAddress(address.host(), address.port(), address.user(), address.password(), database))
                .managementDatabase();
    }

    private List<String> rows(String database, String sql) throws SQLException {
        try (Connection connection = source(database).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = public");
            try (ResultSet result = statement.executeQuery(sql)) {
                return texts(result);
            }
        }
    }
}
