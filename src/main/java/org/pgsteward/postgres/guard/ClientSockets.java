package org.pgsteward.postgres.guard;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgsteward.postgres.Query;

/**
 * The TCP connections to PostgreSQL, as the kernel of its host lists them in {@code /proc/net/tcp} and {@code tcp6}.
 * {@code pg_stat_activity} lists only sessions that have logged in. A connection without a login also takes a place.
 */
final class ClientSockets {
    /** The most characters that are read of a file; a connection takes about 150. */
    private static final int MOST_CHARACTERS = 1_000_000;

    // NULL if the system has no such file.
    private static final String TABLES = """
            SELECT pg_catalog.current_setting('port')::int,
                   pg_catalog.pg_read_file('/proc/net/tcp', 0, %1$d, true),
                   pg_catalog.pg_read_file('/proc/net/tcp6', 0, %1$d, true)
            """.formatted(MOST_CHARACTERS);

    /** Local address and port, remote address and port, and the state; 01 is established. */
    private static final Pattern ESTABLISHED = Pattern.compile(
            "^ *\\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4} 01 ", Pattern.MULTILINE);

    private ClientSockets() {}

    /**
     * Returns the number of connections from each address, with or without a login. Requires a superuser.
     *
     * @return empty if the server does not run on Linux
     */
    static Map<String, Integer> byAddress(Connection connection) throws SQLException {
        return Query.one(connection, TABLES, row -> {
            Map<String, Integer> counts = new HashMap<>();
            count(row.getString(2), row.getInt(1), counts);
            count(row.getString(3), row.getInt(1), counts);
            return counts;
        });
    }

    /**
     * Adds the connections of one table.
     *
     * @param table the file's text, whose last line may be incomplete; null if there is no such file
     */
    private static void count(@Nullable String table, int port, Map<String, Integer> counts) {
        Matcher line = ESTABLISHED.matcher(table == null ? "" : table);
        while (line.find()) {
            if (Integer.parseInt(line.group(1), 16) == port) {
                counts.merge(address(line.group(2)), 1, Integer::sum);
            }
        }
    }

    /**
     * Returns the address in its usual notation.
     *
     * @param hex words of 32 bits in the byte order of the host's memory, which is assumed to be little-endian
     */
    static String address(String hex) {
        ByteBuffer words = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
        ByteBuffer bytes = ByteBuffer.allocate(words.capacity()).order(ByteOrder.LITTLE_ENDIAN);
        while (words.hasRemaining()) {
            bytes.putInt(words.getInt());
        }
        try {
            return InetAddress.getByAddress(bytes.array()).getHostAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError("an address has 4 or 16 bytes, and this one " + bytes.capacity(), e);
        }
    }
}
