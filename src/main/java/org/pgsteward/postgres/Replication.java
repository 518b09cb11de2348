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
 * Whether a server lets a base backup be taken. It is found out before anything is started, since {@code pg_basebackup}
 * says what is wrong and not what to do about it.
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

    /** PostgreSQL's code where no line of pg_hba.conf lets a connection in, or one turns it away. */
    private static final String NOT_LET_IN = "28000";

    /** Bytes of an address by which Docker's networks are told apart: 172.18.0.0/16, fd00:…::/64. */
    private static final int NETWORK_V4 = 2;

    private static final int NETWORK_V6 = 8;

    private Replication() {}

    /**
     * Why none can be taken, and what to do; empty when one can.
     *
     * @throws SQLException when the server does not answer
     */
    public static Optional<String> hindrance(Server server) throws SQLException {
        String user = server.address().user();
        try (Connection connection = server.connect(server.address().database());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(STATE)) {
            row.next();
            if ("minimal".equals(row.getString(1))) {
                return Optional.of("wal_level is minimal, and a base backup needs the whole log: set wal_level ="
                        + " replica and restart PostgreSQL");
            }
            if (row.getInt(2) == 0) {
                return Optional.of("max_wal_senders is 0, so nobody may read a base backup: set max_wal_senders = 10"
                        + " (or leave it out) and restart PostgreSQL");
            }
            if (!row.getBoolean(3)) {
                return Optional.of(
                        "role " + user + " may not replicate: ALTER ROLE " + Quote.identifier(user) + " REPLICATION");
            }
            if (row.getString(4) != null) {
                return Optional.of(
                        "the cluster has tablespaces of its own (" + row.getString(4) + "), which a base"
                                + " backup in one stream cannot hold; its databases are dumped all the same. Move what is in"
                                + " them to pg_default and drop them, or switch base backups off: PGSTEWARD_BACKUP_BASE_SCHEDULE=");
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
                return Optional.of("no replication connection can be had: " + e.getMessage());
            }
            return Optional.of("pg_hba.conf lets no replication in: add the line  " + line + "  to " + file
                    + " above any line that rejects it, and run SELECT pg_reload_conf()");
        }
    }

    /** Where the line lets us come from: the networks that the server is on where we are on one of them, else us alone. */
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
