package org.pgsteward.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.OneLine;
import org.pgsteward.alert.Silence;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.config.Settings;
import org.pgsteward.journal.CopyStatus;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.Severity;
import org.pgsteward.overview.CopyTexts;
import org.pgsteward.overview.OverallHealth;
import org.pgsteward.overview.Overview;
import org.pgsteward.overview.OverviewReader;
import org.pgsteward.overview.RowTexts;
import org.pgsteward.overview.ServiceColumn;
import org.pgsteward.overview.ServiceGroups;
import org.pgsteward.overview.Standby;
import org.pgsteward.postgres.DaemonLock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Command {@code status}: overall health, suggested fixes, and the restore point of each service. */
@Command(
        name = "status",
        description = {
            "Show whether all is well, the commands to paste if not, and the restore point of each service.",
            "While PostgreSQL is unavailable, the last known state is shown with its age.",
            "Exit code 0 only if every database has a verified backup in time, every service runs or was stopped on",
            "purpose, no warning fires, no service is in quarantine, and alerts can be sent; otherwise 1."
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
    /** Text of an empty cell. */
    private static final String NOTHING = "-";

    /** Limit of the text of a cell. */
    private static final int MOST_CHARACTERS = 120;

    private static final int MOST_STANDBYS = 5;

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Wiring wiring = Wiring.to(AccessMode.READ_ONLY, Settings.from(System.getenv()));
        OverviewReader reader = wiring.overviewReader();
        Overview overview = reader.look();
        List<DaemonLock.Session> daemons = reader.daemons();
        OverallHealth health = overview.health();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(StatusDocument.of(overview, health, daemons)));
        } else {
            print(overview, health, daemons, Colours.ofStandardOutput(), out);
        }
        return health.isWell() ? 0 : 1;
    }

    private static void print(
            Overview overview,
            OverallHealth health,
            List<DaemonLock.Session> daemons,
            Colours colours,
            PrintWriter out) {
        out.println(headline(overview, health, colours));
        if (overview.trouble().isEmpty() || overview.known().isPresent()) {
            out.println(overview.standing());
        }
        if (overview.trouble().isPresent()) {
            overview.known()
                    .ifPresent(at -> out.println("PostgreSQL is unavailable: databases and backups are shown as of "
                            + Elapsed.roughly(overview.age(at)) + " ago."));
        }
        daemons.stream()
                .filter(daemon -> !daemon.active())
                .limit(MOST_STANDBYS)
                .forEach(daemon -> out.println(
                        "Another pgsteward stands by " + Standby.of(daemon) + ". If this is not intended, stop it."));
        for (Silence silence : overview.silences()) {
            out.println("Alerts muted: " + silence.subject() + ", for another "
                    + Elapsed.roughly(Duration.between(overview.at(), silence.until()))
                    + (silence.reason().isBlank() ? "" : ": " + OneLine.of(silence.reason(), 200)) + ".");
        }
        for (CopyStatus copies : overview.host().copies()) {
            String line = CopyTexts.name(copies) + ": " + CopyTexts.words(copies, overview) + ".";
            out.println(CopyTexts.isTrouble(copies, overview) ? colours.critical(line) : line);
        }
        CopyTexts.exposed(overview).forEach(out::println);
        overview.receiverWords().ifPresent(out::println);
        health.besideAlerts(true).forEach(reason -> print(reason, colours, out));
        for (Alert alert : overview.firing()) {
            alert.worst().ifPresent(cause -> {
                out.println();
                out.println(colours.of(alert.severity(), alert.severity().word()) + ", for "
                        + Elapsed.words(overview.age(alert.since())) + ": "
                        + colours.bold(
                                OneLine.of(alert.service() + " " + alert.kind().replace('-', ' '), 120))
                        + ": " + OneLine.of(cause.reason(), 600));
                cause.remedy().lines().forEach(line -> out.println("    " + OneLine.indented(line, 300)));
            });
        }
        health.besideAlerts(false).stream()
                .filter(reason -> !reason.isAboutMissingBackup())
                .forEach(reason -> print(reason, colours, out));
        overview.keptWords().ifPresent(words -> {
            out.println();
            out.println(words);
        });
        if (overview.services().isEmpty()) {
            return;
        }
        out.println();
        table(overview, colours).print(out, Terminal.columns());
    }

    private static void print(OverallHealth.Reason reason, Colours colours, PrintWriter out) {
        out.println();
        out.println(colours.of(reason.severity(), reason.severity().word()) + ": "
                + colours.bold(OneLine.of(reason.service(), 120)) + ": " + OneLine.of(reason.text(), 600));
        reason.remedy().lines().forEach(line -> out.println("    " + OneLine.indented(line, 300)));
    }

    /** Returns the table of services, with the columns and the order of the status page. */
    static TextTable table(Overview overview, Colours colours) {
        TextTable table = new TextTable(
                colours,
                Arrays.stream(ServiceColumn.values())
                        .map(column ->
                                column.heading().toUpperCase(Locale.ROOT) + (column.isNumber() ? TextTable.RIGHT : ""))
                        .toArray(String[]::new));
        ServiceGroups.of(overview)
                .forEach(group -> group.forEach(service -> table.row(Arrays.stream(ServiceColumn.values())
                        .map(column -> cell(column, service, overview, colours))
                        .toArray())));
        return table;
    }

    private static Text cell(ServiceColumn column, Overview.Service service, Overview overview, Colours colours) {
        String words = column.text(service, overview)
                .map(text -> OneLine.of(text, MOST_CHARACTERS))
                .orElse(NOTHING);
        return switch (column) {
            case STATE ->
                RowTexts.state(service, overview)
                        .severity()
                        .map(severity -> colours.of(severity, words))
                        .orElse(colours.plain(words));
            case RESTORE_POINT ->
                words.equals(ServiceColumn.NO_VERIFIED_BACKUP) ? colours.critical(words) : colours.plain(words);
            case NEWEST_RUN -> colours.state(words);
            default -> colours.plain(words);
        };
    }

    private static Text headline(Overview overview, OverallHealth health, Colours colours) {
        if (health.isWell()) {
            return colours.bold(
                    colours.fine(overview.firing().isEmpty() ? health.headline() : "All is well; for information:"));
        }
        return colours.bold(colours.of(health.severity().orElse(Severity.WARNING), OneLine.of(health.headline(), 600)));
    }
}
