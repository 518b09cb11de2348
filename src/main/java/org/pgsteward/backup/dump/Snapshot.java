package org.pgsteward.backup.dump;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.backup.restore.MovingPartitions;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/**
 * A snapshot of a database, shared with {@code pg_dump}. So the row counts match the dump, regardless of concurrent
 * writes.
 *
 * <p>The tables are locked before the snapshot is taken, with the weak lock of a reader. Otherwise {@code pg_dump}
 * would see an empty table after a TRUNCATE between the snapshot and its own lock. An ALTER TABLE that waits for
 * {@code pg_dump} would also block the session that counts.
 */
final class Snapshot implements AutoCloseable {
    private static final String EXTENSIONS =
            "SELECT extname, extversion FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' ORDER BY 1";

    private static final String WHO_LOCKS = """
            SELECT l.relation::pg_catalog.regclass || ' is locked by '
                   || CASE WHEN x.gid IS NULL
                           THEN pg_catalog.format('session %s (role %s, %s), open since %s; to end it: SELECT pg_terminate_backend(%s)',
                                                 l.pid, a.usename, COALESCE(NULLIF(a.application_name, ''), 'no name'),
                                                 pg_catalog.to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), l.pid)
                           ELSE pg_catalog.format('a prepared transaction: ROLLBACK PREPARED %L', x.gid) END
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_database AS d ON d.oid = l.database
              LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              LEFT JOIN pg_catalog.pg_locks AS own ON own.locktype = 'transactionid' AND own.pid IS NULL AND l.pid IS NULL
                    AND own.virtualtransaction = l.virtualtransaction
              LEFT JOIN pg_catalog.pg_prepared_xacts AS x ON x.transaction = own.transactionid
             WHERE d.datname = pg_catalog.current_database() AND (a.pid IS NOT NULL OR x.gid IS NOT NULL)
               AND l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted
             ORDER BY a.xact_start
             LIMIT 1
            """;

    private static final String DUMP_WAITS = """
            SELECT CASE WHEN pg_catalog.count(*) = 0 THEN 'NONE'
                        WHEN pg_catalog.bool_or(EXISTS (
                             SELECT FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(pid)) AS ahead
                              WHERE pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(ahead))))
                        THEN 'BEHIND_US'
                        ELSE 'FOR_OTHERS' END
              FROM pg_catalog.pg_stat_activity
             WHERE wait_event_type = 'Lock' AND usename = current_user AND application_name = 'pgsteward'
               AND datname = pg_catalog.current_database()
            """;

    /** character_not_in_repertoire. */
    private static final String NO_UTF8 = "22021";

    /** lock_not_available. */
    static final String TOO_LATE = "55P03";

    /** undefined_table, invalid_schema_name, and an internal error if the table was dropped in between. */
    private static final Set<String> GONE = Set.of("42P01", "3F000", "XX000");

    /**
     * Tables may be created and dropped between their list and their locks. An attempt costs milliseconds, and one in
     * two may fail.
     */
    private static final int ATTEMPTS = 100;

    private final Connection connection;
    private final String id;
    private final DatabaseEnvironment surroundings;

    private final SnapshotRows rows;

    private Snapshot(Server server, String database, Connection connection, Optional<String> owner)
            throws SQLException {
        this.connection = connection;
        this.id = one(connection, "SELECT pg_catalog.pg_export_snapshot()");
        this.rows = new SnapshotRows(server, database, connection, id);
        this.surroundings = DatabaseEnvironmentReading.of(connection, owner);
    }

    static Snapshot export(Server server, String database) throws SQLException {
        return export(server, database, Duration.ofSeconds(30));
    }

    static Snapshot export(Server server, String database, Duration patience) throws SQLException {
        return export(server, database, Optional.empty(), patience, TimeLimit.in(Duration.ofMinutes(2)));
    }

    /**
     * Exports a snapshot of a database that is restored for {@code owner}. The owner's privileges decide whether it can
     * be restored.
     *
     * @param limit the time in which all tables must be locked, since an owner can hold many locks, one after the other
     */
    static Snapshot of(Server server, String database, Optional<String> owner, TimeLimit limit) throws SQLException {
        return export(server, database, owner, Duration.ofSeconds(30), limit);
    }

    /**
     * @param patience the longest wait for a lock on a table
     * @throws SQLException if another session holds a lock for longer, with a description of that session; or if
     *     PostgreSQL does not answer
     */
    private static Snapshot export(
            Server server, String database, Optional<String> owner, Duration patience, TimeLimit limit)
            throws SQLException {
        Connection connection = limit.over(server.connectForLong(database));
        boolean exported = false;
        try {
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setReadOnly(true);
            Query.run(connection, "SET lock_timeout = " + patience.toMillis());
            for (int attempt = 1; !locked(connection, attempt == ATTEMPTS); attempt++) {
                connection.rollback();
            }
            Snapshot snapshot = new Snapshot(server, database, connection, owner);
            exported = true;
            return snapshot;
        } catch (SQLException e) {
            if (limit.isOver()) {
                throw waitedTooLong(server, database, limit, e);
            }
            throw NO_UTF8.equals(e.getSQLState()) ? namesAreNoUtf8(e) : e;
        } finally {
            limit.lift(connection);
            if (!exported) {
                connection.close();
            }
        }
    }

    private static SQLException waitedTooLong(Server server, String database, TimeLimit limit, SQLException e)
            throws SQLException {
        try (Connection connection = server.connectForLong(database)) {
            return new SQLException(
                    "cannot lock and describe all tables within " + limit.words() + ": "
                            + Optional.ofNullable(one(connection, WHO_LOCKS)).orElse("no session holds a lock now"),
                    TOO_LATE,
                    e);
        }
    }

    /**
     * Returns the explanation of a name that is not UTF-8. The driver sends UTF-8 only, so it can read such a name but
     * not send it.
     */
    private static SQLException namesAreNoUtf8(SQLException e) {
        return new SQLException(
                "a name in the database is not UTF-8, as the encoding SQL_ASCII allows (" + e.getMessage()
                        + "); rename it in psql with PGCLIENTENCODING=LATIN1. Until then, only the base backup contains"
                        + " this database",
                NO_UTF8,
                e);
    }

    /** @return whether all tables are locked; false if a listed table was dropped meanwhile */
    private static boolean locked(Connection connection, boolean last) throws SQLException {
        connection.setAutoCommit(true);
        List<String> tables = SnapshotRows.tables(connection);
        connection.setAutoCommit(false);
        if (tables.isEmpty()) {
            return true;
        }
        try {
            Query.run(connection, "LOCK TABLE ONLY " + String.join(", ONLY ", tables) + " IN ACCESS SHARE MODE");
            return true;
        } catch (SQLException e) {
            if (TOO_LATE.equals(e.getSQLState())) {
                connection.rollback();
                connection.setAutoCommit(true);
                throw new SQLException(
                        "pgsteward waited too long for a lock: " + one(connection, WHO_LOCKS), TOO_LATE, e);
            }
            if (!last && GONE.contains(String.valueOf(e.getSQLState()))) {
                return false;
            }
            throw e;
        }
    }

    /** The kind of lock for which {@code pg_dump} waits. */
    enum DumpWait {
        NONE,
        /** It waits behind a session that waits for this one. Without a timeout both would wait forever. */
        BEHIND_US,
        /** It waits for another session's lock that this one does not have. */
        FOR_OTHERS
    }

    DumpWait dumpWait() throws SQLException {
        Query.run(connection, "SELECT pg_catalog.pg_stat_clear_snapshot()");
        return DumpWait.valueOf(one(connection, DUMP_WAITS));
    }

    /** Returns the session with the oldest exclusive lock in the database, and the locked table. */
    String whoLocks() throws SQLException {
        Query.run(connection, "SELECT pg_catalog.pg_stat_clear_snapshot()");
        return Objects.requireNonNullElse(one(connection, WHO_LOCKS), "no session holds a lock now");
    }

    /** Returns the id for {@code pg_dump --snapshot}, valid until this snapshot is closed. */
    String id() {
        return id;
    }

    /** Returns the row counts by table, with quoted names. */
    Map<String, Long> countRows() throws SQLException, IOException, InterruptedException {
        return rows.count(() -> {});
    }

    /**
     * Returns the row counts by table while a program also reads the tables. Tables without a short column are counted
     * after its end. Otherwise the server would hold their longest row twice at the same time.
     */
    Map<String, Long> countRows(SnapshotRows.Reader reader) throws SQLException, IOException, InterruptedException {
        return rows.count(reader);
    }

    /** Returns the properties of the database on which the dump depends. */
    DatabaseEnvironment surroundings() {
        return surroundings;
    }

    Map<String, String> extensions() throws SQLException {
        return DatabaseEnvironmentReading.pairs(connection, EXTENSIONS);
    }

    /**
     * Returns whether rows may belong to other partitions after a restore. Such rows must be restored through the root
     * table.
     */
    boolean hasMovingPartitions() throws SQLException {
        return one(connection, MovingPartitions.EXIST).equals("t");
    }

    @Override
    public void close() throws SQLException {
        rows.close();
        connection.close();
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : "no session holds a lock now";
        }
    }
}
