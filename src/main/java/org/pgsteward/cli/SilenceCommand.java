package org.pgsteward.cli;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.OneLine;
import org.pgsteward.alert.Silence;
import org.pgsteward.alert.Silences;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Activity;
import org.pgsteward.model.AlertKinds;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Suggestions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code silence}: mutes alerts for a while. */
@Command(
        name = "silence",
        description = {
            "Mute alerts for a while. Alerts that still fire when the silence ends are sent then.",
            "Without SERVICE, --all or --end, list the active silences."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward silence vikunja --for 2h --reason 'moving house'",
            "  pgsteward silence --all --for 30m",
            "  pgsteward silence                  active silences, with their end",
            "  pgsteward silence --end 3f2a91     end a silence early"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class SilenceCommand implements Callable<Integer> {
    private static final Duration LONGEST = Duration.ofDays(30);
    private static final String USUAL = "1h";

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "SERVICE", description = "Service, as its alerts name it.")
    private @Nullable String service;

    @Option(names = "--all", description = "Alerts of all services.")
    private boolean all;

    @Option(
            names = "--kind",
            paramLabel = "KIND",
            description = "Only alerts of this kind, such as service-down; src/docs/reference.md has all kinds.")
    private @Nullable String kind;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            description = "Duration, such as 30m, 2h or 1d; at most 30d. Default: 1h.")
    private @Nullable String time;

    @Option(names = "--reason", paramLabel = "WORDS", description = "Reason, shown in the list.")
    private String reason = "";

    @Option(names = "--end", paramLabel = "ID", description = "End the silence with this id early.")
    private @Nullable String end;

    @Option(names = "--force", description = "Also if the service or the kind is unknown.")
    private boolean force;

    @Option(names = "--json", description = "Print one JSON document: the silences that are active afterwards.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        if ((service == null ? 0 : 1) + (all ? 1 : 0) + (end == null ? 0 : 1) > 1) {
            throw new Refusal("silence needs exactly one of SERVICE, --all and --end ID");
        }
        String lasting = time == null ? USUAL : time;
        Duration span = span(lasting);
        if (end == null && service == null && !all && (kind != null || time != null || !reason.isEmpty())) {
            throw new Refusal("silence with --kind, --for or --reason needs SERVICE or --all");
        }
        Settings settings = Settings.from(System.getenv());
        if (service != null || kind != null) {
            // Refused before the state folder is created.
            refuseUnknown(Wiring.to(AccessMode.READ_ONLY, settings));
        }
        Wiring wiring = new Wiring(settings);
        Silences silences = wiring.silences;
        if (end != null) {
            if (!silences.end(end)) {
                throw new Refusal("there is no silence '" + end + "'; 'pgsteward silence' lists the active ones");
            }
            writeDown(wiring, "pgsteward", "silence " + end + " ended");
            if (!json) {
                spec.commandLine().getOut().println("Silence " + end + " has ended.");
            }
        } else if (service != null || all) {
            String whose = service == null ? "" : service;
            String which = kind == null ? "" : AlertKinds.current(kind);
            Silence silence = silences.begin(whose, which, span, OneLine.of(reason, 200));
            writeDown(wiring, service == null ? "pgsteward" : service, "silence " + silence.id() + " for " + lasting);
        }
        print(wiring, silences.active());
        return 0;
    }

    /** Refuses an unknown name: such a silence would not mute the alerts that the operator means. */
    private void refuseUnknown(Wiring wiring) {
        List<Alert> firing = wiring.alerts.firing();
        if (kind != null) {
            Set<String> kinds = new TreeSet<>(AlertKinds.ALL);
            firing.forEach(alert -> kinds.add(alert.kind()));
            require("kind of alert", AlertKinds.current(kind), kinds);
        }
        if (service != null) {
            Set<String> services = new TreeSet<>(List.of("postgresql", "pgsteward"));
            firing.forEach(alert -> services.add(alert.service()));
            try {
                wiring.tables.services().enrolments().forEach(enrolment -> services.add(enrolment.service()));
                wiring.targets
                        .all(BackupKind.DUMP)
                        .forEach(found -> services.add(found.target().service()));
            } catch (SQLException unavailable) {
                // The names cannot be compared now, and each is accepted.
                return;
            }
            require("service", service, services);
        }
    }

    private void require(String what, String name, Set<String> known) {
        if (!force && !known.contains(name)) {
            String hint = Suggestions.hint(name, known);
            throw new Refusal("there is no " + what + " '" + OneLine.of(name, 60) + "'; "
                    + (hint.isEmpty() ? "known: " + OneLine.of(String.join(", ", known), 1200) : hint)
                    + " (to silence it, add --force)");
        }
    }

    private static Duration span(String time) {
        Duration span = Elapsed.parse("--for", time);
        if (span.isZero() || span.compareTo(LONGEST) > 0) {
            throw new Refusal("--for is '" + time + "': it must be above 0s and at most 30d");
        }
        return span;
    }

    /** Writes a journal row. While PostgreSQL is unavailable, the row waits in the spool. */
    private static void writeDown(Wiring wiring, String service, String action) {
        try (Pipeline pipeline = wiring.notificationPipeline().onlyWhenAsked()) {
            pipeline.start();
            wiring.reporter.record(Activity.ours(service, action, wiring.clock.instant()));
        }
    }

    private void print(Wiring wiring, List<Silence> silences) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(Map.of("silences", silences)));
            return;
        }
        if (silences.isEmpty()) {
            out.println("No silence is active.");
            return;
        }
        DateTimeFormatter clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm z", Locale.ENGLISH)
                .withZone(wiring.zone);
        TextTable table = new TextTable(Colours.ofStandardOutput(), "ID", "SERVICE", "KIND", "UNTIL", "REASON");
        for (Silence silence : silences) {
            Instant until = silence.until();
            table.row(
                    silence.id(),
                    silence.service().isEmpty() ? "(all)" : OneLine.of(silence.service(), 60),
                    silence.kind().isEmpty() ? "(all)" : OneLine.of(silence.kind(), 40),
                    clock.format(until),
                    silence.reason());
        }
        table.print(out);
    }
}
