package org.pgsteward.cli;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.BackupReport;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Backup;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Suggestions;
import org.pgsteward.postgres.NoConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code verify}: verifies stored backups again, from the store alone; PostgreSQL may be unavailable. */
@Command(
        name = "verify",
        description = {
            "Restore stored backups into a scratch cluster and compare them with their manifests.",
            "Works also while PostgreSQL is unavailable. Exit code 0 if each backup is verified, 1 otherwise."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward verify --all        the newest backup of each service",
            "  pgsteward verify vikunja      the newest backup of one service",
            "  pgsteward verify --backup vikunja-20260131T030000Z"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class VerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--all", description = "The newest backup of each service, and the globals.")
    private boolean all;

    @Option(names = "--backup", paramLabel = "ID", description = "The backup with this id or path in the store.")
    private @Nullable String backup;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Parameters(arity = "0..*", paramLabel = "SERVICE", description = "The newest backup of each of these services.")
    private List<String> services = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        if ((all ? 1 : 0) + (backup == null ? 0 : 1) + (services.isEmpty() ? 0 : 1) != 1) {
            throw new Refusal("verify needs exactly one of --all, names of services, and --backup ID");
        }
        Wiring wiring = Wiring.to(AccessMode.VERIFY, Settings.from(System.getenv()));
        Inventory inventory = inventory(wiring);
        List<StoredBackup> chosen = chosen(inventory, wiring);
        // The thread that shows the progress reads its size.
        List<Backup> done = new CopyOnWriteArrayList<>();
        order(wiring);
        try (Pipeline pipeline = wiring.backupPipeline().onlyWhenAsked()) {
            pipeline.start();
            Waiting.during(spec.commandLine().getErr(), () -> progress(chosen, done.size()), () -> {
                wiring.asked.verifyAll(chosen, done::add);
                return done;
            });
        }
        BackupReport report = BackupReport.of(done);
        if (json) {
            spec.commandLine().getOut().println(wiring.json.writeValueAsString(report));
        } else {
            BackupTable.print(
                    report.backups(),
                    false,
                    Colours.ofStandardOutput(),
                    spec.commandLine().getOut());
        }
        if (all) {
            inventory.unreadable().forEach((path, reason) -> err(path + " cannot be read: " + reason));
        }
        return all && !inventory.unreadable().isEmpty() ? 1 : report.exitCode();
    }

    private static String progress(List<StoredBackup> chosen, int done) {
        int now = Math.min(done, chosen.size() - 1);
        return "verifying " + chosen.get(now).manifest().source().service() + " (" + (now + 1) + " of " + chosen.size()
                + ")";
    }

    static Inventory inventory(Wiring wiring) throws IOException {
        try {
            return Inventory.of(wiring.store);
        } catch (NoSuchFileException e) {
            throw new Refusal(
                    "there is no store at " + wiring.store.root() + ": set PGSTEWARD_BACKUP_DIR, or --from of a"
                            + " restore, to the folder that has RECOVERY.md in it; 'pgsteward backup --all' makes a new store");
        }
    }

    private List<StoredBackup> chosen(Inventory inventory, Wiring wiring) {
        if (backup != null) {
            return List.of(inventory
                    .named(backup)
                    .orElseThrow(() -> new Refusal("there is no backup '" + backup + "' in " + wiring.store.root()
                            + ": 'pgsteward backups' lists all backups")));
        }
        if (all) {
            if (inventory.backups().isEmpty() && inventory.unreadable().isEmpty()) {
                throw new Refusal(
                        "there are no backups in " + wiring.store.root() + ": make one with 'pgsteward backup --all'");
            }
            return inventory.newestOfEach();
        }
        return services.stream()
                .map(service -> inventory.of(service).stream()
                        .findFirst()
                        .orElseThrow(() -> noBackup(service, inventory, wiring)))
                .toList();
    }

    static Refusal noBackup(String name, Inventory inventory, Wiring wiring) {
        String hint = Suggestions.hint(
                name,
                inventory.backups().stream()
                        .map(backup -> backup.manifest().source().service())
                        .toList());
        return new Refusal("there is no backup of '" + OneLine.of(name, 60) + "' in " + wiring.store.root() + "; "
                + (hint.isEmpty() ? "'pgsteward backups' lists all backups" : hint));
    }

    /** Runs the start-up recovery. While PostgreSQL is unavailable, journal rows of this command wait in the spool. */
    private void order(Wiring wiring) {
        try {
            wiring.house.order();
        } catch (SQLException e) {
            err(NoConnection.words(e) + "; the result is recorded when PostgreSQL is available again");
        }
    }

    private void err(String line) {
        spec.commandLine().getErr().println("pgsteward: " + line);
        spec.commandLine().getErr().flush();
    }
}
