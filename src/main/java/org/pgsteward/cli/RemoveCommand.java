package org.pgsteward.cli;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.journal.HistoryRows;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Refusal;
import org.pgsteward.provision.Quarantine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Command {@code remove}: removes a service's database, in two steps. No other part of pgsteward ever does. */
@Command(
        name = "remove",
        description = {
            "Put a service's database into quarantine: nobody can log in, and everything is still there.",
            "With --drop, delete what is in quarantine for good; its backups stay."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward remove wiki           nobody logs in any more; all is still there",
            "  pgsteward remove --undo wiki    take it back",
            "  pgsteward remove --drop wiki    delete it for good"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class RemoveCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--undo", description = "Take it out of quarantine again.")
    private boolean undo;

    @Option(names = "--drop", description = "Delete for good what is in quarantine.")
    private boolean drop;

    @Option(names = "--without-backup", description = "With --drop: although there is no proved backup.")
    private boolean withoutBackup;

    @Parameters(paramLabel = "SERVICE", description = "Whose database.")
    private String service;

    @Override
    public Integer call() throws Exception {
        if (undo && drop) {
            throw new Refusal("remove takes --undo or --drop, one of the two");
        }
        Wiring wiring = new Wiring(Settings.from(System.getenv()));
        wiring.house.order();
        Quarantine quarantine = new Quarantine(wiring.server, wiring.clock);
        Quarantine.QuarantinedService subject = quarantine.find(service);
        Optional<HistoryRows.VerifiedDump> verified =
                wiring.tables.history().lastVerified(service, wiring.clock.instant());
        if (undo) {
            quarantine.undo(subject);
            say(
                    wiring,
                    "taken out of quarantine",
                    "database " + subject.before().orElse("") + " is back");
        } else if (drop) {
            drop(wiring, quarantine, subject, verified);
        } else {
            Quarantine.QuarantinedService now = quarantine.begin(subject);
            say(
                    wiring,
                    "put into quarantine",
                    wiring.typing.of("its database is now " + now.database() + ", and nobody can log in as "
                            + now.role() + "; " + verified(verified) + "; take it back with 'pgsteward remove --undo "
                            + service + "', or delete it for good with 'pgsteward remove --drop " + service + "'"));
        }
        return 0;
    }

    private void drop(
            Wiring wiring,
            Quarantine quarantine,
            Quarantine.QuarantinedService subject,
            Optional<HistoryRows.VerifiedDump> verified)
            throws Exception {
        if (verified.isEmpty() && !withoutBackup && subject.isQuarantined()) {
            throw new Refusal("service '" + service + "' has no proved backup: run 'pgsteward backup " + service
                    + "' first, or say --without-backup");
        }
        quarantine.drop(subject);
        say(
                wiring,
                "deleted",
                "database " + subject.database() + " and role " + subject.role() + " are gone; " + verified(verified));
    }

    private static String verified(Optional<HistoryRows.VerifiedDump> verified) {
        return verified.map(backup -> "last proved backup: " + backup.path() + " of " + backup.verifiedAt())
                .orElse("there is no proved backup of it");
    }

    private void say(Wiring wiring, String action, String text) {
        try (Pipeline pipeline = wiring.notificationPipeline().onlyWhenAsked()) {
            pipeline.start();
            wiring.reporter.record(Activity.ours(service, action, wiring.clock.instant()));
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(service + ": " + action + ": " + text);
    }
}
