package org.pgsteward.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.Incident;

/** One incident in the JSON documents of {@code history} and {@code status}. */
final class IncidentDocument {
    private IncidentDocument() {}

    static Map<String, @Nullable Object> of(Incident incident, Instant now) {
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("kind", incident.kind());
        document.put("service", incident.service());
        document.put("severity", incident.severity().word());
        document.put("fired_at", incident.since().toString());
        document.put(
                "resolved_at",
                incident.until() == null ? null : incident.until().toString());
        document.put(
                "seconds", Duration.between(incident.since(), incident.end(now)).toSeconds());
        document.put("title", incident.title());
        return document;
    }
}
