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
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.CopyState;
import org.pgsteward.postgres.Query;

/** Queries of {@code backup_copy}, together with the backups in {@code backup_log}. */
public final class CopyRows {
    /** The largest number of rows of one target: 500 services with 200 backups each. */
    private static final int MOST = 100_000;

    /**
     * A backup that may be copied: verified, or complete and not verifiable on this host. One that awaits its
     * verification, or that failed it, is not copied.
     */
    private static final String MAY_BE_COPIED =
            "(b.state IN ('verified', 'unverifiable') OR (b.state = 'made' AND b.verification = 'stream'))";

    private static final String OF_TARGET = """
            SELECT b.backup_id, b.event_id, COALESCE(b.set_id, ''), b.service_name, b.backup_type,
                   COALESCE(b.server_version, ''), b.started_at, b.finished_at, b.backup_path,
                   COALESCE(b.size_bytes, 0), COALESCE(b.source_bytes, 0), COALESCE(b.sha256, ''), b.verified_at,
                   COALESCE(b.verification = 'stream', false), b.state, left(b.pinned, 1000),
                   c.state, COALESCE(c.size_bytes, 0), c.copied_at, c.checked_at, c.verified_at,
                   left(COALESCE(c.error, ''), 2000)
              FROM public.backup_log AS b
              LEFT JOIN public.backup_copy AS c ON c.backup_event_id = b.event_id AND c.target = ?
             WHERE b.event_id IS NOT NULL AND b.backup_path IS NOT NULL AND b.started_at IS NOT NULL
               AND b.backup_id IS NOT NULL
               AND (c.state IS DISTINCT FROM 'removed')
               AND (%s OR c.state IS NOT NULL)
             ORDER BY b.started_at DESC, b.id DESC
             LIMIT %d
            """.formatted(MAY_BE_COPIED, MOST);

    private final DataSource source;

    public CopyRows(DataSource source) {
        this.source = source;
    }

    /**
     * A backup, and its copy at one target.
     *
     * @param backup its state is {@code expired} if the store no longer has it
     * @param pinned the reason of its pin in the journal
     * @param copy empty if the journal has no row of it
     */
    public record Candidate(Backup backup, Optional<String> pinned, Optional<BackupCopy> copy) {
        /** Returns whether the target has it. */
        public boolean isThere() {
            return copy.filter(row -> row.state().isThere()).isPresent();
        }
    }

    /**
     * Returns the backups that may be copied to a target, and those that it has, newest first. Copies that retention
     * removed are left out.
     */
    public List<Candidate> of(String target) throws SQLException {
        return Query.list(source, OF_TARGET, row -> candidate(row, target), target);
    }

    private static Candidate candidate(ResultSet row, String target) throws SQLException {
        BackupState state = BackupState.valueOf(row.getString(15).toUpperCase(Locale.ROOT));
        Backup backup = new Backup(
                new Backup.Identity(row.getString(1), row.getObject(2, UUID.class), row.getString(3)),
                new Backup.Source(row.getString(4), "", BackupKind.of(row.getString(5)), row.getString(6)),
                new Backup.Times(Query.time(row, 7), Query.timeIfAny(row, 8), Duration.ZERO),
                new Backup.File(Optional.of(row.getString(9)), row.getLong(10), row.getLong(11), row.getString(12)),
                new Backup.Verification(Query.timeIfAny(row, 13), Duration.ZERO, row.getBoolean(14)),
                new Backup.Result(state, "", List.of()));
        Optional<CopyState> copied = Optional.ofNullable(row.getString(17)).flatMap(CopyState::of);
        Optional<BackupCopy> copy = Optional.empty();
        if (copied.isPresent()) {
            copy = Optional.of(new BackupCopy(
                    BackupCopy.Source.of(backup),
                    target,
                    copied.get(),
                    row.getLong(18),
                    Query.timeIfAny(row, 19),
                    Query.timeIfAny(row, 20),
                    Query.timeIfAny(row, 21),
                    row.getString(22)));
        }
        return new Candidate(backup, Optional.ofNullable(row.getString(16)), copy);
    }

    /**
     * Returns the time of the first row of each target: since when pgsteward knows it. The clocks of PostgreSQL and of this
     * host may differ, so the earlier one counts.
     */
    public Map<String, Instant> firstSeen() throws SQLException {
        return Query.map(
                source,
                "SELECT target, min(LEAST(created_at AT TIME ZONE 'UTC', said_at)) FROM public.backup_copy GROUP BY target",
                row -> row.getString(1),
                row -> Query.time(row, 2));
    }

    /** Returns the time of the newest result of a backup that may be copied; empty if there is none. */
    public Optional<Instant> newestResult() throws SQLException {
        return Query.first(
                        source,
                        "SELECT max(b.said_at) FROM public.backup_log AS b WHERE " + MAY_BE_COPIED,
                        row -> Query.timeIfAny(row, 1))
                .flatMap(newest -> newest);
    }
}
