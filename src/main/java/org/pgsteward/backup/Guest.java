package org.pgsteward.backup;

import java.io.IOException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ScramVerifier;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * A role that logs in for one restore and is dropped with it: the service's own password is nobody's to know. It belongs
 * to nothing but the service's role, which owns what it makes.
 */
final class Guest implements RestoreSite, AutoCloseable {
    private static final String PREFIX = "pgsteward_restore_";

    /**
     * The server may use 256 MB for everybody together, where an index built with the usual settings was killed for
     * memory and took every service down.
     */
    private static final String SMALL = " -c maintenance_work_mem=16MB -c max_parallel_maintenance_workers=0"
            + " -c max_parallel_workers_per_gather=0";

    /** Ends those of a role, whose name follows. */
    static final String SESSIONS = "SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid, 5000))"
            + " FROM pg_catalog.pg_stat_activity WHERE usename = ";

    private final Server server;
    private final Programs programs;
    private final UnprivilegedUser user;
    private final Optional<String> owner;
    private final String name;
    private final Secret password;

    private Guest(Server server, Programs programs, UnprivilegedUser user, Optional<String> owner, String name) {
        this.server = server;
        this.programs = programs;
        this.user = user;
        this.owner = owner;
        this.name = name;
        this.password = new Secret(random(24));
    }

    /**
     * Makes one.
     *
     * @param owner the role that it belongs to; empty where that would give it power, and it belongs to none
     */
    static Guest invite(Server server, Programs programs, UnprivilegedUser user, Optional<String> owner)
            throws SQLException {
        Guest guest = new Guest(server, programs, user, owner, PREFIX + random(4));
        String role = Quote.identifier(guest.name);
        // Whoever is killed leaves it behind; its password dies with him, and its right to log in a day later. It is
        // known as ours from its first moment: all of this is one transaction.
        run(
                server,
                "CREATE ROLE " + role + " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
                        + " CONNECTION LIMIT 4 VALID UNTIL '"
                        + Instant.now().plus(Duration.ofDays(1)) + "' PASSWORD "
                        + Quote.literal(ScramVerifier.of(guest.password).stored())
                        + owner.map(one -> " IN ROLE " + Quote.identifier(one)).orElse("")
                        + "; ALTER ROLE " + role + " SET lc_messages = 'C'; COMMENT ON ROLE " + role + " IS "
                        + Quote.literal(RestoreLeftovers.MARK));
        return guest;
    }

    String name() {
        return name;
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
    public ClientProgram restoring(String database, List<String> options) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(programs.path("pg_restore").toString()));
        // Text wants no connection, and pg_restore takes either.
        if (options.stream().noneMatch(option -> option.startsWith("--file=") || option.equals("--list"))) {
            command.add("--no-password");
            command.add("--dbname=" + Quote.conninfo(database));
            owner.ifPresent(role -> command.add("--role=" + role));
        }
        command.addAll(options);
        Map<String, String> environment = new HashMap<>();
        environment.put("PGHOST", server.address().host());
        environment.put("PGPORT", Integer.toString(server.address().port()));
        environment.put("PGUSER", name);
        environment.put("PGPASSWORD", password.reveal());
        environment.put("PGOPTIONS", Server.OWN_SETTINGS + SMALL);
        environment.put("PGAPPNAME", "pgsteward");
        environment.put("PGCONNECT_TIMEOUT", "10");
        return ClientProgram.start(user, command, environment);
    }

    /** In {@code database}, to read what it has restored there. */
    Connection enter(String database) throws SQLException {
        return server.connectAs(name, password, database);
    }

    /** Gives what it owns in {@code database} to {@code heir}, and gives back its rights there. */
    void leave(String database, String heir) throws IOException {
        String role = Quote.identifier(name);
        administer(database, "REASSIGN OWNED BY " + role + " TO " + Quote.identifier(heir) + "; DROP OWNED BY " + role);
    }

    /** Ends its sessions and drops it. */
    @Override
    public void close() throws SQLException {
        run(server, SESSIONS + Quote.literal(name));
        run(server, "DROP ROLE IF EXISTS " + Quote.identifier(name));
    }

    static void run(Server server, String sql) throws SQLException {
        try (Connection connection = server.connectForLong(server.address().database());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static List<String> names(Server server, String sql) throws SQLException {
        try (Connection connection = server.connect(server.address().database());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> names = new ArrayList<>();
            while (rows.next()) {
                names.add(rows.getString(1));
            }
            return names;
        }
    }

    private static String random(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
