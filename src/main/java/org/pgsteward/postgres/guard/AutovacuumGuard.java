package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.postgres.ContainerMemory;

/**
 * Guard against autovacuum workers that harm other databases. A worker keeps in memory the definition of each table
 * that it has opened. It runs the functions of indexes as the owner of the table, without a time limit. After the guard
 * terminates a worker, PostgreSQL starts another one for the same database a minute later.
 */
final class AutovacuumGuard {
    /**
     * Databases of superusers are left alone. The size of a database is read only if its worker has analyzed for a
     * while.
     */
    private static final String WORKERS = """
            SELECT a.pid, r.rolname, a.datname, a.query,
                   pg_catalog.pg_read_file('/proc/' || a.pid || '/status', 0, %d, true),
                   x.seconds,
                   CASE WHEN x.seconds > ? THEN pg_catalog.pg_database_size(a.datid) ELSE 0 END
              FROM pg_catalog.pg_stat_activity AS a
              JOIN pg_catalog.pg_database AS d ON d.oid = a.datid
              JOIN pg_catalog.pg_roles AS r ON r.oid = d.datdba
              LEFT JOIN pg_catalog.pg_stat_progress_analyze AS p ON p.pid = a.pid
             CROSS JOIN LATERAL (
                   SELECT CASE WHEN p.pid IS NULL THEN 0
                               ELSE COALESCE(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start), 0)
                          END::bigint AS seconds) AS x
             WHERE a.backend_type = 'autovacuum worker' AND NOT r.rolsuper
             LIMIT 100
            """.formatted(ServerMemory.MOST_CHARACTERS);

    private AutovacuumGuard() {}

    /**
     * Terminates the harmful workers and returns them. Returns none if the files of their processes cannot be read.
     *
     * @param longest the longest time to analyze one table of a small database
     */
    static List<AutovacuumWorker> endHarmful(Connection session, Duration longest) throws SQLException {
        List<AutovacuumWorker> harmful = Sql.query(session, ServerMemory.UNREADABLE, () -> harmful(session, longest))
                .orElse(List.of());
        for (AutovacuumWorker worker : harmful) {
            Sql.terminate(session, worker.pid());
        }
        return harmful;
    }

    private static List<AutovacuumWorker> harmful(Connection session, Duration longest) throws SQLException {
        List<AutovacuumWorker> harmful = new ArrayList<>();
        long limit = 0;
        try (PreparedStatement statement = session.prepareStatement(WORKERS)) {
            statement.setLong(1, longest.toSeconds());
            ResultSet rows = statement.executeQuery();
            while (rows.next()) {
                // Usually there is no worker, so the limit is read only if there is one.
                limit = limit == 0 ? ContainerMemory.read(session).limit() : limit;
                AutovacuumWorker worker = new AutovacuumWorker(
                        rows.getInt(1),
                        rows.getString(2),
                        rows.getString(3),
                        rows.getString(4),
                        ServerMemory.privateBytes(rows.getString(5)),
                        limit,
                        Duration.ofSeconds(rows.getLong(6)));
                if (worker.isLarge() || worker.isSlow(longest, rows.getLong(7))) {
                    harmful.add(worker);
                }
            }
        }
        return harmful;
    }
}
