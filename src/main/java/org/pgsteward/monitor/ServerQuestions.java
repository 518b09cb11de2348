package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.ServerLog;

/** The statement of one round about the server as a whole. */
final class ServerQuestions {
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
                   pg_notification_queue_usage(),
            """ + UpkeepQuestions.COLUMNS;

    private static final Instant UNKNOWN = Instant.EPOCH;

    private final Connection connection;
    private final UpkeepQuestions upkeep;
    private Optional<String> statements = Optional.empty();

    ServerQuestions(Connection connection) {
        this.connection = connection;
        this.upkeep = new UpkeepQuestions(connection);
    }

    DatabaseObservation.Server server(DatabaseProbe.Host host) throws SQLException {
        return Query.one(connection, SERVER, row -> {
            Instant started = Query.timeIfAny(row, 1).orElse(UNKNOWN);
            statements = Optional.ofNullable(row.getString(11));
            upkeep.server(row, 17);
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
                    ServerLog.of(SessionQuestions.text(row, 12), row.getBoolean(13), row.getInt(14)),
                    SessionQuestions.text(row, 15),
                    Optional.empty(),
                    Restarts.of(host.restarts()));
        });
    }

    /** Returns the schema of {@code pg_stat_statements}, once {@link #server} was read; empty without the extension. */
    Optional<String> statements() {
        return statements;
    }

    /** Returns the state that gets worse by itself, once {@link #server} was read. */
    UpkeepQuestions upkeep() {
        return upkeep;
    }
}
