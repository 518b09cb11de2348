package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.Console;

/**
 * The number of notifications that wait for a receiver. The alert goes to the other receivers, and to this one when it
 * is available again.
 */
final class OutboxRule extends MetricRule<HostObservation> {
    OutboxRule() {
        super("outbox-growing", Unit.COUNT);
    }

    @Override
    List<Finding> look(HostObservation now, List<HostObservation> past) {
        return now.outboxes().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry -> new Finding(
                        entry.getKey(),
                        entry.getValue(),
                        entry.getValue() + (entry.getValue() == 1 ? " notification waits" : " notifications wait")
                                + " for receiver " + entry.getKey() + "; none is lost",
                        "docker logs --tail 200 pgsteward 2>&1 | grep " + Console.word(entry.getKey()),
                        Map.of("notices", entry.getValue())))
                .toList();
    }
}
