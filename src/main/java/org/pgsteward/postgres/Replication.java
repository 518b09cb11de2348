package org.pgsteward.postgres;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Check of whether a server permits a base backup. It runs before the backup starts, since the errors of
 * {@code pg_basebackup} name the cause but no remedy.
 */
public final class Replication {
    private static final String STATE = """
            SELECT current_setting('wal_level'),
                   current_setting('max_wal_senders')::int,
                   r.rolsuper OR r.rolreplication,
                   (SELECT string_agg(quote_ident(t.spcname), ', ' ORDER BY t.spcname)
                      FROM pg_catalog.pg_tablespace AS t
                     WHERE t.spcname NOT IN ('pg_default', 'pg_global')),
                   host(inet_client_addr()),
                   host(inet_server_addr()),
                   (SELECT s.setting FROM pg_catalog.pg_settings AS s WHERE s.name = 'hba_file')
              FROM pg_catalog.pg_roles AS r
             WHERE r.rolname = current_user
            """;

    /** SQLSTATE if no line of pg_hba.conf matches a connection, or a line rejects it. */
    private static final String NOT_LET_IN = "28000";

    /** The number of bytes of an address that identify a Docker network: 172.18.0.0/16, fd00:…::/64. */
    private static final int NETWORK_V4 = 2;

    private static final int NETWORK_V6 = 8;

    private Replication() {}

    /**
     * Returns why no base backup can be taken, with the remedy; empty if one can.
     *
     * @throws SQLException if the server does not answer
     */
    public static Optional<String> hindrance(Server server) throws SQLException {
        String user = server.address().user();
        try (Connection connection = server.connect(server.address().database());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(STATE)) {
            row.next();
            if ("minimal".equals(row.getString(1))) {
                return Optional.of("wal_level is minimal, but a base backup needs the complete WAL: set wal_level ="
                        + " replica and restart PostgreSQL");
            }
            if (row.getInt(2) == 0) {
                return Optional.of("max_wal_senders is 0, so PostgreSQL sends no base backup: set max_wal_senders = 10"
                        + " (or remove the setting) and restart PostgreSQL");
            }
            if (!row.getBoolean(3)) {
                return Optional.of("role " + user + " lacks the attribute REPLICATION: ALTER ROLE "
                        + Quote.identifier(user) + " REPLICATION");
            }
            if (row.getString(4) != null) {
                return Optional.of("the cluster has tablespaces of its own (" + row.getString(4) + "), which a base"
                        + " backup in one stream cannot contain; dumps contain their tables. Move the tables"
                        + " to pg_default and drop the tablespaces, or switch base backups off:"
                        + " PGSTEWARD_BACKUP_BASE_SCHEDULE=");
            }
            String line =
                    "host replication " + user + " " + from(row.getString(5), row.getString(6)) + " scram-sha-256";
            String file = Optional.ofNullable(row.getString(7)).orElse("pg_hba.conf");
            return refusal(server, line, file);
        }
    }

    private static Optional<String> refusal(Server server, String line, String file) throws SQLException {
        try {
            server.connectForReplication().close();
            return Optional.empty();
        } catch (SQLException e) {
            if (!NOT_LET_IN.equals(e.getSQLState())) {
                return Optional.of("cannot open a replication connection: " + e.getMessage());
            }
            return Optional.of("pg_hba.conf allows no replication connection: add the line  " + line + "  to " + file
                    + " above any line that rejects it, and run SELECT pg_reload_conf()");
        }
    }

    /**
     * Returns the address for the line of pg_hba.conf: the server's networks if pgsteward is on one of them, else
     * pgsteward's address alone.
     */
    static String from(@Nullable String client, @Nullable String server) {
        if (client == null || server == null) {
            return "samenet";
        }
        try {
            InetAddress we = InetAddress.getByName(client);
            byte[] ours = we.getAddress();
            byte[] its = InetAddress.getByName(server).getAddress();
            int network = ours.length == 4 ? NETWORK_V4 : NETWORK_V6;
            boolean together = ours.length == its.length && Arrays.equals(ours, 0, network, its, 0, network);
            return together && !we.isLoopbackAddress() ? "samenet" : client + "/" + ours.length * 8;
        } catch (UnknownHostException e) {
            return "samenet";
        }
    }
}
