package org.pgsteward.postgres.guard;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Finder of the role that filled the queue of {@code NOTIFY}. PostgreSQL keeps no count of it, but it stores each
 * notification with the database and process ID of the sender.
 */
final class NotifyWriters {
    /** The number of files that are read, spread over the whole queue. A file has 256 kB. */
    private static final int FILES = 5;

    private static final int PAGE = 8192;

    /** The length of an entry, its database, its transaction and its process ID, in four bytes each. */
    private static final int HEADER = 16;

    private static final String SAMPLE = """
            SELECT pg_catalog.pg_read_binary_file('pg_notify/' || name, 0, 262144, true)
              FROM (SELECT name,
                           pg_catalog.row_number() OVER (ORDER BY name) AS number,
                           pg_catalog.count(*) OVER () AS files
                      FROM pg_catalog.pg_ls_dir('pg_notify', true, false) AS name) AS queue
             WHERE number % GREATEST(1, files / {files}) = 0
             LIMIT {files}
            """.replace("{files}", Integer.toString(FILES));

    /** The sender's role; the owner of the database if the session has ended. */
    private static final String ROLE = """
            SELECT r.rolname
              FROM pg_catalog.pg_database AS d
              LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = ? AND a.datid = d.oid
              JOIN pg_catalog.pg_roles AS r ON r.oid = COALESCE(a.usesysid, d.datdba)
             WHERE d.oid = ? AND NOT r.rolsuper
            """;

    /** The share of the bytes that a role, or the ended sessions in a database, must have written. */
    private static final double MOST = 0.5;

    private NotifyWriters() {}

    private record Writer(long database, int process) {}

    /**
     * Returns the role that has written most of the queue; empty if no ordinary role has. In a database of a superuser,
     * sessions of any role may have written and ended. Then the result is the role that now writes most there, which
     * takes 0.3 s to observe.
     */
    static Optional<String> most(Connection session) throws SQLException {
        Map<Writer, Long> byWriter = new HashMap<>();
        try (Statement statement = session.createStatement();
                ResultSet rows = statement.executeQuery(SAMPLE)) {
            while (rows.next()) {
                byte[] file = rows.getBytes(1);
                if (file != null) {
                    add(file, byWriter);
                }
            }
        }
        double most = sum(byWriter.values()) * MOST;
        Map<Long, Long> unknown = new HashMap<>();
        Optional<String> role = largest(byRole(session, byWriter, unknown), most);
        if (role.isPresent()) {
            return role;
        }
        Optional<Long> database = largest(unknown, most);
        if (database.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Long> observed = new WrittenBytes(database.get()).observe(session);
        return largest(observed, Math.max(1, sum(observed.values()) * MOST));
    }

    private static long sum(Collection<Long> bytes) {
        return bytes.stream().mapToLong(Long::longValue).sum();
    }

    private static <T> Optional<T> largest(Map<T, Long> bytes, double least) {
        return bytes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .filter(largest -> largest.getValue() >= least)
                .map(Map.Entry::getKey);
    }

    /**
     * Adds the entries of a file. Unwritten pages are zero, and so is the database of the entry that fills the end of a
     * page.
     */
    private static void add(byte[] file, Map<Writer, Long> byWriter) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.nativeOrder());
        for (int page = 0; page + PAGE <= file.length; page += PAGE) {
            int at = page;
            while (at + HEADER <= page + PAGE) {
                int length = bytes.getInt(at);
                if (length < HEADER || length > page + PAGE - at) {
                    break;
                }
                long database = Integer.toUnsignedLong(bytes.getInt(at + 4));
                if (database != 0) {
                    byWriter.merge(new Writer(database, bytes.getInt(at + 12)), (long) length, Long::sum);
                }
                at += (length + 3) & ~3;
            }
        }
    }

    /**
     * Returns the bytes by role.
     *
     * @param unknown receives the bytes of ended sessions in databases of superusers, by database
     */
    private static Map<String, Long> byRole(Connection session, Map<Writer, Long> byWriter, Map<Long, Long> unknown)
            throws SQLException {
        Sql.clearStatistics(session);
        Map<String, Long> byRole = new HashMap<>();
        try (PreparedStatement statement = session.prepareStatement(ROLE)) {
            for (Map.Entry<Writer, Long> entry : byWriter.entrySet()) {
                statement.setInt(1, entry.getKey().process());
                statement.setLong(2, entry.getKey().database());
                try (ResultSet row = statement.executeQuery()) {
                    if (row.next()) {
                        byRole.merge(row.getString(1), entry.getValue(), Long::sum);
                    } else {
                        unknown.merge(entry.getKey().database(), entry.getValue(), Long::sum);
                    }
                }
            }
        }
        return byRole;
    }
}
