package org.pgsteward.camel;

import java.io.IOException;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.Reporter;
import org.pgsteward.journal.Spool;
import org.pgsteward.model.Condition;
import org.pgsteward.model.FirstCause;
import org.pgsteward.model.JournalEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reporter that uses the routes {@code journal-write} and {@code alert-raise}, which log their own failures. If no
 * route took a row, for example while the routes stop, the row is kept in the spool. The next start writes it from
 * there.
 */
public final class RouteReporter implements Reporter {
    private static final Logger LOG = LoggerFactory.getLogger(RouteReporter.class);

    private final RouteClient routeClient;
    private volatile @Nullable Spool spool;
    private volatile Predicate<Condition> noNews = condition -> false;

    public RouteReporter(RouteClient routeClient) {
        this.routeClient = routeClient;
    }

    /** Sets the spool, which is built later than this object. */
    public void keepIn(Spool rows) {
        spool = rows;
    }

    /** Sets the test for conditions that would change nothing. They do not enter the route. Most conditions are such. */
    public void leaveOut(Predicate<Condition> conditions) {
        noNews = conditions;
    }

    @Override
    public void record(JournalEntry entry) {
        RouteClient.unreached(routeClient.ask("direct:journal-write", entry)).ifPresent(cause -> keep(entry, cause));
    }

    private void keep(JournalEntry entry, Exception unreached) {
        Spool rows = spool;
        try {
            if (rows == null) {
                throw new IOException("it is not open yet");
            }
            rows.put(entry);
        } catch (IOException refused) {
            LOG.error(
                    "cannot keep a journal row: it reached no route ({}) and not the spool ({}): {}",
                    FirstCause.of(unreached),
                    refused.getMessage(),
                    entry);
        }
    }

    @Override
    public boolean raise(Condition condition) {
        return noNews.test(condition)
                || routeClient.ask("direct:alert-raise", condition).getException() == null;
    }

    @Override
    public boolean raise(Condition condition, String source) {
        return noNews.test(condition)
                || routeClient
                                .ask("direct:alert-raise", condition, Map.of("source", source))
                                .getException()
                        == null;
    }
}
