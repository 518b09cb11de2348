package org.pgsteward.monitor;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.PostgresServer;

/**
 * The usage of the queue of {@code NOTIFY}, which all databases share. A listening session with an open transaction keeps all
 * entries in it. When the queue is full, each {@code NOTIFY} of each service fails together with its transaction.
 */
final class NotifyQueueRule extends MetricRule<DatabaseObservation> {
    NotifyQueueRule() {
        super("notify-queue-filling", Unit.PERCENT);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        double percent = 100 * now.server().notifyShare();
        Optional<DatabaseObservation.Transaction> oldest = now.transactions().stream()
                .max(Comparator.comparingDouble(DatabaseObservation.Transaction::openSeconds));
        String says = "the queue of NOTIFY is " + Unit.PERCENT.words(percent)
                + " full. When it is full, NOTIFY fails in every service, with its transaction. A listening session with an"
                + " open transaction keeps it full"
                + oldest.map(open -> ". The oldest open transaction is of " + open.service() + ", "
                                + open.session().words() + ", for " + Unit.TIME.words(open.openSeconds()))
                        .orElse("");
        String remedy = oldest.map(open -> now.console().show(open.session().pid()) + "\n"
                        + now.console().end(open.session().pid()))
                .orElseGet(() -> now.console()
                        .psql("SELECT pid, usename, datname, xact_start, query FROM pg_stat_activity"
                                + " WHERE xact_start IS NOT NULL ORDER BY xact_start LIMIT 10"));
        return List.of(new Finding(PostgresServer.SERVICE, percent, says, remedy, Map.of("percent", percent)));
    }
}
