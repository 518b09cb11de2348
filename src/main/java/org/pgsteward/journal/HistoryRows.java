package org.pgsteward.journal;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.pgsteward.postgres.Query;

/** Queries of {@code backup_log} about the state of each service's backups. */
public final class HistoryRows {
    private static final String HISTORY = """
            SELECT service_name,
                   max(finished_at) FILTER (WHERE success),
                   (array_agg(finished_at ORDER BY started_at DESC) FILTER (WHERE state = 'verified'))[1],
                   COALESCE((array_agg(EXTRACT(EPOCH FROM finished_at - started_at) ORDER BY started_at DESC)
                                 FILTER (WHERE success))[1], 0),
                   COALESCE((array_agg(size_bytes ORDER BY started_at DESC) FILTER (WHERE success))[1], 0),
                   COALESCE((array_agg(state ORDER BY started_at DESC))[1], 'made'),
                   (array_agg(verify_seconds ORDER BY started_at DESC) FILTER (WHERE state = 'verified'))[1],
                   max(started_at) FILTER (WHERE %s),
                   COALESCE(max(stored.bytes), 0)
              FROM public.backup_log
              LEFT JOIN (SELECT service_name, sum(size_bytes) AS bytes
                           FROM (SELECT service_name, max(size_bytes) AS size_bytes
                                   FROM public.backup_log
                                  WHERE state IN ('made', 'verified', 'unverifiable')
                                  GROUP BY service_name, COALESCE(sha256, id::text)) AS files
                          GROUP BY service_name) AS stored USING (service_name)
             WHERE started_at IS NOT NULL
             GROUP BY service_name
             ORDER BY service_name
            """.formatted(BackupRows.IS_VERIFIED);

    private static final String NEWEST = """
            SELECT DISTINCT ON (r.service_name, r.backup_type)
                   r.service_name, r.backup_type, left(COALESCE(r.error, ''), 2000), left(g.backup_id, 200), g.state, g.started_at
              FROM public.backup_log AS r
              LEFT JOIN LATERAL (SELECT o.backup_id, o.state, o.started_at
                                   FROM public.backup_log AS o
                                  WHERE o.service_name = r.service_name AND o.backup_type = r.backup_type
                                    AND o.state IN ('made', 'verified', 'unverifiable') AND o.backup_id IS NOT NULL
                                  ORDER BY o.started_at DESC
                                  LIMIT 1) AS g ON true
             WHERE r.started_at IS NOT NULL AND r.state <> 'running'
             ORDER BY r.service_name, r.backup_type, r.started_at DESC
            """;

    private static final String LAST_VERIFIED = """
            SELECT backup_id, backup_path, verified_at
              FROM public.backup_log
             WHERE service_name = ? AND backup_type = 'dump' AND state = 'verified' AND started_at < ?
               AND backup_id IS NOT NULL AND backup_path IS NOT NULL AND verified_at IS NOT NULL
             ORDER BY started_at DESC
             LIMIT 1
            """;

    private final DataSource source;

    HistoryRows(DataSource source) {
        this.source = source;
    }

    /** Returns the history of each service, ordered by its name. */
    public List<BackupHistory> all() throws SQLException {
        try (Connection connection = source.getConnection()) {
            return all(connection);
        }
    }

    /** Returns the history of each service over an open connection to the management database. */
    public static List<BackupHistory> all(Connection connection) throws SQLException {
        return Query.list(
                connection,
                HISTORY,
                row -> new BackupHistory(
                        row.getString(1),
                        Query.timeIfAny(row, 2),
                        Query.timeIfAny(row, 3),
                        row.getDouble(4),
                        row.getLong(5),
                        row.getString(6),
                        Optional.ofNullable(row.getBigDecimal(7)).map(HistoryRows::seconds),
                        Query.timeIfAny(row, 8),
                        row.getLong(9)));
    }

    static Duration seconds(BigDecimal seconds) {
        return Duration.ofMillis(seconds.movePointRight(3).longValue());
    }

    /** A stored backup. */
    public record Good(String backupId, String state, Instant startedAt) {}

    /**
     * The newest run of a service and kind, and its newest stored backup.
     *
     * @param error the error of the newest run; empty where it succeeded
     * @param good the newest stored backup
     */
    public record Newest(String error, Optional<Good> good) {}

    /** Returns the newest run and the newest stored backup by {@linkplain #key service and kind}. */
    public Map<String, Newest> newest() throws SQLException {
        return Query.map(
                source,
                NEWEST,
                row -> key(row.getString(1), row.getString(2)),
                row -> new Newest(row.getString(3), good(row)));
    }

    private static Optional<Good> good(ResultSet row) throws SQLException {
        return row.getString(4) == null
                ? Optional.empty()
                : Optional.of(new Good(row.getString(4), row.getString(5), Query.time(row, 6)));
    }

    /**
     * Returns a map key for a service's backups of one kind. Keys are unambiguous, since a service's name holds no NUL.
     */
    public static String key(String service, String kind) {
        return service + '\0' + kind;
    }

    /**
     * A dump that was restored and compared.
     *
     * @param path relative to the store
     */
    public record VerifiedDump(String backupId, String path, Instant verifiedAt) {}

    /**
     * Returns the newest verified dump of {@code service} that began before {@code before}. An image change pins this
     * dump.
     */
    public Optional<VerifiedDump> lastVerified(String service, Instant before) throws SQLException {
        return Query.first(
                source,
                LAST_VERIFIED,
                row -> new VerifiedDump(row.getString(1), row.getString(2), Query.time(row, 3)),
                service,
                before);
    }
}
