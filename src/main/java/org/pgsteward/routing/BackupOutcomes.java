package org.pgsteward.routing;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.BackupTarget;
import org.pgsteward.model.Backup;

/** Gathers how each of several backups ended, in the order in which they were asked for; one that failed hides none. */
final class BackupOutcomes implements AggregationStrategy {
    private final Clock clock;

    BackupOutcomes(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Exchange aggregate(@Nullable Exchange gathered, Exchange one) {
        // A new one: the first to end must not leave its own failure, or its stop, on what comes of all.
        Exchange all = gathered == null ? new DefaultExchange(one.getContext()) : gathered;
        List<Backup> backups = new ArrayList<>(of(all));
        BackupTarget target = one.getVariable(BackupDesk.TARGET, BackupTarget.class);
        if (target != null) {
            backups.add(BackupDesk.outcome(one, target, clock.instant()));
        }
        all.getMessage().setBody(backups);
        return all;
    }

    /** What came through {@link BackupDesk#ALL}. */
    static List<Backup> of(Exchange exchange) {
        return exchange.getMessage().getBody() instanceof List<?> list
                ? list.stream()
                        .filter(Backup.class::isInstance)
                        .map(Backup.class::cast)
                        .toList()
                : List.of();
    }
}
