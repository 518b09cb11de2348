package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
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
                "NOTHING  | service_configs | id, service_name, database_name, created_at, updated_at, role_name, identity, container_id, image, enabled, idle_since, quarantined_at, image_id",
                "THE_SEED | service_configs | id, service_name, database_name, created_at, updated_at, role_name, identity, container_id, image, enabled, idle_since, quarantined_at, image_id",
                "NOTHING  | backup_log      | id, service_name, backup_type, backup_path, created_at, success, backup_id, state, started_at, finished_at, verified_at, size_bytes, source_bytes, sha256, server_version, error, event_id, pinned",
                "THE_SEED | backup_log      | id, service_name, backup_type, backup_path, created_at, success, backup_id, state, started_at, finished_at, verified_at, size_bytes, source_bytes, sha256, server_version, error, event_id, pinned",
                "NOTHING  | user_activity   | id, service_name, action, user_identifier, ip_address, created_at, event_id",
                "THE_SEED | user_activity   | id, service_name, action, user_identifier, ip_address, created_at, event_id",
                "NOTHING  | service_status  | service_name, database_name, setup_date, status, database_size",
                "THE_SEED | service_status  | service_name, database_name, setup_date, status, database_size"
            })
    void theSeedsColumnsComeFirstAndInItsOrder(Before before, String table, String columns) throws SQLException {
        String database = prepared(before);
        assertThat(rows(
                        database,
                        "SELECT attname FROM pg_attribute WHERE attrelid = '" + table
                                + "'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"))
                .containsExactly(columns.split(", "));
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
                        "idx_user_activity_service_name");
        assertThat(rows(
                        database,
                        "SELECT pg_get_function_identity_arguments(oid) || ' -> ' || prorettype::regtype FROM pg_proc"
                                + " WHERE proname = 'log_user_activity'"))
                .containsExactly("p_service_name character varying, p_action character varying,"
                        + " p_user_identifier character varying, p_ip_address inet -> void");
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
        assertThat(tables.enrolments()).extracting("service").containsExactly("hedgedoc", "vikunja");
        assertThat(tables.histories()).isEmpty();
        assertThat(tables.lastRuns("dump")).isEmpty();
        assertThat(tables.running()).isEmpty();
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
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<String> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(result.getString(1));
            }
            return rows;
        }
    }
}
