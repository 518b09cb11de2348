package org.pgsteward.alert;

import org.pgsteward.model.Condition;
import org.pgsteward.model.JournalEntry;

/**
 * Takes the results of a use case: rows for the journal, and conditions for the alerts. A report that PostgreSQL or the disk
 * does not take is logged and does not fail the work that it is about.
 */
public interface Reporter {
    /** Keeps the row on disk, and writes it to its table as soon as PostgreSQL answers. */
    void record(JournalEntry entry);

    /**
     * Brings the condition to the alerts.
     *
     * @return whether the alerts took it
     */
    boolean raise(Condition condition);

    /**
     * Does the same where several look at one subject: its alert ends when none of them says bad any more.
     *
     * @param source who looked
     */
    boolean raise(Condition condition, String source);
}
