package org.pgsteward.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.config.Settings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code pin}: keeps a backup against the retention policy. */
@Command(
        name = "pin",
        description = {
            "Keep a backup until 'pgsteward unpin', against the retention policy.",
            "The pin is a file beside the backup, so it needs no PostgreSQL and moves with a copy of the store."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward pin vikunja-20260131T030000Z --reason 'end of the year'",
            "  pgsteward backups                   marks pinned backups"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class PinCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "BACKUP", description = "Id, file or path of a backup, as 'pgsteward backups' prints it.")
    private String backup;

    @Option(names = "--reason", paramLabel = "WORDS", description = "Reason, at most 200 characters.")
    private String reason = "";

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Wiring wiring = Wiring.to(AccessMode.VERIFY, Settings.from(System.getenv()));
        StoredBackup pinned = wiring.pinning().pin(backup, reason, VerifyCommand.inventory(wiring));
        if (json) {
            spec.commandLine().getOut().println(wiring.json.writeValueAsString(document(pinned, true)));
        } else {
            spec.commandLine()
                    .getOut()
                    .println("Pinned " + OneLine.of(pinned.path(), 300) + ". Retention keeps it until '"
                            + wiring.typing.of("pgsteward unpin " + pinned.backupId()) + "'.");
        }
        return 0;
    }

    static Map<String, Object> document(StoredBackup backup, boolean pinned) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("backup_id", backup.backupId());
        document.put("service", backup.manifest().source().service());
        document.put("path", backup.path());
        document.put("pinned", pinned);
        return document;
    }
}
