package org.pgsteward.provision;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.pgsteward.alert.Alert;
import org.pgsteward.engine.OversizedContainer;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Console;
import org.pgsteward.model.Severity;

/**
 * Alerts about services, roles and containers that exceed the sizes that pgsteward reads. Pure.
 *
 * <p>pgsteward skips an object above a limit and reads the rest, so the alert is the operator's only sign of it.
 */
public final class Limits {
    public static final String KIND = "limit-exceeded";

    private Limits() {}

    private record Line(String reason, String remedy, Map<String, Object> figures) {}

    /**
     * Returns one condition for each subject, and the end of alerts with subjects that are within their limits again.
     *
     * @param firing the alerts that fire now
     */
    static List<Condition> conditions(
            List<Excess> excesses,
            List<OversizedContainer> containers,
            List<Alert> firing,
            Console console,
            Instant now) {
        Map<String, List<Line>> bySubject = new TreeMap<>();
        for (Excess excess : excesses) {
            add(bySubject, excess.subject(), new Line(excess.reason(), console.psql(excess.sql()), excess.figures()));
        }
        for (OversizedContainer container : containers) {
            add(bySubject, container.name(), line(container));
        }
        List<Condition> conditions = new ArrayList<>();
        bySubject.forEach((subject, lines) -> conditions.add(bad(subject, lines, now)));
        Set<String> bad = bySubject.keySet();
        firing.stream()
                // The subject of a FolderGuard is a path. FolderGuard resolves its own alerts.
                .filter(alert -> alert.kind().equals(KIND)
                        && !bad.contains(alert.service())
                        && !alert.service().startsWith("/"))
                .forEach(alert ->
                        conditions.add(Condition.well(KIND, alert.service(), "it is within its limits again", now)));
        return conditions;
    }

    private static void add(Map<String, List<Line>> bySubject, String subject, Line line) {
        bySubject.computeIfAbsent(subject, any -> new ArrayList<>()).add(line);
    }

    private static Condition bad(String subject, List<Line> lines, Instant now) {
        Map<String, Object> figures = new LinkedHashMap<>();
        lines.forEach(line -> line.figures().forEach(figures::putIfAbsent));
        return Condition.bad(
                        Severity.WARNING,
                        KIND,
                        subject,
                        lines.stream().map(Line::reason).collect(Collectors.joining("; ")),
                        lines.stream().map(Line::remedy).distinct().collect(Collectors.joining("\n")),
                        now)
                .with(figures);
    }

    private static Line line(OversizedContainer container) {
        return container.largest().isEmpty() ? tooLarge(container) : noRoom(container);
    }

    private static Line tooLarge(OversizedContainer container) {
        return new Line(
                "container " + container.name() + " is not read: Docker's description of it exceeds the limit of "
                        + container.limit() + " bytes. Its labels or variables are too large",
                looksInto(container.name()),
                Map.of("bytes", container.bytes(), "limit", container.limit()));
    }

    /**
     * Returns the line for a container that may be small itself, while other containers have used up the common limit.
     */
    private static Line noRoom(OversizedContainer container) {
        String largest = container.largest().entrySet().stream()
                .map(other -> other.getKey() + " (" + other.getValue() + ")")
                .collect(Collectors.joining(", "));
        return new Line(
                "container " + container.name() + " is not read: its labels and variables have " + container.bytes()
                        + " characters, and all containers together may have " + container.limit()
                        + ". The largest are " + largest,
                looksInto(container.largest().keySet().iterator().next()),
                Map.of("bytes", container.bytes(), "limit", container.limit()));
    }

    private static String looksInto(String container) {
        return "docker inspect --format '{{json .Config.Labels}}' " + container + " | cut -c 1-2000\n"
                + "docker inspect --format '{{json .Config.Env}}' " + container + " | cut -c 1-2000";
    }
}
