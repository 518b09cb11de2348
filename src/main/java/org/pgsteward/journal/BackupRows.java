package org.pgsteward.journal;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupRow;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.Query;

/** Queries of {@code backup_log} about verification. */
public final class BackupRows {
    /**
     * A backup that was restored and compared. Where this host cannot decrypt the stored file, a verification while the
     * backup was made counts.
     */
    static final String IS_VERIFIED = "(state = 'verified' OR (state = 'made' AND verification = 'stream'))";

    private static final String SERVICES =
            "SELECT DISTINCT service_name FROM public.backup_log WHERE event_id IS NOT NULL ORDER BY service_name";

    private static final String JUDGEMENTS = """
            SELECT event_id, state, verified_at, said_at, left(COALESCE(error, ''), 2000), left(pinned, 1000),
                   left(COALESCE(caveat, ''), 10000)
              FROM public.backup_log
             WHERE service_name = ANY (?) AND event_id IS NOT NULL AND state IS NOT NULL
            """;

    private static final String LAST_VERIFIED = """
            SELECT service_name, max(started_at) FILTER (WHERE %s AND started_at <= ?), min(started_at)
              FROM public.backup_log
             WHERE backup_type = ? AND started_at IS NOT NULL
             GROUP BY service_name
            """.formatted(IS_VERIFIED);

    private static final String ALL_VERIFIED =
            "SELECT backup_id, COALESCE(sha256, '') FROM public.backup_log WHERE backup_id IS NOT NULL AND "
                    + IS_VERIFIED;

    private static final String VERIFIED_BEFORE = """
            SELECT backup_id, source_bytes
              FROM public.backup_log
             WHERE service_name = ? AND backup_type = ? AND started_at < ? AND %s
               AND event_id IS DISTINCT FROM ?
               AND backup_id IS NOT NULL AND source_bytes IS NOT NULL
             ORDER BY started_at DESC
             LIMIT 1
            """.formatted(IS_VERIFIED);

    /** Backups that were verified once and failed since. */
    private static final String DAMAGED = """
            SELECT service_name, count(*)
              FROM public.backup_log
             WHERE state = 'failed' AND (verified_at IS NOT NULL OR verification = 'stream')
             GROUP BY service_name
            """;

    private static final String UNVERIFIED = """
            SELECT newest.service_name, newest.event_id
              FROM (SELECT DISTINCT ON (service_name, backup_type) service_name, event_id, state, verification
                      FROM public.backup_log
                     WHERE started_at > ? AND event_id IS NOT NULL AND state NOT IN ('running', 'failed')
                     ORDER BY service_name, backup_type, started_at DESC, id DESC) AS newest
             WHERE newest.state = 'made' AND newest.verification IS DISTINCT FROM 'stream'
             ORDER BY newest.service_name
             LIMIT 5000
            """;

    private static final String NEWEST_VERIFIED = """
            SELECT DISTINCT ON (service_name, backup_type)
                   service_name, backup_type, left(backup_path, 1000), COALESCE(size_bytes, 0)
              FROM public.backup_log
             WHERE %s AND event_id IS NOT NULL AND backup_path IS NOT NULL AND started_at IS NOT NULL
             ORDER BY service_name, backup_type, started_at DESC, id DESC
            """.formatted(IS_VERIFIED);

    private static final String VERIFIED = """
            SELECT EXISTS (SELECT FROM public.backup_log
                            WHERE event_id = ?::uuid AND backup_path = ? AND backup_type = ? AND sha256 = ?
                              AND (state = 'verified' OR (state = 'made' AND verification = 'stream')))
            """;

    private static final String KEEPS =
            "SELECT service_name, left(backup_keep, 1000) FROM public.service_configs WHERE backup_keep IS NOT NULL";

    private static final String REMEMBER_KEEP =
            "UPDATE public.service_configs SET backup_keep = ? WHERE service_name = ? AND backup_keep IS DISTINCT FROM ?";

    private static final String STATE = """
            SELECT state FROM public.backup_log
             WHERE backup_id = ? AND state IS NOT NULL
             ORDER BY id DESC
             LIMIT 1
            """;

    private static final String UNPIN = """
            WITH unpinned AS (UPDATE public.backup_log SET pinned = NULL
                               WHERE event_id = ?::uuid AND pinned IS NOT NULL
                               RETURNING id)
            SELECT count(*) FROM unpinned
            """;

    private static final String STORED = """
            SELECT event_id, backup_path FROM public.backup_log
             WHERE event_id IS NOT NULL AND backup_path IS NOT NULL AND state IN ('made', 'verified', 'unverifiable')
             ORDER BY id DESC
             LIMIT 100000
            """;

    private static final String EXPIRE =
            "UPDATE public.backup_log SET state = 'expired' WHERE event_id::text = ANY (?) AND state <> 'expired'";

    private final DataSource source;

    public BackupRows(DataSource source) {
        this.source = source;
    }

    /** Returns every service that has a row. */
    public List<String> services() throws SQLException {
        return Query.list(source, SERVICES, row -> row.getString(1));
    }

    /** Returns whether a row records this very file as verified. */
    public boolean verified(String eventId, String path, String kind, String sha256) throws SQLException {
        return Query.first(source, VERIFIED, row -> row.getBoolean(1), eventId, path, kind, sha256)
                .orElse(false);
    }

    /** Returns the ids of all verified backups with the SHA-256 hashes of their files. An empty hash is unknown. */
    public Map<String, String> allVerified() throws SQLException {
        return Query.map(source, ALL_VERIFIED, row -> row.getString(1), row -> row.getString(2));
    }

    /**
     * A stored backup as the journal records it.
     *
     * @param path relative to the store
     */
    public record Stored(String service, String kind, String path, long sizeBytes) {}

    /** Returns the newest verified backup of each service and kind. */
    public List<Stored> newestVerified() throws SQLException {
        return Query.list(
                source,
                NEWEST_VERIFIED,
                row -> new Stored(row.getString(1), row.getString(2), row.getString(3), row.getLong(4)));
    }

    /**
     * Returns the newest stored backup of each service and kind, if it was not verified; at most 5,000 of them.
     *
     * @param after the time after which a run must have begun to count
     * @return the service of each backup, by event id
     */
    public Map<UUID, String> unverified(Instant after) throws SQLException {
        Map<UUID, String> unverified = new LinkedHashMap<>();
        Query.list(source, UNVERIFIED, row -> Map.entry(row.getObject(2, UUID.class), row.getString(1)), after)
                .forEach(one -> unverified.put(one.getKey(), one.getValue()));
        return unverified;
    }

    /** Returns the recorded verification results of a service's backups, by event id. */
    public Map<UUID, BackupRow> judgements(String service) throws SQLException {
        return judgements(List.of(service));
    }

    /** Returns the recorded verification results of several services over one connection, by event id. */
    public Map<UUID, BackupRow> judgements(Collection<String> services) throws SQLException {
        return Query.map(
                source,
                JUDGEMENTS,
                row -> row.getObject(1, UUID.class),
                row -> new BackupRow(
                        BackupState.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
                        Query.timeIfAny(row, 3),
                        Query.timeIfAny(row, 4),
                        row.getString(5),
                        Optional.ofNullable(row.getString(6)),
                        row.getString(7).lines().toList()),
                services);
    }

    /**
     * The start times of a service's newest verified backup and of its first run.
     *
     * @param lastVerified the start of the newest verified backup. A run in the future, after the clock was set back, is
     *     no evidence for today and does not count
     * @param firstRun the start of the first run
     */
    public record VerificationTimes(Optional<Instant> lastVerified, Instant firstRun) {}

    /** Returns the times of each service that had a run of {@code kind}, by service. */
    public Map<String, VerificationTimes> verificationTimes(String kind, Instant now) throws SQLException {
        return Query.map(
                source,
                LAST_VERIFIED,
                row -> row.getString(1),
                row -> new VerificationTimes(Query.timeIfAny(row, 2), Query.time(row, 3)),
                now,
                kind);
    }

    /**
     * Returns whether a backup is the newest verified one of its service and kind.
     *
     * @param now the present time. Runs that began later do not count, since the clock may have been set back. A second
     *     backup within one second gets the time of the next second, which may still be to come: it counts nevertheless
     * @throws SQLException if PostgreSQL does not answer
     */
    public boolean isNewestVerified(Backup backup, Instant now) throws SQLException {
        // The journal rounds times to microseconds, so the comparison needs a tolerance.
        Instant earliest = backup.times().startedAt().minusMillis(1);
        Instant latest = backup.times().startedAt().plusMillis(1);
        Instant asOf = latest.isAfter(now) ? latest : now;
        return Optional.ofNullable(verificationTimes(backup.kind().word(), asOf).get(backup.service()))
                .flatMap(VerificationTimes::lastVerified)
                .filter(newest -> !newest.isBefore(earliest) && !newest.isAfter(latest))
                .isPresent();
    }

    /** A verified backup and the bytes of its stream before compression. */
    public record Verified(String backupId, long sourceBytes) {}

    /** Returns the newest verified backup of the same service and kind that began before {@code backup}. */
    public Optional<Verified> verifiedBefore(Backup backup) throws SQLException {
        return Query.first(
                source,
                VERIFIED_BEFORE,
                row -> new Verified(row.getString(1), row.getLong(2)),
                backup.service(),
                backup.kind().word(),
                backup.times().startedAt(),
                backup.identity().eventId());
    }

    /** Returns the number of backups that were verified once and failed their last verification, by service. */
    public Map<String, Integer> damaged() throws SQLException {
        return Query.map(source, DAMAGED, row -> row.getString(1), row -> row.getInt(2));
    }

    /** Returns the label {@code pgsteward.backup.keep} of each service's last known container, by service. */
    public Map<String, String> keeps() throws SQLException {
        return Query.map(source, KEEPS, row -> row.getString(1), row -> row.getString(2));
    }

    /** Records the label of a container that exists; an empty label clears the record. */
    public void rememberKeep(String service, Optional<String> label) throws SQLException {
        Query.run(source, REMEMBER_KEEP, label.orElse(null), service, label.orElse(null));
    }

    /** Returns the state of the newest run with this backup id, whether or not its backup still exists. */
    public Optional<String> state(String backupId) throws SQLException {
        return Query.first(source, STATE, row -> row.getString(1), backupId);
    }

    /** Returns the paths of the backups that the store should have, by event id. */
    public Map<UUID, String> paths() throws SQLException {
        return Query.map(source, STORED, row -> row.getObject(1, UUID.class), row -> row.getString(2));
    }

    /** Records that the store no longer has these backups. */
    public void expire(Collection<UUID> eventIds) throws SQLException {
        Query.run(source, EXPIRE, eventIds.stream().map(UUID::toString).toList());
    }

    /** Removes the pin that an image change left at a backup. Returns whether there was one. */
    public boolean unpin(String eventId) throws SQLException {
        return Query.first(source, UNPIN, row -> row.getLong(1) > 0, eventId).orElse(false);
    }
}
