package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Activity;
import org.pgsteward.postgres.AdvisoryLock;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ServerLog;

/** The statements of one round, over one connection. {@link #server} comes first, {@link #databases} second. */
final class DatabaseQuestions {
    // The placeholders in braces are replaced below, by constants and by one quoted identifier.

    /** Client sessions, without those of pgsteward and of the programs that it starts. */
    private static final String OTHERS = "a.backend_type = 'client backend'"
            + " AND NOT (a.application_name = 'pgsteward' AND a.usename = current_user)";

    private static final String SERVER = """
            SELECT pg_postmaster_start_time(),
                   (SELECT min(c.backend_start) FROM pg_stat_activity AS c WHERE c.backend_type = 'checkpointer'),
                   current_setting('server_version'),
                   (SELECT count(*) FROM pg_stat_activity AS a WHERE a.backend_type = 'client backend'),
                   current_setting('max_connections')::int,
                   current_setting('superuser_reserved_connections')::int,
                   pg_size_bytes(current_setting('shared_buffers')),
                   pg_size_bytes(current_setting('work_mem')),
                   CASE WHEN current_setting('autovacuum_work_mem') = '-1'
                        THEN pg_size_bytes(current_setting('maintenance_work_mem'))
                        ELSE pg_size_bytes(current_setting('autovacuum_work_mem'))
                   END,
                   current_setting('autovacuum_max_workers')::int,
                   (SELECT n.nspname
                      FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
                     WHERE e.extname = 'pg_stat_statements'
                       AND current_setting('shared_preload_libraries') ~ 'pg_stat_statements'),
                   current_setting('log_line_prefix'),
                   current_setting('log_destination') ~ 'stderr' AND NOT current_setting('logging_collector')::bool,
                   (SELECT s.setting::int FROM pg_settings AS s WHERE s.name = 'log_min_duration_statement'),
                   COALESCE(host(inet_client_addr()), ''),
                   pg_notification_queue_usage()
            """;

    /** The time of the last password change is read for the last hour only, which an index finds. */
    static final String SERVICES = "(SELECT s.service_name, s.database_name, s.role_name, s.created_at,"
            + " (SELECT max(a.created_at) FROM public.user_activity AS a WHERE a.service_name = s.service_name"
            + " AND a.created_at > now() AT TIME ZONE 'UTC' - interval '1 hour'"
            + " AND a.action = '" + Activity.PASSWORD_SET + "') AS password_set_at FROM public.service_configs AS s)";

    /** Replaces {@link #SERVICES} on a server without any enrolment, which has no such table yet. */
    static final String NO_SERVICES = "(SELECT NULL::text AS service_name, NULL::text AS database_name,"
            + " NULL::text AS role_name, NULL::timestamp AS created_at, NULL::timestamp AS password_set_at WHERE false)";

    private static final String DATABASES = """
            SELECT COALESCE(sc.service_name, d.datname), d.datname, COALESCE(sc.role_name, ''),
                   sc.created_at AT TIME ZONE 'UTC', pg_database_size(d.oid), COALESCE(s.others, 0),
                   d.datconnlimit, COALESCE(s.everybody, 0), COALESCE(r.rolconnlimit, -1), COALESCE(u.sessions, 0),
                   greatest(age(d.datfrozenxid), mxid_age(d.datminmxid)), pg_stat_get_db_deadlocks(d.oid),
                   d.oid, sc.password_set_at AT TIME ZONE 'UTC'
              FROM pg_database AS d
              LEFT JOIN {services} AS sc ON sc.database_name = d.datname
              LEFT JOIN pg_roles AS r ON r.rolname = sc.role_name
              LEFT JOIN (SELECT a.datid, count(*) AS everybody, count(*) FILTER (WHERE {others}) AS others
                           FROM pg_stat_activity AS a
                          WHERE a.backend_type = 'client backend'
                          GROUP BY a.datid) AS s ON s.datid = d.oid
              LEFT JOIN (SELECT a.usesysid, count(*) AS sessions
                           FROM pg_stat_activity AS a
                          WHERE a.backend_type = 'client backend'
                          GROUP BY a.usesysid) AS u ON u.usesysid = r.oid
             ORDER BY 1, 2
            """;

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

    private static final String QUERIES = """
            SELECT d.oid, d.datname, q.queryid, sum(q.calls)::bigint, sum(q.total_exec_time) / 1000
              FROM {schema}.pg_stat_statements AS q
              JOIN pg_database AS d ON d.oid = q.dbid
              JOIN pg_roles AS r ON r.oid = q.userid
             WHERE r.rolname <> current_user AND q.queryid IS NOT NULL
             GROUP BY 1, 2, 3
             ORDER BY 5 DESC
             LIMIT 100
            """;

    private static final Instant UNKNOWN = Instant.EPOCH;

    private final Connection connection;
    private final Instant at;
    private final Duration open;
    private final Instant since;
    private final Map<String, Instant> lastSession;
    private final Map<String, String> services = new HashMap<>();
    private Optional<String> statements = Optional.empty();

    /**
     * @param open the age from which open transactions are read
     * @param since the time since which sessions are counted
     * @param lastSession the time of each database's last session; kept up to date
     */
    DatabaseQuestions(
            Connection connection, Instant at, Duration open, Instant since, Map<String, Instant> lastSession) {
        this.connection = connection;
        this.at = at;
        this.open = open;
        this.since = since;
        this.lastSession = lastSession;
    }

    Instant at() {
        return at;
    }

    DatabaseObservation.Server server(DatabaseProbe.Host host) throws SQLException {
        return Query.one(connection, SERVER, row -> {
            Instant started = Query.timeIfAny(row, 1).orElse(UNKNOWN);
            statements = Optional.ofNullable(row.getString(11));
            return new DatabaseObservation.Server(
                    started,
                    Query.timeIfAny(row, 2).orElse(started),
                    row.getString(3),
                    row.getInt(4),
                    row.getInt(5),
                    row.getInt(6),
                    row.getDouble(16),
                    new DatabaseObservation.MemorySettings(
                            row.getLong(7), row.getLong(8), row.getLong(9), row.getInt(10)),
                    host.limitBytes(),
                    host.lastOrder(),
                    ServerLog.of(text(row, 12), row.getBoolean(13), row.getInt(14)),
                    text(row, 15),
                    Optional.empty(),
                    Restarts.of(host.restarts()));
        });
    }

    List<DatabaseObservation.Database> databases(String of) throws SQLException {
        String sql = DATABASES.replace("{services}", of).replace("{others}", OTHERS);
        List<DatabaseObservation.Database> databases = Query.list(connection, sql, this::database);
        lastSession.keySet().retainAll(services.keySet());
        return databases;
    }

    private DatabaseObservation.Database database(ResultSet row) throws SQLException {
        String service = row.getString(1);
        String name = row.getString(2);
        services.put(name, service);
        if (row.getInt(6) > 0) {
            lastSession.put(name, at);
        }
        int ofDatabase = row.getInt(7);
        int ofRole = row.getInt(9);
        boolean role = ofRole >= 0 && (ofDatabase < 0 || ofRole < ofDatabase);
        int limit = role ? ofRole : ofDatabase;
        return new DatabaseObservation.Database(
                row.getLong(13),
                service,
                name,
                row.getString(3),
                Query.timeIfAny(row, 4),
                Query.timeIfAny(row, 14),
                row.getLong(5),
                row.getInt(6),
                limit > 0 ? Optional.of(limit) : Optional.empty(),
                role ? row.getInt(10) : row.getInt(8),
                row.getLong(11),
                row.getLong(12),
                Optional.ofNullable(lastSession.get(name)),
                since);
    }

    List<DatabaseObservation.Transaction> transactions() throws SQLException {
        String sql = TRANSACTIONS.replace("{others}", OTHERS);
        return Query.list(connection, sql, this::transaction, open.toMillis() / 1000.0);
    }

    private DatabaseObservation.Transaction transaction(ResultSet row) throws SQLException {
        boolean idle = row.getBoolean(6);
        return new DatabaseObservation.Transaction(
                service(row.getString(1)), session(row, 2), idle, row.getDouble(7), idle ? row.getDouble(8) : 0);
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
                                service(rows.getString(1)), waiter, rows.getDouble(6), List.copyOf(blockers)));
            }
        }
        return List.copyOf(waits.values());
    }

    Optional<List<DatabaseObservation.Query>> queries() throws SQLException {
        if (statements.isEmpty()) {
            return Optional.empty();
        }
        String sql = QUERIES.replace("{schema}", Quote.identifier(statements.get()));
        return Optional.of(Query.list(
                connection,
                sql,
                row -> new DatabaseObservation.Query(
                        row.getLong(1), service(row.getString(2)), row.getLong(3), row.getLong(4), row.getDouble(5))));
    }

    List<DatabaseObservation.Presence> present() throws SQLException {
        return Query.list(
                connection,
                PRESENT.replace("{others}", OTHERS),
                row -> new DatabaseObservation.Presence(
                        service(row.getString(1)),
                        row.getString(2),
                        row.getString(3),
                        Query.timeIfAny(row, 4).orElse(at)));
    }

    private String service(String database) {
        return services.getOrDefault(database, database);
    }

    private DatabaseObservation.Session session(ResultSet row, int first) throws SQLException {
        return new DatabaseObservation.Session(
                row.getInt(first), text(row, first + 1), text(row, first + 2), text(row, first + 3));
    }

    private static String text(ResultSet row, int column) throws SQLException {
        String text = row.getString(column);
        return text == null ? "" : text;
    }
}
