package org.pgsteward.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pgsteward.Settings;
import org.pgsteward.Wiring;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.OneLine;
import org.pgsteward.alert.Silence;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Severity;
import org.pgsteward.monitor.DatabaseFigures;
import org.pgsteward.monitor.Size;
import org.pgsteward.routing.Overview;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Whether all is well, what is not, and to when each service can be restored. */
@Command(
        name = "status",
        description = {
            "Say whether all is well: what is firing and what to type, and each service's last proved backup.",
            "While PostgreSQL does not answer, what it said last is shown, with how long ago that was.",
            "Exit code 0 when nothing worse than information is firing, 1 otherwise."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward status",
            "  pgsteward status --json | jq '.services[] | {service, restorable_to}'"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class StatusCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Wiring wiring = Wiring.to(Wiring.Purpose.LOOK, Settings.from(System.getenv()));
        Overview overview = wiring.overview();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(document(overview)));
        } else {
            print(overview, Ink.ofStandardOutput(), out);
        }
        return overview.isWell() ? 0 : 1;
    }

    private static void print(Overview overview, Ink ink, PrintWriter out) {
        out.println(headline(overview, ink));
        if (!overview.isTold()) {
            overview.trouble().ifPresent(trouble -> out.println(OneLine.of(trouble, 300)));
        }
        if (overview.trouble().isEmpty() || overview.known().isPresent()) {
            out.println(overview.standing());
        }
        if (overview.trouble().isPresent()) {
            overview.known()
                    .ifPresent(
                            at -> out.println("PostgreSQL cannot be asked: what is said here of databases and backups"
                                    + " is as of " + Elapsed.roughly(overview.age(at)) + " ago."));
        }
        for (Silence silence : overview.silences()) {
            out.println("Nobody is told of " + silence.subject() + " for another "
                    + Elapsed.roughly(Duration.between(overview.at(), silence.until()))
                    + (silence.reason().isBlank() ? "" : ": " + OneLine.of(silence.reason(), 200)) + ".");
        }
        for (Alert alert : overview.firing()) {
            alert.worst().ifPresent(cause -> {
                out.println();
                out.println(ink.of(alert.severity(), alert.severity().word()) + ", for "
                        + Elapsed.words(overview.age(alert.since())) + ": "
                        + ink.bold(
                                OneLine.of(alert.service() + " " + alert.kind().replace('-', ' '), 120))
                        + ": " + OneLine.of(cause.reason(), 600));
                cause.remedy().lines().forEach(line -> out.println("    " + OneLine.of(line, 300)));
            });
        }
        if (overview.services().isEmpty()) {
            return;
        }
        out.println();
        TextTable table = new TextTable(
                ink, "SERVICE", "CAN BE RESTORED TO", "NEWEST RUN", "TAKES>", "BACKUP>", "DATABASE>", "SESSIONS>");
        overview.services().forEach(service -> table.row(row(service, overview, ink)));
        table.print(out, Terminal.columns());
    }

    private static String[] row(Overview.Service service, Overview overview, Ink ink) {
        return new String[] {
            OneLine.of(service.name(), 60),
            service.restorableTo()
                    .map(at -> Elapsed.roughly(overview.age(at)) + " ago")
                    .orElse(ink.critical("no proved backup")),
            ink.state(service.backups().map(Tables.History::lastState).orElse("none")),
            history(service, Tables.History::restores).map(Elapsed::words).orElse("-"),
            service.backups()
                    .map(Tables.History::sizeBytes)
                    .filter(size -> size > 0)
                    .map(Size::words)
                    .orElse("-"),
            figure(service, figure -> Size.words(figure.sizeBytes())),
            figure(service, figure -> Long.toString(figure.connections()))
        };
    }

    private static String headline(Overview overview, Ink ink) {
        if (overview.isWell()) {
            return ink.bold(ink.fine(overview.firing().isEmpty() ? "All is well." : "All is well; for information:"));
        }
        int problems = overview.problems();
        boolean critical = overview.trouble().isPresent()
                || overview.firing().stream().anyMatch(alert -> alert.severity() == Severity.CRITICAL);
        String words = problems == 1 ? "1 problem." : problems + " problems.";
        return ink.bold(ink.of(critical ? Severity.CRITICAL : Severity.WARNING, words));
    }

    private static String figure(Overview.Service service, Function<DatabaseFigures.Figure, String> value) {
        return service.database().map(value).orElse("-");
    }

    private static <T> Optional<T> history(Overview.Service service, Function<Tables.History, Optional<T>> value) {
        return service.backups().flatMap(value);
    }

    private static Map<String, Object> document(Overview overview) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("well", overview.isWell());
        document.put("at", overview.at().toString());
        document.put("problems", overview.problems());
        document.put("trouble", overview.trouble().orElse(""));
        document.put("known_at", text(overview.known()));
        List<Map<String, Object>> services = new ArrayList<>();
        for (Overview.Service service : overview.services()) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("service", service.name());
            line.put(
                    "database_bytes",
                    service.database().map(DatabaseFigures.Figure::sizeBytes).orElse(null));
            line.put(
                    "connections",
                    service.database().map(DatabaseFigures.Figure::connections).orElse(null));
            line.put("restorable_to", text(service.restorableTo()));
            line.put(
                    "backup_bytes",
                    service.backups().map(Tables.History::sizeBytes).orElse(null));
            line.put("last_verified_at", text(history(service, Tables.History::lastVerified)));
            line.put("last_success_at", text(history(service, Tables.History::lastSuccess)));
            line.put(
                    "restore_seconds",
                    history(service, Tables.History::restores)
                            .map(Duration::toMillis)
                            .map(millis -> millis / 1000.0)
                            .orElse(null));
            line.put(
                    "last_state",
                    service.backups().map(Tables.History::lastState).orElse(null));
            services.add(line);
        }
        document.put("services", services);
        List<Map<String, Object>> alerts = new ArrayList<>();
        for (Alert alert : overview.firing()) {
            alert.worst().ifPresent(cause -> {
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("kind", alert.kind());
                line.put("service", alert.service());
                line.put("severity", alert.severity().word());
                line.put("since", alert.since().toString());
                line.put("reason", cause.reason());
                line.put("remedy", cause.remedy());
                line.put("figures", cause.figures());
                alerts.add(line);
            });
        }
        document.put("alerts", alerts);
        document.put("silences", overview.silences());
        return document;
    }

    private static @Nullable String text(Optional<Instant> at) {
        return at.map(Instant::toString).orElse(null);
    }
}
