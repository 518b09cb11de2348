package org.pgsteward.monitor;

import java.util.Optional;
import org.pgsteward.model.Condition;

/** Counts the failed probes in a row. Safe for many threads. */
final class PostgresWatch {
    private PostgresRule rule = new PostgresRule(2);
    private PostgresRule.Misses misses = PostgresRule.Misses.NONE;

    /** Uses this rule from now on. Earlier failed probes still count. */
    synchronized void use(PostgresRule next) {
        rule = next;
    }

    /** Returns the condition; empty while it is undecided. */
    public synchronized Optional<Condition> judge(PostgresReading reading) {
        PostgresRule.Judged judged = rule.judge(reading, misses);
        misses = judged.misses();
        return judged.condition();
    }
}
