package org.pgsteward.monitor;

import java.util.Optional;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Successor;

/** Counts the probes between two looks. Made with its setting in {@code monitor.camel.yaml}. Safe for many threads. */
public final class PostgresWatch implements Successor {
    private PostgresRule rule = new PostgresRule(2);
    private PostgresRule.Misses misses = PostgresRule.Misses.NONE;

    /** @param count failed probes in a row that it takes, at least 1 */
    public synchronized void setFailures(int count) {
        rule = new PostgresRule(count);
    }

    /** Empty while it is undecided. */
    public synchronized Optional<Condition> judge(PostgresReading reading) {
        PostgresRule.Judged judged = rule.judge(reading, misses);
        misses = judged.misses();
        return judged.condition();
    }

    @Override
    public void takeOverFrom(Object before) {
        if (before instanceof PostgresWatch other) {
            PostgresRule.Misses seen = other.misses();
            synchronized (this) {
                misses = seen;
            }
        }
    }

    private synchronized PostgresRule.Misses misses() {
        return misses;
    }
}
