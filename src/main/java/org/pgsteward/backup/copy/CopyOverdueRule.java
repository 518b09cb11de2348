package org.pgsteward.backup.copy;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pgsteward.journal.CopyStatusRows.Lacking;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Count;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Severity;

/**
 * Decides whether a target has lacked a verified backup for too long. Pure.
 *
 * <p>The time counts from the end of the earliest verified backup that is newer than the newest one there. So a day without
 * a backup and a monthly schedule cause no alert. A service that cannot be copied does not hide behind the others.
 */
final class CopyOverdueRule {
    /** The number of names in the text of an alert. */
    private static final int MOST_NAMED = 5;

    private CopyOverdueRule() {}

    /**
     * The facts about a target.
     *
     * @param since when pgsteward first saw the target
     * @param lacking the series whose newest verified backup it lacks
     * @param damagedSince when a drill found one of its copies damaged. Before, it did not lack that copy
     * @param newestSet the start of the newest complete set there
     * @param lastError the last error of a copy; empty for none
     */
    record Facts(
            Instant since,
            List<Lacking> lacking,
            Optional<Instant> damagedSince,
            Optional<Instant> newestSet,
            String lastError) {}

    /** Returns the condition of a target: overdue or in time. */
    static Condition judge(CopyTarget target, Facts facts, Instant now) {
        List<Lacking> overdue = new ArrayList<>();
        Instant earliest = now;
        for (Lacking one : facts.lacking()) {
            Instant since = since(one, facts);
            if (since.plus(target.overdue()).isBefore(now)) {
                overdue.add(one);
                earliest = since.isBefore(earliest) ? since : earliest;
            }
        }
        if (overdue.isEmpty()) {
            String reason = facts.lacking().isEmpty()
                    ? "it has the newest verified backup of each database"
                    : "it lacks no verified backup for longer than " + Elapsed.words(target.overdue());
            return Condition.well(CopyAlerts.OVERDUE, target.name(), reason, now);
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        facts.newestSet().ifPresent(at -> figures.put("newest_complete_set", at.toString()));
        figures.put("lacking", overdue.size());
        figures.put("lacking_since", earliest.toString());
        figures.put("limit_seconds", target.overdue().toSeconds());
        return Condition.bad(
                        Severity.CRITICAL,
                        CopyAlerts.OVERDUE,
                        target.name(),
                        text(target, facts, overdue, earliest, now),
                        "pgsteward check --copies   # tries each target\npgsteward backups --at " + target.name()
                                + "   # the copies that it has",
                        now)
                .since(earliest.plus(target.overdue()))
                .with(figures);
    }

    private static Instant since(Lacking one, Facts facts) {
        Instant since = one.since().isBefore(facts.since()) ? facts.since() : one.since();
        return facts.damagedSince()
                .filter(at -> one.wasThere() && at.isAfter(since))
                .orElse(since);
    }

    private static String text(CopyTarget target, Facts facts, List<Lacking> overdue, Instant earliest, Instant now) {
        String newest = facts.newestSet()
                .map(at -> "the newest complete set at " + target.name() + " is of " + second(at))
                .orElse("no complete set of backups is at " + target.name());
        String names =
                overdue.stream().limit(MOST_NAMED).map(CopyOverdueRule::name).collect(Collectors.joining(", "));
        int more = overdue.size() - MOST_NAMED;
        return newest + "; for " + Elapsed.roughly(Duration.between(earliest, now))
                + " it has lacked verified backups of "
                + names + (more > 0 ? " and " + Count.words(more, "other") : "") + ", the limit is "
                + Elapsed.words(target.overdue()) + "; the backups on this host are not affected"
                + (facts.lastError().isEmpty() ? "" : "; the last error: " + facts.lastError());
    }

    private static Instant second(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS);
    }

    private static String name(Lacking one) {
        return one.kind() == BackupKind.DUMP ? one.service() : one.kind().word();
    }
}
