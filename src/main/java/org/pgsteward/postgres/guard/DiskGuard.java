package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.postgres.UnfinishedRestore;

/** Guards the disk with PostgreSQL's data: its space, the number of its files, and the queue of {@code NOTIFY}. For one thread. */
final class DiskGuard {
    /** A temporary file has the process ID of its session in its name. Those of parallel workers are in folders. */
    private static final String TEMPORARY = """
            WITH file (name, size) AS (
                SELECT name, size FROM pg_catalog.pg_ls_tmpdir()
                 UNION ALL
                SELECT folder, (pg_catalog.pg_stat_file('base/pgsql_tmp/' || folder || '/' || file, true)).size
                  FROM pg_catalog.pg_ls_dir('base/pgsql_tmp', true, false) AS folder,
                       LATERAL pg_catalog.pg_ls_dir('base/pgsql_tmp/' || folder, true, false) AS file
                 WHERE folder LIKE '%.fileset')
            """;

    private static final String OF_DATABASES = """
              FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
             WHERE NOT r.rolsuper AND d.datname !~ '{unfinished}'
            """.replace("{unfinished}", UnfinishedRestore.NAMES);

    private static final String OF_TEMPORARY = """
              FROM file AS t
              JOIN pg_catalog.pg_stat_activity AS a
                ON a.pid = pg_catalog.substring(t.name, 'pgsql_tmp([0-9]{1,9})')::int
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE NOT r.rolsuper
             GROUP BY 1
            """;

    private static final String LIMIT = " LIMIT 5000";

    private static final String BYTES = TEMPORARY
            + "SELECT r.rolname, d.datname, pg_catalog.pg_database_size(d.oid)" + OF_DATABASES
            + " UNION ALL SELECT a.usename, '', pg_catalog.sum(t.size)" + OF_TEMPORARY + LIMIT;

    private static final String COMMON = """
            SELECT (SELECT COALESCE(pg_catalog.sum(size), 0) FROM pg_catalog.pg_ls_waldir())
                   + (SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_database_size(d.oid)), 0)
                        FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
                       WHERE r.rolsuper)
                   +
            """ + NotifyQueue.BYTES;

    /**
     * A table or index without any row has a file. So has a snapshot that a transaction has exported; the virtual transaction ID is
     * in its name, in hexadecimal.
     */
    private static final String FILES = TEMPORARY + """
            , snapshot (xid, files) AS (
                SELECT ('x' || pg_catalog.substring(name, 1, 8))::pg_catalog.bit(32)::int::text || '/'
                       || ('x' || pg_catalog.substring(name, 10, 8))::pg_catalog.bit(32)::int8::text,
                       pg_catalog.count(*)
                  FROM pg_catalog.pg_ls_dir('pg_snapshots', true, false) AS name
                 WHERE name ~ '^[0-9A-F]{8}-[0-9A-F]{8}-'
                 GROUP BY 1)
            SELECT r.rolname, d.datname,
                   (SELECT pg_catalog.count(*) FROM pg_catalog.pg_ls_dir('base/' || d.oid, true, false))
            """ + OF_DATABASES
            + " UNION ALL SELECT a.usename, '', pg_catalog.count(*)" + OF_TEMPORARY + """
             UNION ALL
            SELECT a.usename, '', s.files
              FROM snapshot AS s
              JOIN pg_catalog.pg_locks AS l ON l.virtualxid = s.xid AND l.mode = 'ExclusiveLock'
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE NOT r.rolsuper
            """ + LIMIT;

    private final WrittenBytes written = new WrittenBytes();
    private final Shortage space;
    private final Shortage files;
    private final NotifyQueue queue = new NotifyQueue();

    DiskGuard(FreeSpace left) {
        space = new Shortage(DiskUnit.BYTES, left::bytes, this::bytes);
        files = new Shortage(DiskUnit.FILES, left::files, DiskGuard::files);
    }

    /** Returns whether services may log in again that were shut out because of the disk. */
    boolean hasRoom() {
        return space.isOver() && files.isOver();
    }

    /** Returns whether so much has gone that the next check should not wait. */
    boolean isDue() {
        return space.isDue() || files.isDue();
    }

    Optional<DiskTaken> check(Connection session) throws SQLException {
        for (Shortage shortage : List.of(space, files)) {
            Optional<DiskTaken> taken = shortage.check(session);
            if (taken.isPresent()) {
                return taken;
            }
        }
        return queue.check(session);
    }

    private DiskUse bytes(Connection session, Instant now, long left) throws SQLException {
        Sql.clearStatistics(session);
        written.read(session);
        Map<DiskUse.Part, Long> parts = parts(session, BYTES);
        return new DiskUse(now, left, parts, Long.parseLong(Sql.value(session, COMMON)), written.byRole());
    }

    private static DiskUse files(Connection session, Instant now, long left) throws SQLException {
        Sql.clearStatistics(session);
        return new DiskUse(now, left, parts(session, FILES), 0, Map.of());
    }

    private static Map<DiskUse.Part, Long> parts(Connection session, String query) throws SQLException {
        Map<DiskUse.Part, Long> parts = new HashMap<>();
        try (Statement statement = session.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                parts.merge(new DiskUse.Part(rows.getString(1), rows.getString(2)), rows.getLong(3), Long::sum);
            }
        }
        return parts;
    }
}
