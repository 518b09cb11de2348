package org.pgsteward.model;

import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a look at one thing said: it is well, or it is not and how badly. The same thing looked at twice has the same
 * {@link #key()}, and that is how a second look is known from a second trouble.
 *
 * @param kind what was looked at, kebab-case: {@code service-down}, {@code memory-high}, {@code backup-failed}
 * @param service whose
 * @param severity how bad; empty when it is well
 * @param reason with figures: "82% of 256 MiB, warn at 80%"
 * @param remedy commands that can be pasted; empty when it is well
 * @param figures the numbers behind the reason, by name
 * @param at when it was seen
 * @param began when it began; that is before {@code at} where several looks or a grace have to confirm it
 */
public record Condition(
        String kind,
        String service,
        Optional<Severity> severity,
        String reason,
        String remedy,
        Map<String, Object> figures,
        Instant at,
        Instant began) {

    /** From well to critical. */
    public static final Comparator<Condition> BY_SEVERITY = Comparator.comparing(condition -> condition
            .severity()
            .map(severity -> severity.compareTo(Severity.INFO))
            .orElse(-1));

    public Condition {
        figures = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(figures));
        began = began.isAfter(at) ? at : began;
    }

    public static Condition well(String kind, String service, String reason, Instant at) {
        return new Condition(kind, service, Optional.empty(), reason, "", Map.of(), at, at);
    }

    public static Condition bad(
            Severity severity, String kind, String service, String reason, String remedy, Instant at) {
        return new Condition(kind, service, Optional.of(severity), reason, remedy, Map.of(), at, at);
    }

    public Condition with(Map<String, Object> moreFigures) {
        return new Condition(kind, service, severity, reason, remedy, moreFigures, at, began);
    }

    /** Returns the same condition with the time at which it began. */
    public Condition since(Instant earlier) {
        return new Condition(kind, service, severity, reason, remedy, figures, at, earlier);
    }

    /** The same with commands that can be pasted. */
    public Condition typed(Typing typing) {
        return new Condition(kind, service, severity, typing.of(reason), typing.of(remedy), figures, at, began);
    }

    /** The subject, the same each time it is looked at. */
    public String key() {
        return kind + ":" + service;
    }
}
