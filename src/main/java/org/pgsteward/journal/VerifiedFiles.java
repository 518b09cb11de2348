package org.pgsteward.journal;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import javax.sql.DataSource;
import org.pgsteward.model.BackupRow;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.Query;

/** Queries of {@code backup_log} about the files of verified backups. */
public final class VerifiedFiles {
    private static final String NEWEST = """
            SELECT left(backup_path, 1000), COALESCE(sha256, ''), COALESCE(verify_seconds * 1000, 0)::bigint, state,
                   verified_at, said_at, left(COALESCE(caveat, ''), 10000)
              FROM public.backup_log
             WHERE service_name = ? AND backup_type = ? AND %s
               AND event_id IS NOT NULL AND backup_path IS NOT NULL AND started_at <= ?
             ORDER BY started_at DESC, id DESC
             LIMIT 1
            """.formatted(BackupRows.IS_VERIFIED);

    private static final String NEWEST_OTHER = """
            SELECT left(backup_path, 1000)
              FROM public.backup_log
             WHERE service_name = ? AND backup_type = ? AND %s AND sha256 IS DISTINCT FROM ?
               AND event_id IS NOT NULL AND backup_path IS NOT NULL AND started_at IS NOT NULL
             ORDER BY started_at DESC, id DESC
             LIMIT 1
            """.formatted(BackupRows.IS_VERIFIED);

    private final DataSource source;

    public VerifiedFiles(DataSource source) {
        this.source = source;
    }

    /**
     * The file of a verified backup.
     *
     * @param path relative to the store
     * @param sha256 the hash of the file; empty if unknown
     * @param took how long the restore of its verification took
     */
    public record VerifiedFile(String path, String sha256, Duration took, BackupRow judgement) {}

    /**
     * Returns the file of the newest verified backup of a service and kind.
     *
     * @param until the latest start that counts, since the clock may have been ahead
     */
    public Optional<VerifiedFile> newest(String service, String kind, Instant until) throws SQLException {
        return Query.first(
                source,
                NEWEST,
                row -> new VerifiedFile(
                        row.getString(1),
                        row.getString(2),
                        Duration.ofMillis(row.getLong(3)),
                        new BackupRow(
                                BackupState.valueOf(row.getString(4).toUpperCase(Locale.ROOT)),
                                Query.timeIfAny(row, 5),
                                Query.timeIfAny(row, 6),
                                "",
                                Optional.empty(),
                                row.getString(7).lines().toList())),
                service,
                kind,
                until);
    }

    /** Returns the path of the newest verified backup of a service and kind with another file than the one with this hash. */
    public Optional<String> newestOther(String service, String kind, String sha256) throws SQLException {
        return Query.first(source, NEWEST_OTHER, row -> row.getString(1), service, kind, sha256);
    }
}
