package org.pgsteward.alert;

import java.time.Instant;
import java.util.Objects;

/**
 * Somebody's wish not to be told for a while. What begins in it and lasts is told after it.
 *
 * @param id a few letters, by which it can be ended
 * @param service whose alerts; empty for everybody's
 * @param kind of which kind; empty for all
 * @param until when it ends by itself
 * @param reason why, in the words of whoever made it; may be empty
 */
public record Silence(String id, String service, String kind, Instant from, Instant until, String reason) {
    public Silence {
        // A file that somebody wrote by hand must not silence everybody for want of a name.
        Objects.requireNonNull(service, "service");
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(until, "until");
        // What it left out besides is no reason not to hold.
        id = Objects.requireNonNullElse(id, "");
        reason = Objects.requireNonNullElse(reason, "");
    }

    /** In words, what is not told: such as {@code wiki (service-down)}. */
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
