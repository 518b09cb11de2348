package org.pgsteward.backup.restore;

import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.RoleRemoval;
import org.pgsteward.postgres.ScramVerifier;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A temporary role, which logs in for one piece of work and is dropped afterwards. Code in a session that acts as a
 * role by {@code SET ROLE} can reset the role of the login. A session that logged in as a plain role cannot become
 * another role.
 */
public final class TemporaryRole implements AutoCloseable {
    /** The query that ends the sessions of a role, whose name follows. */
    static final String SESSIONS = "SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid, 5000))"
            + " FROM pg_catalog.pg_stat_activity WHERE usename = ";

    private static final Logger LOG = LoggerFactory.getLogger(TemporaryRole.class);

    private final Server server;
    private final String name;
    private final Secret password;

    private TemporaryRole(Server server, String prefix) {
        this.server = server;
        this.name = prefix + random(4);
        this.password = new Secret(random(24));
    }

    /**
     * Creates a role.
     *
     * @param owner the role of which it becomes a member; empty for none
     * @param mark the comment that identifies the role as pgsteward's
     * @param usable the time for which it may log in
     * @throws SQLException if PostgreSQL refuses, or does not answer
     */
    public static TemporaryRole make(Server server, String prefix, Optional<String> owner, String mark, Duration usable)
            throws SQLException {
        TemporaryRole made = new TemporaryRole(server, prefix);
        String role = Quote.identifier(made.name);
        // A process that is killed leaves the role behind. The process alone knew its password, and its right to log in
        // expires a while later. All statements are one transaction, so the role has its mark from the first moment.
        RestoreRole.run(
                server,
                "CREATE ROLE " + role + " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
                        + " CONNECTION LIMIT 4 VALID UNTIL '" + Instant.now().plus(usable) + "' PASSWORD "
                        + Quote.literal(ScramVerifier.of(made.password).stored())
                        + owner.map(one -> " IN ROLE " + Quote.identifier(one)).orElse("")
                        + "; ALTER ROLE " + role + " SET lc_messages = 'C'; COMMENT ON ROLE " + role + " IS "
                        + Quote.literal(mark));
        return made;
    }

    String name() {
        return name;
    }

    Secret password() {
        return password;
    }

    /**
     * Opens a session of this role in {@code database}.
     *
     * @throws SQLException if the role may not connect, or PostgreSQL does not answer
     */
    public Connection enter(String database) throws SQLException {
        return server.connectForLongAs(name, password, database);
    }

    /**
     * Ends the sessions of the role and drops it. A role that cannot be dropped is disabled instead, without an error:
     * its work is done.
     *
     * @throws SQLException if PostgreSQL does not answer
     */
    @Override
    public void close() throws SQLException {
        RestoreRole.run(server, SESSIONS + Quote.literal(name));
        try {
            RoleRemoval.drop(server, name);
        } catch (SQLException e) {
            disable(server, name);
            LOG.warn("cannot drop role {}, which can no longer log in: {}", name, e.getMessage());
        }
    }

    private static void disable(Server server, String role) throws SQLException {
        RestoreRole.run(
                server,
                "ALTER ROLE " + Quote.identifier(role) + " NOLOGIN NOINHERIT PASSWORD NULL VALID UNTIL '-infinity'");
    }

    private static String random(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }
}
