package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Quote;

/** The statements of one round about databases. {@link #databases} comes first. */
final class DatabaseQuestions {
    // The placeholders in braces are replaced below, by constants and by one quoted identifier.

    private static final String DATABASES = """
            SELECT COALESCE(sc.service_name, d.datname), d.datname, COALESCE(sc.role_name, ''),
                   sc.created_at AT TIME ZONE 'UTC', pg_database_size(d.oid), COALESCE(s.others, 0),
                   d.datconnlimit, COALESCE(s.everybody, 0), COALESCE(r.rolconnlimit, -1), COALESCE(u.sessions, 0),
                   greatest(age(d.datfrozenxid), mxid_age(d.datminmxid)), pg_stat_get_db_deadlocks(d.oid),
                   d.oid, sc.password_set_at AT TIME ZONE 'UTC',
                   COALESCE(pg_stat_get_db_checksum_failures(d.oid), 0), pg_stat_get_db_checksum_last_failure(d.oid)
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

    private final Connection connection;
    private final Instant at;
    private final Instant since;
    private final Map<String, Instant> lastSession;
    private final Map<String, String> services = new HashMap<>();

    /**
     * @param since the time since which sessions are counted
     * @param lastSession the time of each database's last session; kept up to date
     */
    DatabaseQuestions(Connection connection, Instant at, Instant since, Map<String, Instant> lastSession) {
        this.connection = connection;
        this.at = at;
        this.since = since;
        this.lastSession = lastSession;
    }

    List<DatabaseObservation.Database> databases(String of) throws SQLException {
        String sql = DATABASES.replace("{services}", of).replace("{others}", SessionQuestions.OTHERS);
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
                UpkeepQuestions.failures(row, 15),
                Optional.ofNullable(lastSession.get(name)),
                since);
    }

    /** @param statements the schema of {@code pg_stat_statements}; empty without the extension */
    Optional<List<DatabaseObservation.Query>> queries(Optional<String> statements) throws SQLException {
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

    /** Returns the service of a database that {@link #databases} found; its own name where it has none. */
    String service(String database) {
        return services.getOrDefault(database, database);
    }
}
