package org.pgsteward.journal;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.Query;

/**
 * Queries about the state of a whole target of copies. Backups that began in the future are left out: they have the time of a
 * wrong clock, and would hide all later ones.
 */
public final class CopyStatusRows {
    private static final String IS_THERE = "c.state IN ('there', 'verified', 'retained')";

    /** An expired backup was verified too. */
    private static final String WAS_VERIFIED = "(b.verified_at IS NOT NULL OR b.verification = 'stream')";

    /**
     * A backup that the store still has counts only if there is one: without it, nothing can be copied. Expired backups
     * count for the time, because a target may lack one hourly backup after another.
     */
    private static final String LACKING = """
            WITH newest AS (
                SELECT c.service_name, c.backup_type, max(c.started_at) AS at
                  FROM public.backup_copy AS c
                 WHERE c.target = ? AND %s AND c.started_at <= ?
                 GROUP BY 1, 2)
            SELECT b.service_name, b.backup_type, min(b.finished_at), n.at, COALESCE(bool_or(c.copied_at IS NOT NULL), false)
              FROM public.backup_log AS b
              LEFT JOIN newest AS n ON n.service_name = b.service_name AND n.backup_type = b.backup_type
              LEFT JOIN public.backup_copy AS c
                ON c.backup_event_id = b.event_id AND c.target = ? AND c.state <> 'removed'
             WHERE %s AND b.state IN ('verified', 'made', 'expired')
               AND b.backup_path IS NOT NULL AND b.finished_at IS NOT NULL AND b.started_at <= ?
               AND b.started_at > COALESCE(n.at, '-infinity')
             GROUP BY b.service_name, b.backup_type, n.at
            HAVING bool_or(b.state <> 'expired')
             ORDER BY 3, 1, 2
             LIMIT 10000
            """.formatted(IS_THERE, WAS_VERIFIED);

    private static final String SERVICES = """
            SELECT s.target, s.service_name, max(s.newest), max(s.verified),
                   string_agg(s.state || '=' || s.count, ' ' ORDER BY s.state)
              FROM (SELECT c.target, c.service_name, c.state, count(*) AS count,
                           max(c.started_at) FILTER (WHERE %s AND c.started_at <= ?) AS newest,
                           max(c.started_at) FILTER (WHERE %s AND c.verified_at IS NOT NULL) AS verified
                      FROM public.backup_copy AS c
                     WHERE c.state <> 'removed'
                     GROUP BY c.target, c.service_name, c.state) AS s
             GROUP BY s.target, s.service_name
             ORDER BY 1, 2
             LIMIT 500000
            """.formatted(IS_THERE, IS_THERE);

    private static final String NEWEST_SET = """
            SELECT min(b.started_at)
              FROM public.backup_log AS b
              LEFT JOIN public.backup_copy AS c ON c.backup_event_id = b.event_id AND c.target = ?
             WHERE COALESCE(b.set_id, '') <> '' AND %s AND b.state IN ('verified', 'made', 'expired')
               AND b.started_at <= ?
             GROUP BY b.set_id
            HAVING bool_and(COALESCE(%s, false))
             ORDER BY 1 DESC
             LIMIT 1
            """.formatted(WAS_VERIFIED, IS_THERE);

    private final DataSource source;

    public CopyStatusRows(DataSource source) {
        this.source = source;
    }

    /**
     * A service and a kind of backup whose newest verified backup a target lacks.
     *
     * @param since the end of the earliest verified backup after the newest one there
     * @param newestThere the start of the newest backup there; empty for none
     * @param wasThere whether the target once had one of the backups that it lacks
     */
    public record Lacking(
            String service, BackupKind kind, Instant since, Optional<Instant> newestThere, boolean wasThere) {}

    /** Returns the series whose newest verified backup a target lacks, at most 10,000. */
    public List<Lacking> lacking(String target, Instant now) throws SQLException {
        return Query.list(
                source,
                LACKING,
                row -> new Lacking(
                        row.getString(1),
                        BackupKind.of(row.getString(2)),
                        Query.time(row, 3),
                        Query.timeIfAny(row, 4),
                        row.getBoolean(5)),
                target,
                now,
                target,
                now);
    }

    /** Returns the start of the newest backup set whose verified backups a target has all; empty if there is none. */
    public Optional<Instant> newestCompleteSet(String target, Instant now) throws SQLException {
        return Query.first(source, NEWEST_SET, row -> Query.time(row, 1), target, now);
    }

    /** Returns the state of all targets with rows, at most 100 targets of 5,000 services. */
    public List<CopyStatus> all(Instant now) throws SQLException {
        Map<String, Map<String, CopyStatus.OfService>> services = new TreeMap<>();
        Map<String, Map<String, Long>> states = new TreeMap<>();
        for (Line line : Query.list(
                source,
                SERVICES,
                row -> new Line(
                        row.getString(1),
                        row.getString(2),
                        new CopyStatus.OfService(Query.timeIfAny(row, 3), Query.timeIfAny(row, 4)),
                        row.getString(5)),
                now)) {
            services.computeIfAbsent(line.target(), none -> new TreeMap<>()).put(line.service(), line.copies());
            Map<String, Long> counts = states.computeIfAbsent(line.target(), none -> new TreeMap<>());
            for (String count : line.states().split(" ", -1)) {
                int equals = count.indexOf('=');
                counts.merge(count.substring(0, equals), Long.valueOf(count.substring(equals + 1)), Long::sum);
            }
        }
        List<CopyStatus> all = new ArrayList<>();
        for (Map.Entry<String, Map<String, CopyStatus.OfService>> target : services.entrySet()) {
            all.add(new CopyStatus(
                    target.getKey(),
                    newestCompleteSet(target.getKey(), now),
                    target.getValue(),
                    states.getOrDefault(target.getKey(), Map.of())));
        }
        return all;
    }

    /** @param states such as {@code failed=1 there=3} */
    private record Line(String target, String service, CopyStatus.OfService copies, String states) {}
}
