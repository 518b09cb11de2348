package org.pgsteward.routing;

import org.pgsteward.alert.Reporter;
import org.pgsteward.model.Condition;
import org.pgsteward.model.JournalEntry;

/** Reports through the routes {@code journal-write} and {@code alert-raise}, which say in the log what fails in them. */
public final class RouteReporter implements Reporter {
    private final Doors doors;

    public RouteReporter(Doors doors) {
        this.doors = doors;
    }

    @Override
    public void record(JournalEntry entry) {
        doors.ask("direct:journal-write", entry);
    }

    @Override
    public boolean raise(Condition condition) {
        return doors.ask("direct:alert-raise", condition).getException() == null;
    }
}
