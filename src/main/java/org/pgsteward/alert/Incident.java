package org.pgsteward.alert;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.AlertKinds;
import org.pgsteward.model.Severity;

/**
 * One occurrence of an alert, from its start to its end.
 *
 * @param severity highest severity in that time
 * @param until end; null while the alert fires
 * @param reason cause at its last change, in one line
 */
public record Incident(
        String kind,
        String service,
        Severity severity,
        Instant since,
        @Nullable Instant until,
        String reason) {
    private static final int MOST_CHARACTERS = 300;

    public Incident {
        kind = AlertKinds.current(Objects.requireNonNull(kind, "kind"));
        service = OneLine.of(Objects.requireNonNull(service, "service"), 120);
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(since, "since");
        reason = OneLine.of(Objects.requireNonNull(reason, "reason"), MOST_CHARACTERS);
    }

    static Incident of(Alert alert) {
        Alert.Over over = alert.over();
        return new Incident(
                alert.kind(),
                alert.service(),
                alert.severity(),
                alert.since(),
                alert.isFiring() || over == null ? null : over.at(),
                alert.last().reason());
    }

    /** Returns the title, as a notification has it: service, kind and reason. */
    public String title() {
        return service + " " + kind.replace('-', ' ') + ": " + reason;
    }

    /** Returns the end; the given time while the alert fires. */
    public Instant end(Instant now) {
        return until == null ? now : until;
    }
}
