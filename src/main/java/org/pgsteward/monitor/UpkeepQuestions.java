package org.pgsteward.monitor;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.pgsteward.postgres.Query;

/**
 * The statements of one round about replication slots and prepared transactions. Few servers have any, and then neither
 * statement runs.
 */
final class UpkeepQuestions {
    /** Columns of the server's statement. The two counts decide whether the statements below run. */
    static final String COLUMNS = """
                   current_setting('data_checksums')::bool,
                   current_setting('data_directory'),
                   COALESCE(pg_stat_get_db_checksum_failures(0), 0),
                   pg_stat_get_db_checksum_last_failure(0),
                   current_setting('archive_mode') <> 'off',
                   current_setting('archive_command') NOT IN ('', '(disabled)'),
                   current_setting('archive_library') <> '',
                   w.last_archived_wal, w.last_archived_time, w.last_failed_wal, w.last_failed_time,
                   CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_walfile_name(pg_current_wal_lsn()) END,
                   pg_size_bytes(current_setting('wal_segment_size')),
                   (SELECT count(*) FROM pg_replication_slots AS s WHERE NOT s.active),
                   (SELECT count(*) FROM pg_prepared_xacts)
              FROM pg_stat_archiver AS w
            """;

    /** PostgreSQL 15 and 16 have no column inactive_since. JSON reads it only where it exists. */
    private static final String SLOTS = """
            SELECT s.slot_name, s.slot_type, s.wal_status IS NOT DISTINCT FROM 'lost',
                   COALESCE(CASE WHEN pg_is_in_recovery() THEN 0
                                 ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)
                            END, 0)::bigint,
                   (to_jsonb(s) ->> 'inactive_since')::timestamptz
              FROM pg_replication_slots AS s
             WHERE NOT s.active AND NOT s.temporary
             ORDER BY 4 DESC, 1
             LIMIT 200
            """;

    private static final String PREPARED = """
            SELECT p.database, p.gid, p.owner, p.seconds, p.all_of_it
              FROM (SELECT x.database, x.gid, x.owner,
                           EXTRACT(EPOCH FROM clock_timestamp() - x.prepared)::float8 AS seconds,
                           count(*) OVER (PARTITION BY x.database) AS all_of_it,
                           row_number() OVER (PARTITION BY x.database ORDER BY x.prepared, x.gid) AS place
                      FROM pg_prepared_xacts AS x) AS p
             WHERE p.place = 1
             ORDER BY p.seconds DESC
             LIMIT 1000
            """;

    private final Connection connection;
    private Upkeep upkeep = Upkeep.NONE;
    private boolean hasSlots;
    private boolean hasPrepared;

    UpkeepQuestions(Connection connection) {
        this.connection = connection;
    }

    /** Reads {@link #COLUMNS} of the server's row. */
    void server(ResultSet row, int first) throws SQLException {
        WalArchive archive = new WalArchive(
                row.getBoolean(first + 4),
                row.getBoolean(first + 5),
                row.getBoolean(first + 6),
                Optional.ofNullable(row.getString(first + 7)),
                Query.timeIfAny(row, first + 8),
                Optional.ofNullable(row.getString(first + 9)),
                Query.timeIfAny(row, first + 10),
                Optional.ofNullable(row.getString(first + 11)),
                row.getLong(first + 12));
        hasSlots = row.getLong(first + 13) > 0;
        hasPrepared = row.getLong(first + 14) > 0;
        upkeep = new Upkeep(
                row.getBoolean(first),
                SessionQuestions.text(row, first + 1),
                failures(row, first + 2),
                archive,
                List.of(),
                List.of());
    }

    /** Returns the count in a column and the time in the next one. */
    static Upkeep.PageFailures failures(ResultSet row, int first) throws SQLException {
        return new Upkeep.PageFailures(row.getLong(first), Query.timeIfAny(row, first + 1));
    }

    /** @param services returns the service of a database */
    Upkeep upkeep(UnaryOperator<String> services) throws SQLException {
        List<Upkeep.Slot> slots = hasSlots
                ? Query.list(
                        connection,
                        SLOTS,
                        row -> new Upkeep.Slot(
                                row.getString(1),
                                row.getString(2),
                                row.getBoolean(3),
                                row.getLong(4),
                                Query.timeIfAny(row, 5)))
                : List.of();
        List<Upkeep.Prepared> prepared = hasPrepared
                ? Query.list(
                        connection,
                        PREPARED,
                        row -> new Upkeep.Prepared(
                                services.apply(row.getString(1)),
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getDouble(4),
                                row.getLong(5)))
                : List.of();
        return new Upkeep(
                upkeep.checksums(), upkeep.dataDirectory(), upkeep.shared(), upkeep.archive(), slots, prepared);
    }
}
