package org.pgsteward.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.AccessMode;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.retention.Pinning;
import org.pgsteward.config.Settings;
import org.pgsteward.postgres.NoConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code unpin}: lets retention decide about a backup again. */
@Command(
        name = "unpin",
        description = {
            "Remove the pin of a backup, so that the retention policy decides about it again.",
            "This includes the pin that pgsteward set before the image of a service changed."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward unpin vikunja-20260131T030000Z",
            "  pgsteward backups --plan vikunja        what retention removes then"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class UnpinCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "BACKUP", description = "Id, file or path of a backup, as 'pgsteward backups' prints it.")
    private String backup;

    @Option(names = "--json", description = "Print one JSON document.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Wiring wiring = Wiring.to(AccessMode.VERIFY, Settings.from(System.getenv()));
        Pinning.Unpinned done = wiring.pinning().unpin(backup, VerifyCommand.inventory(wiring));
        boolean doubtful = done.unread().isPresent();
        if (json) {
            Map<String, Object> document = PinCommand.document(done.backup(), false);
            document.put("changed", done.any());
            spec.commandLine().getOut().println(wiring.json.writeValueAsString(document));
        } else {
            String path = OneLine.of(done.backup().path(), 300);
            spec.commandLine()
                    .getOut()
                    .println(
                            done.any()
                                    ? "Unpinned " + path + ". Its retention policy decides about it again."
                                    : doubtful ? "No operator has pinned " + path + "." : path + " was not pinned.");
        }
        done.unread()
                .ifPresent(trouble -> spec.commandLine()
                        .getErr()
                        .println("pgsteward: cannot remove the pin of an image change, if there is one: "
                                + NoConnection.words(trouble) + "; type the command again later"));
        return doubtful ? 1 : 0;
    }
}
