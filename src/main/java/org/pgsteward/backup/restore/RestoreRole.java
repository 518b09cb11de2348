package org.pgsteward.backup.restore;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.DatabaseRemoval;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnfinishedRestore;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * A restore role: it logs in for one restore and is dropped afterwards, because pgsteward does not know the service's
 * own password. It is a member of the service's role alone, which owns the objects that it creates.
 */
final class RestoreRole implements RestoreSite, AutoCloseable {
    private static final String PREFIX = "pgsteward_restore_";

    /**
     * The settings that save memory. The server may use 256 MB in all. An index that was built with the usual settings
     * was killed for memory and took every service down.
     */
    private static final List<String> SMALL_ONES = List.of(
            "maintenance_work_mem='16MB'", "max_parallel_maintenance_workers=0", "max_parallel_workers_per_gather=0");

    private static final String SMALL = " -c " + String.join(" -c ", SMALL_ONES).replace("'", "");

    /** The SQLSTATEs privilege_not_granted and privilege_not_revoked. */
    private static final Set<String> NOTHING_DONE = Set.of("01007", "01006");

    private final Server server;
    private final Programs programs;
    private final UnprivilegedUser user;
    private final Optional<String> owner;
    private final TemporaryRole role;

    private RestoreRole(
            Server server, Programs programs, UnprivilegedUser user, Optional<String> owner, TemporaryRole role) {
        this.server = server;
        this.programs = programs;
        this.user = user;
        this.owner = owner;
        this.role = role;
    }

    /**
     * Creates a restore role.
     *
     * @param owner the role of which it becomes a member; empty if that membership would give it powers over the
     *     cluster
     */
    static RestoreRole invite(Server server, Programs programs, UnprivilegedUser user, Optional<String> owner)
            throws SQLException {
        return new RestoreRole(
                server,
                programs,
                user,
                owner,
                TemporaryRole.make(server, PREFIX, owner, UnfinishedRestore.MARK, Duration.ofDays(1)));
    }

    String name() {
        return role.name();
    }

    @Override
    public String administer(String database, String sql) throws IOException {
        try (Connection connection = server.connectForLong(database);
                Statement statement = connection.createStatement()) {
            String answer = "";
            boolean rows = statement.execute(sql);
            while (rows || statement.getUpdateCount() >= 0) {
                if (rows) {
                    try (ResultSet row = statement.getResultSet()) {
                        answer = row.next() ? Objects.requireNonNullElse(row.getString(1), "") : "";
                    }
                }
                rows = statement.getMoreResults();
            }
            return answer;
        } catch (SQLException e) {
            throw new IOException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public String ask(String database, String sql) throws IOException {
        return administer(database, sql);
    }

    @Override
    public ClientProgram restoring(String database, List<String> options) throws IOException {
        return start(database, owner, options);
    }

    @Override
    public String loader() {
        return role.name();
    }

    @Override
    public ClientProgram loading(String database, List<String> options) throws IOException {
        return start(database, Optional.empty(), options);
    }

    @Override
    public List<String> asOwner(String database, List<String> statements) throws IOException {
        List<String> errors = new ArrayList<>();
        try (Connection connection = enter(database);
                Statement statement = connection.createStatement()) {
            for (String setting : SMALL_ONES) {
                statement.execute("SET " + setting);
            }
            statement.execute("SET client_min_messages = 'warning'");
            if (owner.isPresent()) {
                statement.execute("SET ROLE " + Quote.identifier(owner.get()));
            }
            for (String sql : statements) {
                errors.add(tried(statement, sql));
            }
        } catch (SQLException e) {
            throw new IOException(String.valueOf(e.getMessage()), e);
        }
        return errors;
    }

    private static String tried(Statement statement, String sql) throws SQLException {
        try {
            statement.execute(sql);
            return sql.startsWith("GRANT ") || sql.startsWith("REVOKE ") ? unchanged(statement) : "";
        } catch (SQLException e) {
            if (statement.getConnection().isClosed()) {
                throw e;
            }
            return String.valueOf(e.getMessage());
        }
    }

    /**
     * Returns the warning of a GRANT or REVOKE that changed nothing; empty otherwise. If a role may not grant or revoke
     * a privilege but has another privilege on the object, PostgreSQL only warns.
     */
    private static String unchanged(Statement statement) throws SQLException {
        for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
            if (NOTHING_DONE.contains(String.valueOf(warning.getSQLState()))) {
                return "WARNING: " + warning.getMessage();
            }
        }
        return "";
    }

    private ClientProgram start(String database, Optional<String> as, List<String> options) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(programs.path("pg_restore").toString()));
        // pg_restore accepts a database or an output file, not both.
        if (options.stream().noneMatch(option -> option.startsWith("--file=") || option.equals("--list"))) {
            command.add("--no-password");
            command.add("--dbname=" + Quote.conninfo(database));
            as.ifPresent(one -> command.add("--role=" + one));
        }
        command.addAll(options);
        return server.startAs(role.name(), role.password(), user, command, database, server.restoreSettings() + SMALL);
    }

    /** Opens a session in {@code database}, to read the restored contents. */
    Connection enter(String database) throws SQLException {
        return role.enter(database);
    }

    /**
     * Gives the objects of this role in {@code database} to {@code heir}, and revokes the privileges of this role
     * there.
     */
    void leave(String database, String heir) throws IOException {
        String own = Quote.identifier(role.name());
        administer(database, "REASSIGN OWNED BY " + own + " TO " + Quote.identifier(heir) + "; DROP OWNED BY " + own);
    }

    @Override
    public void close() throws SQLException {
        role.close();
    }

    static void run(Server server, String sql) throws SQLException {
        try (Connection connection = server.connectForLong(server.address().database())) {
            Query.run(connection, sql);
        }
    }

    /** Drops a database if it exists, also if its owner made it a template. */
    static void dropDatabase(Server server, String name) throws SQLException {
        boolean template = !names(
                        server,
                        "SELECT 1 FROM pg_catalog.pg_database WHERE datistemplate AND datname = " + Quote.literal(name))
                .isEmpty();
        if (template) {
            run(server, "ALTER DATABASE " + Quote.identifier(name) + " IS_TEMPLATE false");
        }
        try (Connection connection = server.connectForLong(server.address().database())) {
            DatabaseRemoval.drop(connection, name, DatabaseRemoval.LONGEST);
        }
    }

    static List<String> names(Server server, String sql) throws SQLException {
        try (Connection connection = server.connect(server.address().database())) {
            return names(connection, sql);
        }
    }

    /** Returns the first column of the rows of {@code sql}. */
    static List<String> names(Connection connection, String sql) throws SQLException {
        return Query.list(connection, sql, row -> row.getString(1));
    }
}
