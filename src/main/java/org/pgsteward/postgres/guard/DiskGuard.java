package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pgsteward.postgres.UnfinishedRestore;

/** Terminates the sessions of a role that takes the last space of the disk with PostgreSQL's data. For one thread. */
final class DiskGuard {
    /** With more space than this nothing is read but the free space. */
    private static final long WATCHED = 1L << 30;

    /** The part of the free space that must have gone before the sizes of all databases are read again. */
    private static final int STEP = 32;

    private static final Duration READ_AGAIN_AFTER = Duration.ofMinutes(1);

    /** The same when the disk is nearly full: it may have filled between two readings. */
    private static final Duration SOON = Duration.ofSeconds(2);

    /** A temporary file has the process ID of its session in its name. Those of parallel workers are in folders. */
    private static final String PARTS = """
            WITH file (name, size) AS (
                SELECT name, size FROM pg_catalog.pg_ls_tmpdir()
                 UNION ALL
                SELECT folder, (pg_catalog.pg_stat_file('base/pgsql_tmp/' || folder || '/' || file, true)).size
                  FROM pg_catalog.pg_ls_dir('base/pgsql_tmp', true, false) AS folder,
                       LATERAL pg_catalog.pg_ls_dir('base/pgsql_tmp/' || folder, true, false) AS file
                 WHERE folder LIKE '%.fileset')
            SELECT r.rolname, d.datname, pg_catalog.pg_database_size(d.oid)
              FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
             WHERE NOT r.rolsuper AND d.datname !~ '{unfinished}'
             UNION ALL
            SELECT a.usename, '', pg_catalog.sum(t.size)
              FROM file AS t
              JOIN pg_catalog.pg_stat_activity AS a
                ON a.pid = pg_catalog.substring(t.name, 'pgsql_tmp([0-9]{1,9})')::int
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE NOT r.rolsuper
             GROUP BY 1
             LIMIT 5000
            """.replace("{unfinished}", UnfinishedRestore.NAMES);

    private static final String COMMON = """
            SELECT (SELECT COALESCE(pg_catalog.sum(size), 0) FROM pg_catalog.pg_ls_waldir())
                   + (SELECT COALESCE(pg_catalog.sum(pg_catalog.pg_database_size(d.oid)), 0)
                        FROM pg_catalog.pg_database AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
                       WHERE r.rolsuper)
                   +
            """ + NotifyQueue.BYTES;

    /** A file has gone or may not be read, a database has gone, or the disk or the lock table is full. */
    private static final Set<String> UNREADABLE = Set.of("58030", "58P01", "42501", "3D000", "XX000", "53100", "53200");

    private final FreeSpace space;
    private final NotifyQueue queue = new NotifyQueue();
    private final DiskHistory history = new DiskHistory();
    private final WrittenBytes written = new WrittenBytes();
    private @Nullable Instant readAt;
    private long freeBefore;

    DiskGuard(FreeSpace space) {
        this.space = space;
    }

    /** Returns whether services may log in again that were shut out because of the disk. */
    boolean hasRoom() {
        OptionalLong free = space.bytes();
        return free.isEmpty() || free.getAsLong() >= DiskHistory.SHORT;
    }

    /** Returns whether so much space has gone that the next check should not wait. */
    boolean isDue() {
        OptionalLong free = space.bytes();
        return free.isPresent() && free.getAsLong() < WATCHED && isDue(free.getAsLong(), Instant.now());
    }

    private boolean isDue(long free, Instant now) {
        Duration longest = free < DiskHistory.NEARLY_FULL ? SOON : READ_AGAIN_AFTER;
        return readAt == null
                || free < freeBefore - freeBefore / STEP
                || !readAt.plus(longest).isAfter(now);
    }

    Optional<DiskTaken> check(Connection session) throws SQLException {
        Optional<DiskTaken> taken = checkSpace(session);
        return taken.isPresent() ? taken : queue.check(session);
    }

    private Optional<DiskTaken> checkSpace(Connection session) throws SQLException {
        OptionalLong read = space.bytes();
        if (read.isEmpty() || read.getAsLong() >= WATCHED) {
            history.clear();
            readAt = null;
            return Optional.empty();
        }
        long free = read.getAsLong();
        Instant now = Instant.now();
        if (!isDue(free, now)) {
            return Optional.empty();
        }
        readAt = now;
        freeBefore = free;
        Optional<DiskUse> use = Sql.query(session, UNREADABLE, () -> {
            try (Statement statement = session.createStatement()) {
                return read(statement, now, free);
            }
        });
        use.ifPresent(history::add);
        Optional<DiskTaken> taken = history.responsible();
        if (taken.isPresent()) {
            ShutOut.terminateOnce(session, taken.get().role());
        }
        return taken;
    }

    private DiskUse read(Statement statement, Instant now, long free) throws SQLException {
        Sql.clearStatistics(statement.getConnection());
        written.read(statement.getConnection());
        Map<DiskUse.Part, Long> parts = new HashMap<>();
        try (ResultSet rows = statement.executeQuery(PARTS)) {
            while (rows.next()) {
                parts.put(new DiskUse.Part(rows.getString(1), rows.getString(2)), rows.getLong(3));
            }
        }
        try (ResultSet row = statement.executeQuery(COMMON)) {
            row.next();
            return new DiskUse(now, free, parts, row.getLong(1), written.byRole());
        }
    }
}
