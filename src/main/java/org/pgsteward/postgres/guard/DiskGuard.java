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

/**
 * Guard of the disk with PostgreSQL's data: its free space, its free inodes and the queue of {@code NOTIFY}. Not
 * thread-safe.
 */
final class DiskGuard {
    /**
     * A temporary file has the process ID of its session in its name. The files of parallel workers are in folders with
     * such a name. The file of an exported snapshot has the virtual transaction ID of its transaction in its name, in
     * hexadecimal, and takes a block of 4 kB.
     */
    private static final String FILES_OF_SESSIONS = """
            WITH temporary (pid, size) AS (
                SELECT pg_catalog.substring(name, 'pgsql_tmp([0-9]{1,9})')::int, size FROM pg_catalog.pg_ls_tmpdir()
                 UNION ALL
                SELECT pg_catalog.substring(folder, 'pgsql_tmp([0-9]{1,9})')::int,
                       (pg_catalog.pg_stat_file('base/pgsql_tmp/' || folder || '/' || file, true)).size
                  FROM pg_catalog.pg_ls_dir('base/pgsql_tmp', true, false) AS folder,
                       LATERAL pg_catalog.pg_ls_dir('base/pgsql_tmp/' || folder, true, false) AS file
                 WHERE folder ~ '[.]fileset$'),
            snapshot (xid, files) AS (
                SELECT ('x' || pg_catalog.substring(name, 1, 8))::pg_catalog.bit(32)::int::text || '/'
                       || ('x' || pg_catalog.substring(name, 10, 8))::pg_catalog.bit(32)::int8::text,
                       pg_catalog.count(*)
                  FROM pg_catalog.pg_ls_dir('pg_snapshots', true, false) AS name
                 WHERE name ~ '^[0-9A-F]{8}-[0-9A-F]{8}-'
                 GROUP BY 1),
            of_sessions (pid, files, bytes) AS (
                SELECT pid, pg_catalog.count(*), pg_catalog.sum(size) FROM temporary GROUP BY 1
                 UNION ALL
                SELECT l.pid, s.files, s.files * 4096
                  FROM snapshot AS s
                  JOIN pg_catalog.pg_locks AS l ON l.virtualxid = s.xid AND l.mode = 'ExclusiveLock')
            """;

    /** The placeholders take the measure of a database and the measure of the files of sessions. */
    private static final String PARTS = FILES_OF_SESSIONS + """
            SELECT r.rolname, d.datname, %s
              FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
             WHERE NOT r.rolsuper AND d.datname !~ '{unfinished}'
             UNION ALL
            SELECT r.rolname, '', pg_catalog.sum(s.%s)
              FROM of_sessions AS s
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = s.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE NOT r.rolsuper
             GROUP BY 1
             LIMIT 5000
            """.replace("{unfinished}", UnfinishedRestore.NAMES);

    private static final String BYTES = parts("pg_catalog.pg_database_size(d.oid)", "bytes");

    /** The number of files. Even a table or index without any row has a file. */
    private static final String FILES =
            parts("(SELECT pg_catalog.count(*) FROM pg_catalog.pg_ls_dir('base/' || d.oid, true, false))", "files");

    /**
     * The bytes of common files. They include the shared catalogs, which hold the settings of roles, and the texts of
     * {@code pg_stat_statements}.
     */
    private static final String COMMON = """
            SELECT COALESCE(pg_catalog.sum(file.size), 0)
                   + (SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_database_size(d.oid)), 0)
                        FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
                       WHERE r.rolsuper)
              FROM pg_catalog.unnest('{pg_wal, pg_notify, global, pg_subtrans, pg_xact, pg_serial, pg_stat_tmp}'::text[])
                   AS folder,
                   LATERAL pg_catalog.pg_ls_dir(folder, true, false) AS name,
                   LATERAL pg_catalog.pg_stat_file(folder || '/' || name, true) AS file
            """;

    private final WrittenBytes written = new WrittenBytes();
    private final MultixactBytes multixacts = new MultixactBytes();
    private long commonBefore = Long.MAX_VALUE;
    private final Shortage space;
    private final Shortage files;
    private final NotifyQueue queue = new NotifyQueue();

    DiskGuard(FreeSpace left) {
        space = new Shortage(DiskUnit.BYTES, left::bytes, this::bytes);
        files = new Shortage(DiskUnit.FILES, left::files, DiskGuard::files);
    }

    /** Returns whether services that were shut out because of the disk may log in again. */
    boolean hasRoom() {
        return space.isOver() && files.isOver();
    }

    /** Returns whether the disk has lost so much space or so many inodes that the next check must not wait. */
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
        multixacts.read(session);
        Map<DiskUse.Part, Long> parts = parts(session, BYTES);
        long common = Long.parseLong(Sql.value(session, COMMON));
        if (left < DiskUnit.BYTES.few()) {
            written.explain(session, common - commonBefore);
        }
        commonBefore = common;
        return new DiskUse(now, left, parts, common, multixacts.byRole(), written.byRole());
    }

    private static DiskUse files(Connection session, Instant now, long left) throws SQLException {
        Sql.clearStatistics(session);
        return new DiskUse(now, left, parts(session, FILES), 0, Map.of(), Map.of());
    }

    private static String parts(String ofDatabase, String ofSessions) {
        return PARTS.formatted(ofDatabase, ofSessions);
    }

    private static Map<DiskUse.Part, Long> parts(Connection session, String query) throws SQLException {
        Map<DiskUse.Part, Long> parts = new HashMap<>();
        try (Statement statement = session.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                parts.put(new DiskUse.Part(rows.getString(1), rows.getString(2)), rows.getLong(3));
            }
        }
        return parts;
    }
}
