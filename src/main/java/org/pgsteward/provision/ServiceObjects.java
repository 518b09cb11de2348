package org.pgsteward.provision;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.DatabaseRemoval;
import org.pgsteward.postgres.DatabaseRename;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;

/** Changes the role, the database and the row in {@code service_configs} of one service, while the lock is held. */
final class ServiceObjects {
    /**
     * Other databases that a role owns, or in which it owns an object or has a privilege; without its own database and the
     * management database, in which its privileges can be revoked.
     */
    private static final String ELSEWHERE = """
            SELECT d.datname
              FROM pg_catalog.pg_shdepend AS s
              JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
              JOIN pg_catalog.pg_roles AS r ON r.oid = s.refobjid
             WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND r.rolname = ?
               AND d.datname NOT IN (?, pg_catalog.current_database())
            UNION
            SELECT d.datname
              FROM pg_catalog.pg_database AS d
              JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
             WHERE r.rolname = ? AND d.datname <> ?
             ORDER BY 1
            """;

    private final ManagementConnection.Turn turn;
    private final String service;
    private final String role;

    /** @param role empty if the service has none */
    ServiceObjects(ManagementConnection.Turn turn, String service, String role) {
        this.turn = turn;
        this.service = service;
        this.role = role;
    }

    boolean databaseExists(String database) throws SQLException {
        return ask("SELECT datname FROM pg_catalog.pg_database WHERE datname = ?", database)
                .isPresent();
    }

    private boolean roleExists() throws SQLException {
        return !role.isEmpty()
                && ask("SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ?", role)
                        .isPresent();
    }

    /** @param columns assignments in SQL */
    void updateRow(String columns) throws SQLException {
        run(update(columns));
    }

    void deleteRow() throws SQLException {
        run("DELETE FROM public.service_configs" + ofService());
    }

    private String update(String columns) {
        return "UPDATE public.service_configs SET " + columns + ofService();
    }

    private String ofService() {
        return " WHERE service_name = " + Quote.literal(service);
    }

    void disableLogin() throws SQLException {
        if (roleExists()) {
            run("ALTER ROLE " + Quote.identifier(role) + " NOLOGIN");
        }
    }

    /** Enables the login of the role, also after the guard shut it out. */
    void enableLogin() throws SQLException {
        if (roleExists()) {
            run("ALTER ROLE " + Quote.identifier(role) + " LOGIN");
            run("DO $$ BEGIN IF (SELECT rolconnlimit = 0 FROM pg_catalog.pg_roles WHERE rolname = "
                    + Quote.literal(role) + ") THEN ALTER ROLE " + Quote.identifier(role)
                    + " CONNECTION LIMIT " + PostgresServer.ROLE_CONNECTIONS + "; END IF; END $$");
        }
    }

    /**
     * Renames the database, and records the new name in the same transaction. If there is no database, only the row changes.
     *
     * @param columns more assignments in SQL, each after a comma
     */
    void rename(String from, String to, String columns) throws SQLException {
        String row =
                update("database_name = " + Quote.literal(to) + ", updated_at = now() AT TIME ZONE 'UTC'" + columns);
        if (!databaseExists(from)) {
            run(row);
            return;
        }
        if (from.equals(to)) {
            // A process that was killed after it disabled connections may have left them disabled.
            run(allowConnections(to, true) + "; " + row);
            return;
        }
        run(allowConnections(from, false));
        ask(
                "SELECT count(pg_catalog.pg_terminate_backend(pid, 5000))::text FROM pg_catalog.pg_stat_activity"
                        + " WHERE datname = ?",
                from);
        // With connections again: the service cannot log in, and the administrator goes on to dump the database.
        try {
            DatabaseRename.run(turn.connection(), from, to, allowConnections(to, true) + "; " + row);
        } catch (SQLException e) {
            reopen(from, e);
            throw e;
        }
    }

    private void reopen(String database, SQLException failure) {
        try {
            run(allowConnections(database, true));
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    private static String allowConnections(String database, boolean allowed) {
        return "ALTER DATABASE " + Quote.identifier(database) + " ALLOW_CONNECTIONS " + allowed;
    }

    /** Returns the other databases that keep the role from being dropped. */
    List<String> elsewhere(String database) throws SQLException {
        return Query.list(turn.connection(), ELSEWHERE, row -> row.getString(1), role, database, role, database);
    }

    /** @throws Refusal if PostgreSQL does not drop the database in time, since the provisioning of all services waits */
    void dropDatabase(String database) throws SQLException, Refusal {
        try {
            DatabaseRemoval.drop(turn.connection(), database, DatabaseRemoval.LONGEST);
        } catch (SQLException e) {
            if (DatabaseRemoval.tookTooLong(e)) {
                throw new Refusal("cannot delete database " + database
                        + " yet: it is closed, but DROP DATABASE waits for a session"
                        + " with a statement that PostgreSQL cannot interrupt; try again later, or find the session"
                        + " in pg_stat_activity");
            }
            throw e;
        }
    }

    /** Drops the role with its privileges in the management database; it must have none in any other. */
    void dropRole() throws SQLException {
        if (roleExists()) {
            run("DROP OWNED BY " + Quote.identifier(role) + "; DROP ROLE " + Quote.identifier(role));
        }
    }

    private Optional<String> ask(String sql, String name) throws SQLException {
        return Query.first(turn.connection(), sql, row -> Optional.ofNullable(row.getString(1)), name)
                .flatMap(answer -> answer);
    }

    private void run(String sql) throws SQLException {
        Query.run(turn.connection(), sql);
    }
}
