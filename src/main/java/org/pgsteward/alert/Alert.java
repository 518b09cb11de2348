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
import org.pgsteward.model.AlertKinds;
import org.pgsteward.model.Severity;

/**
 * State of one alert, together with the state that was last notified; one file each. A pending notification is the
 * difference between the two, so no separate list of pending notifications is needed.
 *
 * @param kind kind of trouble
 * @param service name of the affected service
 * @param since start of the latest occurrence
 * @param severity highest severity since then
 * @param causes current bad reports, by source; empty when the alert is resolved
 * @param last worst report at the last change; kept after the alert is resolved
 * @param over the resolution; null while the alert fires
 * @param heard last notification that the alert fires; null if none was sent, or if its resolution was notified
 * @param begun starts of occurrences, oldest first; as many as flap detection needs
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
        kind = AlertKinds.current(Objects.requireNonNull(kind, "kind"));
        Objects.requireNonNull(service, "service");
        Objects.requireNonNull(since, "since");
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(last, "last");
        causes = Collections.unmodifiableMap(new TreeMap<>(causes));
        begun = List.copyOf(begun);
    }

    /**
     * Latest report of one source.
     *
     * @param reason cause, with figures
     * @param figures the numbers in the reason
     * @param at time of the report
     */
    public record Cause(Severity severity, String reason, String remedy, Map<String, Object> figures, Instant at) {}

    /**
     * Resolution of the alert.
     *
     * @param reason the condition that is well now
     * @param heard whether the resolution was notified or needs no notification
     */
    public record Over(String reason, Instant at, boolean heard) {}

    /**
     * Last notification that the alert fires.
     *
     * @param severity severity in the notification
     * @param at time of the notification
     * @param flapping whether it reported flapping; single occurrences are then not notified
     */
    public record Heard(Severity severity, Instant at, boolean flapping) {}

    /** Returns the alert's subject, in the form of {@link org.pgsteward.model.Condition#key()}. */
    public String key() {
        return kind + ":" + service;
    }

    public boolean isFiring() {
        return !causes.isEmpty();
    }

    /** Returns the cause of the highest severity; empty when the alert is resolved. */
    public Optional<Cause> worst() {
        return causes.values().stream().max(Comparator.comparing(Cause::severity));
    }

    /** Returns the time at which the alert last fired or resolved. */
    Instant changedAt() {
        return over == null ? since : over.at();
    }

    /** Returns the time of the last notification that the alert fires; {@link Instant#EPOCH} if there is none. */
    Instant heardAt() {
        return heard == null ? Instant.EPOCH : heard.at();
    }

    /** Returns whether the alert is resolved and no notification is pending. */
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
     * Returns the alert with the resolution {@code end} marked as notified. An occurrence that began after {@code end}
     * is still to be notified. If flapping was notified, it ends here, and its occurrences no longer count.
     */
    Alert endHeard(@Nullable Over end) {
        Over now = over != null && over.equals(end) ? new Over(over.reason(), over.at(), true) : over;
        List<Instant> counted = heard != null && heard.flapping() && end != null
                ? begun.stream().filter(at -> at.isAfter(end.at())).toList()
                : begun;
        return new Alert(kind, service, since, severity, causes, last, now, null, counted);
    }
}
