package org.pgsteward.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pgsteward.alert.Incident;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Refusal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Command {@code history}: the alerts that fired, with their ends. */
@Command(
        name = "history",
        description = {
            "List the alerts that fired, the newest start first, with start, end, duration and severity.",
            "This includes alerts that a silence muted. It needs no PostgreSQL."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward history                 the last 7 days",
            "  pgsteward history --since 2d",
            "  pgsteward history --since '2026-01-31 03:00' --json"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class HistoryCommand implements Callable<Integer> {
    private static final String USUAL = "7d";
    private static final int MOST_ROWS = 200;
    private static final int MOST_DOCUMENTS = 5_000;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--since",
            paramLabel = "T",
            description = "Alerts that fired since then: a duration such as 2d, or a time. Default: 7d.")
    private String since = USUAL;

    @Option(names = "--json", description = "Print one JSON document, of 5000 alerts at most.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Wiring wiring = Wiring.to(AccessMode.LIST, Settings.from(System.getenv()));
        Instant now = wiring.clock.instant();
        Instant from = from(wiring, now);
        List<Incident> incidents = wiring.incidents(from);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(document(incidents, from, now)));
        } else {
            print(incidents, wiring, now, out);
        }
        return 0;
    }

    private Instant from(Wiring wiring, Instant now) {
        Optional<Duration> span = Elapsed.read(since);
        Instant from = span.isPresent()
                ? now.minus(span.get().compareTo(Duration.ofDays(36_500)) < 0 ? span.get() : Duration.ofDays(36_500))
                : AtTime.parse("--since", since, wiring.zone);
        if (from.isAfter(now)) {
            throw new Refusal("--since '" + since + "' is in the future");
        }
        return from;
    }

    private void print(List<Incident> incidents, Wiring wiring, Instant now, PrintWriter out) {
        if (incidents.isEmpty()) {
            out.println(
                    "No alert has fired since " + since + (Elapsed.read(since).isPresent() ? " ago" : "") + ".");
            return;
        }
        Colours colours = Colours.ofStandardOutput();
        DateTimeFormatter clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ENGLISH)
                .withZone(wiring.zone);
        TextTable table = new TextTable(colours, "FIRED", "RESOLVED", "DURATION>", "SEVERITY", "SERVICE", "ALERT");
        incidents.stream()
                .limit(MOST_ROWS)
                .forEach(incident -> table.row(
                        clock.format(incident.since()),
                        incident.until() == null ? "fires now" : clock.format(incident.until()),
                        Elapsed.words(Duration.between(incident.since(), incident.end(now))),
                        colours.of(incident.severity(), incident.severity().word()),
                        incident.service(),
                        incident.kind().replace('-', ' ') + ": " + incident.reason()));
        table.print(out);
        if (incidents.size() > MOST_ROWS) {
            out.println((incidents.size() - MOST_ROWS) + " older alerts are not shown; --json has up to "
                    + MOST_DOCUMENTS + ".");
        }
    }

    private static Map<String, Object> document(List<Incident> incidents, Instant from, Instant now) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("since", from.toString());
        document.put("left_out", Math.max(0, incidents.size() - MOST_DOCUMENTS));
        document.put(
                "incidents",
                incidents.stream()
                        .limit(MOST_DOCUMENTS)
                        .map(incident -> IncidentDocument.of(incident, now))
                        .toList());
        return document;
    }
}
