package org.pgsteward.alert;

import org.pgsteward.model.Condition;
import org.pgsteward.model.JournalEntry;

/**
 * Sink for the results of a use case: rows for the journal, and conditions for the alerts. A report that PostgreSQL or
 * the disk does not take is logged and does not fail the use case.
 */
public interface Reporter {
    /** Keeps the row on disk, and writes it to its table as soon as PostgreSQL answers. */
    void record(JournalEntry entry);

    /**
     * Passes the condition to the alerts.
     *
     * @return whether the alerts took it
     */
    boolean raise(Condition condition);

    /**
     * Passes the condition of a subject with several sources. Its alert resolves when no source reports bad any more.
     *
     * @param source name of the check
     * @return whether the alerts took it
     */
    boolean raise(Condition condition, String source);
}
