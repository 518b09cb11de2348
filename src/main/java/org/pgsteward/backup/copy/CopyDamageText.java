package org.pgsteward.backup.copy;

import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pgsteward.model.Backup;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Count;
import org.pgsteward.model.Severity;

/** The text of the alert about damaged copies. */
final class CopyDamageText {
    /** The figure with the ids of all damaged backups, separated by blanks. */
    static final String BACKUPS = "backups";

    private static final int MOST_NAMED = 3;

    /** The number of ids that the alert keeps. */
    private static final int MOST_IDS = 200;

    private CopyDamageText() {}

    /**
     * Returns the condition of a target with damaged copies.
     *
     * @param found the newly found ones
     * @param ids of all damaged backups, also of earlier drills
     */
    static Condition condition(String target, List<CopyAlerts.Damage> found, Collection<String> ids, Instant now) {
        Backup first = found.get(0).backup();
        List<CopyAlerts.Damage> lost =
                found.stream().filter(damage -> !damage.isHere()).toList();
        StringBuilder text = new StringBuilder("a drill found "
                + (found.size() == 1
                        ? "the copy of " + first.id() + " at " + target + " damaged: "
                        : Count.words(found.size(), "damaged copy").replace("copys", "copies") + " at " + target + ", "
                                + names(found) + ": ")
                + found.get(0).found());
        text.append(
                lost.size() < found.size()
                        ? "; the live database and the backup on this host are not affected, and it is copied again by itself"
                        : "; the live database is not affected");
        if (!lost.isEmpty()) {
            text.append("; ")
                    .append(lost.size() == found.size() ? "this host" : "of " + names(lost) + ", this host")
                    .append(" no longer has the backup, so it cannot be copied again; do not restore that copy;")
                    .append(" the alert resolves when a backup set made from now on is complete there");
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put(BACKUPS, ids.stream().limit(MOST_IDS).collect(Collectors.joining(" ")));
        figures.put("damaged", ids.size());
        return Condition.bad(
                        Severity.CRITICAL,
                        CopyAlerts.DAMAGED,
                        target,
                        text.toString(),
                        "pgsteward check --copies   # does the target still store and return files?\n"
                                + "pgsteward backups --at " + target + "   # the copies that it has\n"
                                + (lost.size() < found.size()
                                        ? "pgsteward verify --backup " + first.id() + "   # the backup on this host\n"
                                        : "")
                                + first.kind().command(first.service())
                                + "   # makes another backup, which is copied next",
                        now)
                .with(figures);
    }

    private static String names(List<CopyAlerts.Damage> damages) {
        int more = damages.size() - MOST_NAMED;
        return damages.stream()
                        .limit(MOST_NAMED)
                        .map(damage -> damage.backup().id())
                        .collect(Collectors.joining(", "))
                + (more > 0 ? " and " + Count.words(more, "other") : "");
    }
}
