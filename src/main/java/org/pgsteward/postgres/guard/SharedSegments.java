package org.pgsteward.postgres.guard;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The dynamic shared memory of parallel queries, which is not part of the private memory of their processes. PostgreSQL
 * keeps it in files in {@code /dev/shm}. Only the memory maps of the processes show the owner of a file.
 */
final class SharedSegments {
    /** The size of all segments, in bytes. */
    static final String TOTAL = """
            (SELECT COALESCE(pg_catalog.sum((pg_catalog.pg_stat_file('/dev/shm/' || name, true)).size), 0)
               FROM pg_catalog.pg_ls_dir('/dev/shm', true, false) AS name WHERE name LIKE 'PostgreSQL.%')
            """;

    /** The most characters that are read of a map. */
    private static final int MOST_CHARACTERS = 1_000_000;

    /** One row for each segment in each map. */
    private static final String SEGMENTS = """
            SELECT r.rolname, a.pid, part[3], part[1], part[2]
              FROM pg_catalog.pg_stat_activity AS a
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             CROSS JOIN LATERAL pg_catalog.regexp_matches(
                       pg_catalog.pg_read_file('/proc/' || a.pid || '/maps', 0, %d, true),
                       '^([0-9a-f]{1,15})-([0-9a-f]{1,15}) [^/\\n]*/dev/shm/PostgreSQL\\.([0-9]{1,15})', 'gn') AS part
             WHERE a.backend_type IN ('client backend', 'parallel worker')
             LIMIT 10000
            """.formatted(MOST_CHARACTERS);

    private SharedSegments() {}

    private record Segment(int pid, long bytes, Set<String> roles) {}

    /**
     * Returns bytes by process ID, counting each segment once. Segments that several roles share belong to the server
     * and are left out.
     */
    static Map<Integer, Long> bytesByPid(Statement statement) throws SQLException {
        Map<String, Segment> segments = new HashMap<>();
        try (ResultSet rows = statement.executeQuery(SEGMENTS)) {
            while (rows.next()) {
                int pid = rows.getInt(2);
                long bytes = Long.parseLong(rows.getString(5), 16) - Long.parseLong(rows.getString(4), 16);
                segments.computeIfAbsent(rows.getString(3), name -> new Segment(pid, bytes, new HashSet<>()))
                        .roles()
                        .add(rows.getString(1));
            }
        }
        Map<Integer, Long> byPid = new HashMap<>();
        segments.values().stream()
                .filter(segment -> segment.roles().size() == 1)
                .forEach(segment -> byPid.merge(segment.pid(), segment.bytes(), Long::sum));
        return byPid;
    }
}
