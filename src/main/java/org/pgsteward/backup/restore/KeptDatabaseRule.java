package org.pgsteward.backup.restore;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.KeptDatabase;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.Quote;

/**
 * The rule that decides whether the operator forgot a database that a restore created or kept. Pure.
 *
 * @param patience the age from which the alert fires; zero for no alert
 * @param console the beginning of a command line that runs a statement: {@code docker exec postgresql psql -U homelab
 *     -d homelab -c}
 */
public record KeptDatabaseRule(Duration patience, String console) {
    public static final String KIND = "database-forgotten";

    Condition judge(KeptDatabase kept, Instant now) {
        Duration age = Duration.between(kept.since(), now);
        if (patience.isZero() || age.compareTo(patience) < 0) {
            return Condition.well(KIND, kept.name(), "it is " + Elapsed.roughly(age) + " old", now);
        }
        String origin = kept.replaced()
                ? "kept when a restore replaced " + kept.service()
                : "restored beside " + kept.service();
        return Condition.bad(
                        Severity.WARNING,
                        KIND,
                        kept.name(),
                        String.format(
                                Locale.ROOT,
                                "database %s still exists and is not backed up: %.1f MiB, %s %s ago",
                                kept.name(),
                                kept.sizeBytes() / (1024.0 * 1024),
                                origin,
                                Elapsed.roughly(age)),
                        console + " " + CommandPrefix.word("DROP DATABASE " + Quote.identifier(kept.name()))
                                + "   # if it is no longer needed\n" + console + " "
                                + CommandPrefix.word(
                                        "ALTER DATABASE " + Quote.identifier(kept.name()) + " RENAME TO new_name")
                                + "   # to keep it; pgsteward then backs it up",
                        now)
                .with(Map.of("size_bytes", kept.sizeBytes(), "age_seconds", age.toSeconds()));
    }

    /**
     * Returns a condition for each kept database, and a condition that resolves the alert of each database that no
     * longer exists.
     *
     * @param firing the databases for which the alert fires now
     */
    public List<Condition> judge(List<KeptDatabase> kept, List<String> firing, Instant now) {
        List<String> names = kept.stream().map(KeptDatabase::name).toList();
        return Stream.concat(
                        kept.stream().map(one -> judge(one, now)),
                        firing.stream()
                                .filter(name -> !names.contains(name))
                                .map(name -> Condition.well(KIND, name, "it was dropped or renamed", now)))
                .toList();
    }
}
