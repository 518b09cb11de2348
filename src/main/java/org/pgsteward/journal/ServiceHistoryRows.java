package org.pgsteward.journal;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.Query;

/** Queries about the history of one service. Each is limited, and reads its rows in the order of an index. */
public final class ServiceHistoryRows {
    /** Limit of the runs: two months of daily backups. */
    public static final int MOST_RUNS = 60;

    public static final int MOST_ALERTS = 40;

    /** Upper limit of the last day. After the clock was set back, earlier runs lie in the future, and count as today's. */
    private static final String NO_END = "infinity";

    static final String RUNS = """
            SELECT started_at, left(backup_type, 20), state,
                   verified_at IS NOT NULL OR verification IS NOT NULL, COALESCE(size_bytes, 0), dump_seconds, verify_seconds,
                   left(COALESCE(image, ''), 300), left(COALESCE(error, ''), 2000)
              FROM public.backup_log
             WHERE service_name = ? AND started_at IS NOT NULL AND state IS NOT NULL
             ORDER BY started_at DESC, id DESC
             LIMIT %d
            """.formatted(MOST_RUNS);

    /** The stored size at the end of each day. One short search in the index a day, however many runs a day has. */
    static final String SIZES = """
            SELECT (SELECT r.size_bytes
                      FROM public.backup_log AS r
                     WHERE r.service_name = ? AND r.started_at >= d.since AND r.started_at < d.until
                       AND r.state IN ('made', 'verified', 'unverifiable', 'expired') AND r.size_bytes IS NOT NULL
                     ORDER BY r.started_at DESC
                     LIMIT 1)
              FROM unnest(?::timestamptz[], ?::timestamptz[]) WITH ORDINALITY AS d (since, until, number)
             ORDER BY d.number
            """;

    /** Only pgsteward's own rows have an event id, so a service cannot imitate an alert. */
    static final String ALERTS = """
            SELECT created_at AT TIME ZONE 'UTC', action
              FROM public.user_activity
             WHERE service_name = ? AND event_id IS NOT NULL AND action LIKE 'alert %%'
             ORDER BY created_at DESC, id DESC
             LIMIT %d
            """.formatted(MOST_ALERTS);

    private static final String IMAGE =
            "SELECT left(image, 300) FROM public.service_configs WHERE service_name = ? AND image <> ''";

    private ServiceHistoryRows() {}

    /**
     * Returns the history of a service up to {@code now}.
     *
     * @param connection a connection to the management database
     * @param zone the time zone in which a day begins at midnight
     */
    public static ServiceHistory read(Connection connection, String service, Instant now, ZoneId zone)
            throws SQLException {
        LocalDate first = now.atZone(zone).toLocalDate().minusDays(BackupDays.DAYS - 1L);
        List<String> since = new ArrayList<>();
        List<String> until = new ArrayList<>();
        for (int day = 0; day < BackupDays.DAYS; day++) {
            since.add(start(first.plusDays(day), zone));
            until.add(day == BackupDays.DAYS - 1 ? NO_END : start(first.plusDays(day + 1L), zone));
        }
        return new ServiceHistory(
                Query.first(connection, IMAGE, row -> row.getString(1), service),
                Query.list(connection, RUNS, ServiceHistoryRows::run, service),
                Query.list(connection, SIZES, ServiceHistoryRows::size, service, since, until),
                Query.list(
                        connection,
                        ALERTS,
                        row -> new ServiceHistory.AlertRow(Query.time(row, 1), row.getString(2)),
                        service));
    }

    private static String start(LocalDate day, ZoneId zone) {
        return day.atStartOfDay(zone).toInstant().toString();
    }

    private static ServiceHistory.Run run(ResultSet row) throws SQLException {
        return new ServiceHistory.Run(
                Query.time(row, 1),
                row.getString(2),
                BackupState.valueOf(row.getString(3).toUpperCase(Locale.ROOT)),
                row.getBoolean(4),
                row.getLong(5),
                seconds(row.getBigDecimal(6)),
                seconds(row.getBigDecimal(7)),
                row.getString(8),
                row.getString(9));
    }

    private static Optional<Duration> seconds(@Nullable BigDecimal seconds) {
        return Optional.ofNullable(seconds).map(HistoryRows::seconds);
    }

    private static OptionalLong size(ResultSet row) throws SQLException {
        long bytes = row.getLong(1);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(bytes);
    }
}
