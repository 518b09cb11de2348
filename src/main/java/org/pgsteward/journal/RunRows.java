package org.pgsteward.journal;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.Query;

/** Queries of {@code backup_log} about runs. */
public final class RunRows {
    private static final String LAST_RUNS = """
            SELECT DISTINCT ON (service_name) service_name, state, started_at
              FROM public.backup_log
             WHERE backup_type = ? AND started_at IS NOT NULL
             ORDER BY service_name, started_at > ?, started_at DESC
            """;

    private static final String FAILURES_IN_A_ROW = """
            SELECT count(*)
              FROM public.backup_log
             WHERE service_name = ? AND state = 'failed'
               AND started_at > COALESCE((SELECT max(started_at) FROM public.backup_log
                                           WHERE service_name = ? AND state NOT IN ('failed', 'running')), '-infinity')
            """;

    private static final String RUNNING = "SELECT DISTINCT service_name FROM public.backup_log WHERE state = 'running'";

    private static final String CLOSE = """
            UPDATE public.backup_log
               SET state = 'failed', success = false, finished_at = now(), error = ?
             WHERE state = 'running' AND service_name = ?
            """;

    private static final String ENDED = """
            SELECT DISTINCT ON (service_name, backup_type)
                   service_name, backup_type, COALESCE(backup_id, service_name),
                   state = 'verified' OR COALESCE(state = 'made' AND verification = 'stream', false), state,
                   left(COALESCE(error, ''), 2000), COALESCE(verified_at, finished_at, started_at)
              FROM public.backup_log
             WHERE started_at > ? AND state <> 'running'
             ORDER BY service_name, backup_type, started_at DESC, id DESC
            """;

    private static final String NEWEST_RUN = """
            SELECT backup_id, event_id, COALESCE(set_id, ''), state, backup_path, started_at, finished_at, verified_at,
                   COALESCE(size_bytes, 0), COALESCE(source_bytes, 0), left(COALESCE(sha256, ''), 200),
                   left(COALESCE(server_version, ''), 200), COALESCE(dump_seconds * 1000, 0)::bigint,
                   COALESCE(verify_seconds * 1000, 0)::bigint, COALESCE(verification = 'stream', false),
                   left(COALESCE(error, ''), 2000), left(COALESCE(caveat, ''), 10000)
              FROM public.backup_log
             WHERE service_name = ? AND backup_type = ?
               AND backup_id IS NOT NULL AND event_id IS NOT NULL AND state IS NOT NULL AND started_at IS NOT NULL
             ORDER BY started_at DESC, id DESC
             LIMIT 1
            """;

    private static final String VERIFY_TIME = """
            SELECT verify_seconds
              FROM public.backup_log
             WHERE backup_id = ? AND verify_seconds IS NOT NULL
             ORDER BY started_at DESC
             LIMIT 1
            """;

    private final DataSource source;

    RunRows(DataSource source) {
        this.source = source;
    }

    /**
     * A service's last run.
     *
     * @param state as in {@code backup_log.state}
     */
    public record LastRun(String state, Instant startedAt) {}

    /** Returns the newest run of {@code kind} of each service, by service. */
    public Map<String, LastRun> lastRuns(String kind) throws SQLException {
        return lastRuns(kind, Instant.parse("9999-01-01T00:00:00Z"));
    }

    /**
     * Returns the newest run of {@code kind} of each service, by service. A run after {@code now}, left by a clock that
     * was set back, counts only where there is no other.
     */
    public Map<String, LastRun> lastRuns(String kind, Instant now) throws SQLException {
        return Query.map(
                source,
                LAST_RUNS,
                row -> row.getString(1),
                row -> new LastRun(Optional.ofNullable(row.getString(2)).orElse("made"), Query.time(row, 3)),
                kind,
                now);
    }

    /** Returns the number of a service's newest runs that failed in a row. */
    public int failuresInARow(String service) throws SQLException {
        return Query.first(source, FAILURES_IN_A_ROW, row -> row.getInt(1), service, service)
                .orElse(0);
    }

    /** Returns the newest run of a service and kind as the journal records it. */
    public Optional<Backup> newestRun(String service, String database, BackupKind kind) throws SQLException {
        return Query.first(source, NEWEST_RUN, row -> run(row, service, database, kind), service, kind.word());
    }

    private static Backup run(ResultSet row, String service, String database, BackupKind kind) throws SQLException {
        return new Backup(
                new Backup.Identity(row.getString(1), row.getObject(2, UUID.class), row.getString(3)),
                new Backup.Source(service, database, kind, row.getString(12)),
                new Backup.Times(Query.time(row, 6), Query.timeIfAny(row, 7), Duration.ofMillis(row.getLong(13))),
                new Backup.File(
                        Optional.ofNullable(row.getString(5)), row.getLong(9), row.getLong(10), row.getString(11)),
                new Backup.Verification(
                        Query.timeIfAny(row, 8), Duration.ofMillis(row.getLong(14)), row.getBoolean(15)),
                new Backup.Result(
                        BackupState.valueOf(row.getString(4).toUpperCase(Locale.ROOT)),
                        row.getString(16),
                        row.getString(17).lines().toList()));
    }

    /** Returns the duration of a backup's restore at its last verification; empty when unknown. */
    public Optional<Duration> verifyTime(String backupId) throws SQLException {
        return Query.first(source, VERIFY_TIME, row -> HistoryRows.seconds(row.getBigDecimal(1)), backupId);
    }

    /** Returns the services with a run that the journal records as running. */
    public List<String> running() throws SQLException {
        return Query.list(source, RUNNING, row -> row.getString(1));
    }

    /**
     * The end of a run.
     *
     * @param good whether the run made a verified backup
     * @param state as in the journal
     * @param error empty for none
     * @param at the time of the verification, or else of the end
     */
    public record Ended(
            String service, String kind, String backupId, boolean good, String state, String error, Instant at) {}

    /** Returns the newest ended run of each service and kind that began after {@code after}. */
    public List<Ended> newestEnded(Instant after) throws SQLException {
        return Query.list(
                source,
                ENDED,
                row -> new Ended(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getBoolean(4),
                        row.getString(5),
                        row.getString(6),
                        Query.time(row, 7)),
                after);
    }

    /** Closes the running rows of a service as failed, since the process that wrote them has ended. */
    public void closeRuns(String service, String because) throws SQLException {
        Query.run(source, CLOSE, because, service);
    }
}
