package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.pgsteward.postgres.AdvisoryLock;
import org.pgsteward.postgres.Query;

/** The statements of one round about sessions: open transactions, waits for locks, and connected clients. */
final class SessionQuestions {
    /** Client sessions, without those of pgsteward and of the programs that it starts. */
    static final String OTHERS = "a.backend_type = 'client backend'"
            + " AND NOT (a.application_name = 'pgsteward' AND a.usename = current_user)";

    // The placeholders in braces are replaced below, by constants.

    private static final String TRANSACTIONS = """
            SELECT a.datname, a.pid, a.usename, a.application_name, COALESCE(host(a.client_addr), ''),
                   a.state LIKE 'idle in transaction%',
                   EXTRACT(EPOCH FROM clock_timestamp() - a.xact_start)::float8,
                   EXTRACT(EPOCH FROM clock_timestamp() - a.state_change)::float8
              FROM pg_stat_activity AS a
             WHERE {others} AND a.xact_start < clock_timestamp() - make_interval(secs => ?) AND a.datname IS NOT NULL
             ORDER BY a.xact_start
             LIMIT 200
            """;

    /**
     * Sessions that wait for a lock, without waits for pgsteward's own advisory locks. pgsteward itself waits for
     * these, or a client that needs no help.
     */
    private static final String WAITS = """
            SELECT w.datname, w.pid, w.usename, w.application_name, COALESCE(host(w.client_addr), ''), w.seconds,
                   b.pid, b.usename, b.application_name, COALESCE(host(b.client_addr), ''), b.state,
                   COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - b.xact_start), 0)::float8
              FROM (SELECT a.*,
                           COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - l.since), 0)::float8 AS seconds
                      FROM (SELECT pid, min(waitstart) AS since
                              FROM pg_locks
                             WHERE NOT granted
                               AND NOT (locktype = 'advisory' AND objsubid = 2 AND classid::bigint IN ({ours}))
                             GROUP BY pid) AS l
                      JOIN pg_stat_activity AS a ON a.pid = l.pid
                     WHERE a.datname IS NOT NULL
                     ORDER BY l.since
                     LIMIT 20) AS w
             CROSS JOIN LATERAL (SELECT DISTINCT unnest(pg_blocking_pids(w.pid))) AS blocking (pid)
              LEFT JOIN pg_stat_activity AS b ON b.pid = blocking.pid
             ORDER BY w.seconds DESC, w.pid, b.xact_start
            """;

    private static final String PRESENT = """
            SELECT a.datname, a.usename, COALESCE(host(a.client_addr), ''), min(a.backend_start)
              FROM pg_stat_activity AS a
             WHERE {others} AND a.datname IS NOT NULL AND a.usename IS NOT NULL
             GROUP BY 1, 2, 3
             ORDER BY 1, 2, 3
             LIMIT 1000
            """;

    private final Connection connection;
    private final Instant at;
    private final Duration open;
    private final UnaryOperator<String> services;

    /**
     * @param open the age from which open transactions are read
     * @param services returns the service of a database
     */
    SessionQuestions(Connection connection, Instant at, Duration open, UnaryOperator<String> services) {
        this.connection = connection;
        this.at = at;
        this.open = open;
        this.services = services;
    }

    List<DatabaseObservation.Transaction> transactions() throws SQLException {
        String sql = TRANSACTIONS.replace("{others}", OTHERS);
        return Query.list(connection, sql, this::transaction, open.toMillis() / 1000.0);
    }

    private DatabaseObservation.Transaction transaction(ResultSet row) throws SQLException {
        boolean idle = row.getBoolean(6);
        return new DatabaseObservation.Transaction(
                services.apply(row.getString(1)), session(row, 2), idle, row.getDouble(7), idle ? row.getDouble(8) : 0);
    }

    List<DatabaseObservation.Wait> waits() throws SQLException {
        Map<Integer, DatabaseObservation.Wait> waits = new LinkedHashMap<>();
        try (PreparedStatement statement =
                        connection.prepareStatement(WAITS.replace("{ours}", AdvisoryLock.Kind.numbers()));
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                DatabaseObservation.Session waiter = session(rows, 2);
                rows.getInt(7);
                DatabaseObservation.Blocker blocker = new DatabaseObservation.Blocker(
                        rows.wasNull() ? Optional.empty() : Optional.of(session(rows, 7)),
                        text(rows, 11),
                        rows.getDouble(12));
                DatabaseObservation.Wait before = waits.get(waiter.pid());
                List<DatabaseObservation.Blocker> blockers =
                        new ArrayList<>(before == null ? List.of() : before.blockers());
                blockers.add(blocker);
                waits.put(
                        waiter.pid(),
                        new DatabaseObservation.Wait(
                                services.apply(rows.getString(1)), waiter, rows.getDouble(6), List.copyOf(blockers)));
            }
        }
        return List.copyOf(waits.values());
    }

    List<DatabaseObservation.Presence> present() throws SQLException {
        return Query.list(
                connection,
                PRESENT.replace("{others}", OTHERS),
                row -> new DatabaseObservation.Presence(
                        services.apply(row.getString(1)),
                        row.getString(2),
                        row.getString(3),
                        Query.timeIfAny(row, 4).orElse(at)));
    }

    private DatabaseObservation.Session session(ResultSet row, int first) throws SQLException {
        return new DatabaseObservation.Session(
                row.getInt(first), text(row, first + 1), text(row, first + 2), text(row, first + 3));
    }

    /** Returns the text in a column; empty if it is null. */
    static String text(ResultSet row, int column) throws SQLException {
        String text = row.getString(column);
        return text == null ? "" : text;
    }
}
