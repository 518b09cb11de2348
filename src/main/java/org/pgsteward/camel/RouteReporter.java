package org.pgsteward.camel;

import java.util.Map;
import org.pgsteward.alert.Reporter;
import org.pgsteward.model.Condition;
import org.pgsteward.model.JournalEntry;

/** Reports through the routes {@code journal-write} and {@code alert-raise}, which say in the log what fails in them. */
public final class RouteReporter implements Reporter {
    private final RouteClient routeClient;

    public RouteReporter(RouteClient routeClient) {
        this.routeClient = routeClient;
    }

    @Override
    public void record(JournalEntry entry) {
        routeClient.ask("direct:journal-write", entry);
    }

    @Override
    public boolean raise(Condition condition) {
        return routeClient.ask("direct:alert-raise", condition).getException() == null;
    }

    @Override
    public boolean raise(Condition condition, String source) {
        return routeClient
                        .ask("direct:alert-raise", condition, Map.of("source", source))
                        .getException()
                == null;
    }
}
