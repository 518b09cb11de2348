package org.pgsteward.journal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;

/**
 * Databases with the journal's tables, on the cluster that the tests of a JVM share, and services with rows in them.
 */
final class JournalDatabases {
    /** The tables as the operational lab created them, before pgsteward existed. */
    static final String[] SEED = {
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

    static final String STATUS = "SELECT concat_ws(' ', service_name, database_name, status,"
            + " COALESCE(database_size, 'none')) FROM public.service_status";

    static final List<String> NOT_FOR_SERVICES = List.of(
            "SELECT 1 FROM public.service_configs",
            "SELECT 1 FROM public.backup_log",
            "SELECT 1 FROM public.user_activity",
            "INSERT INTO public.user_activity (service_name, action) VALUES ('forged', 'login')",
            "UPDATE public.service_configs SET role_name = session_user",
            "DELETE FROM public.backup_log",
            "SELECT nextval('public.service_configs_id_seq')",
            "SELECT nextval('public.backup_log_id_seq')",
            "SELECT nextval('public.user_activity_id_seq')");

    static final TestCluster cluster = TestCluster.shared();

    private JournalDatabases() {}

    /** The state before pgsteward creates its tables: no tables, or those of an init script. */
    enum Before {
        NOTHING,
        THE_SEED
    }

    /** A provisioned service: its role, its own database and its grants. */
    record Service(String name, String role, String database) {
        /** Returns the service's row of {@link #STATUS}, with a pattern for the size. */
        String line() {
            return name + " " + database + " inactive \\d+ kB";
        }
    }

    static Service service(String database) throws SQLException {
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

    /** Creates a role that can log in, and returns its name. */
    static String role() throws SQLException {
        String name = "r" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        cluster.run("homelab", "CREATE ROLE " + name + " LOGIN PASSWORD '" + TestCluster.PASSWORD.reveal() + "'");
        return name;
    }

    static String log(String service) {
        return "SELECT public.log_user_activity('" + service + "', 'login', 'ann', '10.0.0.1')";
    }

    /** Returns the first column of the result of the last statement. */
    static List<String> rowsAs(String role, String database, String sql, String... before) throws SQLException {
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

    static String refusal(String role, String database, String sql) throws SQLException {
        try (Connection connection = cluster.server().connectAs(role, TestCluster.PASSWORD, database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
            return "not refused";
        } catch (SQLException e) {
            return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        }
    }

    static List<String> texts(ResultSet result) throws SQLException {
        List<String> rows = new ArrayList<>();
        while (result.next()) {
            rows.add(result.getString(1));
        }
        return rows;
    }

    static String prepared(Before before) throws SQLException {
        String database = cluster.newDatabase();
        if (before == Before.THE_SEED) {
            cluster.run(database, SEED);
        }
        new Tables(source(database)).prepare();
        return database;
    }

    static DataSource source(String database) {
        ServerAddress address = cluster.server().address();
        return new Server(
                        new ServerAddress(address.host(), address.port(), address.user(), address.password(), database))
                .managementDatabase();
    }

    static List<String> rows(String database, String sql) throws SQLException {
        try (Connection connection = source(database).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = public");
            try (ResultSet result = statement.executeQuery(sql)) {
                return texts(result);
            }
        }
    }
}
