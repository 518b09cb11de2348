package org.pgsteward.model;

import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The result of one check: good, or bad with a severity. Two checks of one subject have the same {@link #key()}, so a
 * repeated check of one problem is not taken for a second problem.
 *
 * @param kind the kind of check, in kebab-case: {@code service-down}, {@code memory-high}, {@code backup-failed}
 * @param service the service that was checked
 * @param severity empty if the check is good
 * @param reason one line with figures: "82% of 256 MiB, warn at 80%"
 * @param remedy commands that can be pasted; empty if the check is good
 * @param figures the numbers behind the reason, by name
 * @param at when the check was made
 * @param began when the condition began. It is before {@code at} if several checks or a grace period had to confirm it.
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

    /** Order from good to critical. */
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

    /** Returns this condition with another wording of its reason. */
    public Condition because(String otherReason) {
        return new Condition(kind, service, severity, otherReason, remedy, figures, at, began);
    }

    /** Returns this condition with the time at which it began. */
    public Condition since(Instant earlier) {
        return new Condition(kind, service, severity, reason, remedy, figures, at, earlier);
    }

    /** Returns this condition with the commands in its texts in the form that runs on this host. */
    public Condition typed(CommandPrefix typing) {
        return new Condition(kind, service, severity, typing.of(reason), typing.of(remedy), figures, at, began);
    }

    /** Returns the identity of the check's subject, which is the same at each check. */
    public String key() {
        return kind + ":" + service;
    }
}
