package org.pgsteward.cli;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.BackupReport;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Refusal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code backup}: backs up now, by the same routes as the schedule. */
@Command(
        name = "backup",
        description = {
            "Back up now: dump, store, and verify by restoring.",
            "Exit code 0 only if each backup is verified, 1 otherwise. An encrypted backup is verified before its"
                    + " encryption if no identity is configured."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward backup vikunja        one service",
            "  pgsteward backup --all          every database and the globals",
            "  pgsteward backup --kind base    the whole cluster in one file"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class BackupCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--all", description = "Every database of the cluster, and the globals (roles and privileges).")
    private boolean all;

    @Option(
            names = "--kind",
            description = "dump (the default), globals or base: the whole cluster in one file.",
            defaultValue = "dump")
    private String kind;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Parameters(arity = "0..*", paramLabel = "SERVICE", description = "Services, or databases of no service.")
    private List<String> services = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        if (!isOfTheCluster() && all == !services.isEmpty()) {
            throw new Refusal("backup needs either --all or names of services");
        }
        Wiring wiring = new Wiring(Settings.from(System.getenv()));
        List<Backup> done;
        wiring.house.order();
        List<BackupTarget> targets = chosen(wiring);
        try (Pipeline pipeline = wiring.backupPipeline().onlyWhenAsked()) {
            pipeline.start();
            Instant now = wiring.clock.instant();
            done = Waiting.during(
                    spec.commandLine().getErr(),
                    new BackupProgress(wiring.store.root(), targets.size(), now),
                    () -> wiring.asked.backUp(SetKeeper.COMMAND, targets));
        }
        BackupReport report = BackupReport.of(done);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(wiring.json.writeValueAsString(report));
        } else {
            BackupTable.print(report.backups(), true, Colours.ofStandardOutput(), out);
        }
        return report.exitCode();
    }

    private List<BackupTarget> chosen(Wiring wiring) throws SQLException {
        if (isOfTheCluster()) {
            return wiring.asked.all(BackupKind.valueOf(kind.toUpperCase(Locale.ROOT)));
        } else if (!kind.equals(BackupKind.DUMP.word())) {
            throw new Refusal("--kind must be dump, globals or base, not '" + kind + "'");
        }
        if (all) {
            return wiring.asked.all(BackupKind.DUMP, BackupKind.GLOBALS);
        }
        return wiring.asked.named(services);
    }

    private boolean isOfTheCluster() {
        return kind.equals(BackupKind.GLOBALS.word()) || kind.equals(BackupKind.BASE.word());
    }
}
