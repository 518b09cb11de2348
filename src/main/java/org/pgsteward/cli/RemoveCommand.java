package org.pgsteward.cli;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
            "Put a service into quarantine: disable the login of its role, rename its database, and keep all data.",
            "With --drop, delete a quarantined service for good. Its backups stay."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward remove wiki           put it into quarantine, with all data",
            "  pgsteward remove --undo wiki    take it out of quarantine",
            "  pgsteward remove --drop wiki    delete it for good"
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class RemoveCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--undo", description = "Take the service out of quarantine.")
    private boolean undo;

    @Option(names = "--drop", description = "Delete the database and the role of a quarantined service for good.")
    private boolean drop;

    @Option(names = "--without-backup", description = "With --drop: also without a verified backup.")
    private boolean withoutBackup;

    @Parameters(paramLabel = "SERVICE", description = "Name of the service.")
    private String service;

    @Override
    public Integer call() throws Exception {
        if (undo && drop) {
            throw new Refusal("remove takes --undo or --drop, not both");
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
                    "its database is " + subject.before().orElse("") + " again");
        } else if (drop) {
            drop(wiring, quarantine, subject, verified);
        } else {
            Quarantine.QuarantinedService now = quarantine.begin(subject);
            say(
                    wiring,
                    "put into quarantine",
                    wiring.typing.of("its database is now " + now.database() + ", and role " + now.role()
                            + " cannot log in, so stop its container. " + lastBackup(verified)
                            + ". To take it out: 'pgsteward remove --undo "
                            + service + "'. To delete it for good: 'pgsteward remove --drop " + service + "'"));
        }
        return 0;
    }

    private void drop(
            Wiring wiring,
            Quarantine quarantine,
            Quarantine.QuarantinedService subject,
            Optional<HistoryRows.VerifiedDump> verified)
            throws Exception {
        for (Quarantine.QuarantinedService one : withCompanions(quarantine, subject)) {
            if (!withoutBackup
                    && one.isQuarantined()
                    && wiring.tables
                            .history()
                            .lastVerified(one.service(), wiring.clock.instant())
                            .isEmpty()) {
                throw new Refusal("cannot delete service '" + one.service()
                        + "': it has no verified backup; run 'pgsteward backup " + one.service()
                        + "' first, or add --without-backup");
            }
        }
        quarantine.drop(subject);
        say(
                wiring,
                "deleted",
                "database " + subject.database() + " and role " + subject.role() + " no longer exist. "
                        + lastBackup(verified)
                        + ". A container that still requests them gets new, empty ones: remove it, or"
                        + " label it pgsteward.enable=false");
    }

    /** Returns the service, and those of the further databases of its container, which are removed with it. */
    private static List<Quarantine.QuarantinedService> withCompanions(
            Quarantine quarantine, Quarantine.QuarantinedService subject) throws SQLException {
        return Stream.concat(Stream.of(subject), quarantine.companions(subject).stream())
                .toList();
    }

    private static String lastBackup(Optional<HistoryRows.VerifiedDump> verified) {
        return verified.map(backup -> "Last verified backup: " + backup.path() + ", verified at "
                        + backup.verifiedAt().truncatedTo(ChronoUnit.SECONDS))
                .orElse("It has no verified backup");
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
