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
            "Exit code 0 when nothing worse than information is firing, 1 otherwise."
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
        Wiring wiring = new Wiring(Settings.from(System.getenv()));
        Overview overview = wiring.overview();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(document(overview)));
        } else {
            print(overview, out);
        }
        return overview.isWell() ? 0 : 1;
    }

    private static void print(Overview overview, PrintWriter out) {
        out.println(headline(overview));
        overview.trouble().ifPresent(trouble -> out.println(OneLine.of(trouble, 300)));
        for (Alert alert : overview.firing()) {
            alert.worst().ifPresent(cause -> {
                out.println();
                out.println(alert.severity().word() + ", for " + Elapsed.words(overview.age(alert.since())) + ": "
                        + OneLine.of(alert.service() + " " + alert.kind().replace('-', ' '), 120) + ": "
                        + OneLine.of(cause.reason(), 600));
                cause.remedy().lines().forEach(line -> out.println("    " + OneLine.of(line, 300)));
            });
        }
        if (!overview.services().isEmpty()) {
            out.println();
            TextTable table =
                    new TextTable("SERVICE", "DATABASE", "SESSIONS", "LAST PROVED BACKUP", "RESTORES IN", "NEWEST RUN");
            overview.services()
                    .forEach(service -> table.row(
                            OneLine.of(service.name(), 60),
                            figure(service, figure -> Size.words(figure.sizeBytes())),
                            figure(service, figure -> Long.toString(figure.connections())),
                            history(service, Tables.History::lastVerified)
                                    .map(at -> Elapsed.words(overview.age(at)) + " ago")
                                    .orElse("none"),
                            history(service, Tables.History::restores)
                                    .map(Elapsed::words)
                                    .orElse("-"),
                            service.backups().map(Tables.History::lastState).orElse("none")));
            table.print(out);
        }
    }

    private static String headline(Overview overview) {
        if (overview.isWell()) {
            return overview.firing().isEmpty() ? "All is well." : "All is well; for information:";
        }
        long bad = overview.firing().stream()
                .filter(alert -> alert.severity() != Severity.INFO)
                .count();
        return bad == 0
                ? "How things are cannot be told."
                : bad == 1 ? "1 alert is firing." : bad + " alerts are firing.";
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
        document.put("trouble", overview.trouble().orElse(""));
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
        return document;
    }

    private static @Nullable String text(Optional<Instant> at) {
        return at.map(Instant::toString).orElse(null);
    }
}
