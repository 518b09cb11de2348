package org.pgsteward.alert;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.pgsteward.model.Notice;
import org.pgsteward.model.Severity;

/**
 * A trouble as it stands in the book: one file each.
 *
 * @param kind what kind of trouble
 * @param service whose
 * @param since when it began
 * @param told the worst that was told of it
 * @param causes by source, each that says it is bad; none when it is over and only the telling is left
 * @param untold notices that are not in the outbox yet
 */
public record Alert(
        String kind, String service, Instant since, Severity told, Map<String, Cause> causes, List<Untold> untold) {
    public Alert {
        causes = Collections.unmodifiableMap(new TreeMap<>(causes));
        untold = List.copyOf(untold);
    }

    /**
     * What one source last said.
     *
     * @param reason with figures
     * @param figures the numbers in it
     * @param at when it said so
     */
    public record Cause(Severity severity, String reason, String remedy, Map<String, Object> figures, Instant at) {}

    /** @param madeAt when there was news */
    public record Untold(Notice notice, Instant madeAt) {}

    /** The subject, as {@link org.pgsteward.model.Condition#key()} has it. */
    public String key() {
        return kind + ":" + service;
    }

    /** The worst that any source says now; empty when it is over. */
    public Optional<Cause> worst() {
        return causes.values().stream().max(Comparator.comparing(Cause::severity));
    }

    Alert with(List<Untold> left) {
        return new Alert(kind, service, since, told, causes, left);
    }
}
