package org.pgsteward.alert;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Severity;

/**
 * A trouble as it stands in the book, and what people have heard of it: one file each. What is news follows from the
 * difference between the two, so nothing has to be remembered but how things are.
 *
 * @param kind what kind of trouble
 * @param service whose
 * @param since when it began, the last time
 * @param severity the worst that it was since then
 * @param causes by source, each that says it is bad; none when it is over
 * @param last the worst that was said last; still there when it is over
 * @param over how it ended; null while it fires
 * @param heard what people heard last; null when that was its end, or nothing
 * @param begun when it began, oldest first; as many as flapping is told from
 */
public record Alert(
        String kind,
        String service,
        Instant since,
        Severity severity,
        Map<String, Cause> causes,
        Cause last,
        @Nullable Over over,
        @Nullable Heard heard,
        List<Instant> begun) {
    public Alert {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(service, "service");
        Objects.requireNonNull(since, "since");
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(last, "last");
        causes = Collections.unmodifiableMap(new TreeMap<>(causes));
        begun = List.copyOf(begun);
    }

    /**
     * What one source last said.
     *
     * @param reason with figures
     * @param figures the numbers in it
     * @param at when it said so
     */
    public record Cause(Severity severity, String reason, String remedy, Map<String, Object> figures, Instant at) {}

    /**
     * @param reason what is well now
     * @param heard whether it was told, or need not be
     */
    public record Over(String reason, Instant at, boolean heard) {}

    /**
     * That it fires, as people were told.
     *
     * @param severity as how bad
     * @param at when they were told
     * @param flapping whether they were told that it comes and goes, and nothing of each time
     */
    public record Heard(Severity severity, Instant at, boolean flapping) {}

    /** The subject, as {@link org.pgsteward.model.Condition#key()} has it. */
    public String key() {
        return kind + ":" + service;
    }

    public boolean isFiring() {
        return !causes.isEmpty();
    }

    /** The worst that any source says now; empty when it is over. */
    public Optional<Cause> worst() {
        return causes.values().stream().max(Comparator.comparing(Cause::severity));
    }

    /** When it last began or ended. */
    Instant changedAt() {
        return over == null ? since : over.at();
    }

    /** When people were told last that it fires, if they were. */
    Instant heardAt() {
        return heard == null ? Instant.EPOCH : heard.at();
    }

    /** Whether there is nothing left to say of it. */
    boolean isPast() {
        return !isFiring() && heard == null && (over == null || over.heard());
    }

    Alert last(Cause now) {
        return new Alert(kind, service, since, severity, causes, now, over, heard, begun);
    }

    Alert heard(Heard now) {
        return new Alert(kind, service, since, severity, causes, last, over, now, begun);
    }

    /**
     * The end that was told, or need not be; what began again since then is news again. That it came and went is past with
     * it, and no beginning of that time counts any more.
     */
    Alert endHeard(@Nullable Over end) {
        Over now = over != null && over.equals(end) ? new Over(over.reason(), over.at(), true) : over;
        List<Instant> counted = heard != null && heard.flapping() && end != null
                ? begun.stream().filter(at -> at.isAfter(end.at())).toList()
                : begun;
        return new Alert(kind, service, since, severity, causes, last, now, null, counted);
    }
}
