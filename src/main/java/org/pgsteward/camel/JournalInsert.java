package org.pgsteward.camel;

import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.component.direct.DirectConsumerNotAvailableException;
import org.pgsteward.journal.JournalRow;
import org.pgsteward.journal.JournalWriter;
import org.pgsteward.model.FirstCause;

/** Writer of journal rows through the route {@code journal-insert}. */
public final class JournalInsert implements JournalWriter.RowStatement {
    private final RouteClient routeClient;

    public JournalInsert(RouteClient routeClient) {
        this.routeClient = routeClient;
    }

    @Override
    public void write(JournalRow row) throws SQLException {
        Exchange sent = routeClient.ask("direct:journal-insert", row.columns(), Map.of("table", row.table()));
        if (sent.getException() != null) {
            throw sqlCause(sent.getException());
        }
    }

    private static SQLException sqlCause(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return sql;
            }
            if (cause instanceof RejectedExecutionException || cause instanceof DirectConsumerNotAvailableException) {
                // The pipeline or this route is stopping. The row is valid and can be written later.
                return new SQLException("pgsteward is stopping", "57P01", thrown);
            }
        }
        return new SQLException("cannot write the row: " + FirstCause.of(thrown), "XX000", thrown);
    }
}
