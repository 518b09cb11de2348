package org.pgsteward.alert;

import java.time.Instant;
import java.util.Objects;
import org.pgsteward.model.AlertKinds;

/**
 * Operator's order to mute alerts for a while. An alert that begins during it and still fires at its end is notified
 * then.
 *
 * @param id a few letters, by which the operator can end the silence
 * @param service name of the muted service; empty for all services
 * @param kind muted kind of alert; empty for all kinds
 * @param until time at which the silence ends by itself
 * @param reason operator's words; may be empty
 */
public record Silence(String id, String service, String kind, Instant from, Instant until, String reason) {
    public Silence {
        // A file written by hand must not mute all alerts because it lacks a service or a kind.
        Objects.requireNonNull(service, "service");
        kind = AlertKinds.current(Objects.requireNonNull(kind, "kind"));
        Objects.requireNonNull(until, "until");
        // Other missing fields do not make the silence invalid.
        id = Objects.requireNonNullElse(id, "");
        reason = Objects.requireNonNullElse(reason, "");
    }

    /** Returns the muted alerts in words, such as {@code wiki (service-down)}. */
    public String subject() {
        return (service.isEmpty() ? "everything" : OneLine.of(service, 60))
                + (kind.isEmpty() ? "" : " (" + OneLine.of(kind, 60) + ")");
    }

    boolean covers(Alert alert, Instant now) {
        return now.isBefore(until)
                && (service.isEmpty() || service.equals(alert.service()))
                && (kind.isEmpty() || kind.equals(alert.kind()));
    }
}
