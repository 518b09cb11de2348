package org.pgsteward.cli;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.restore.Recovery;
import org.pgsteward.backup.restore.RestoreProgress;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.provision.Provisioner;

/** The restore of roles, databases and journal onto an empty server, from a store alone. */
final class FullRestore {
    private final Wiring wiring;
    private final PrintWriter out;
    private final PrintWriter err;

    FullRestore(Wiring wiring, PrintWriter out, PrintWriter err) {
        this.wiring = wiring;
        this.out = out;
        this.err = err;
    }

    /**
     * Restores everything and prints a line for each part.
     *
     * @param trustGlobals whether to create powerful roles from a backup without a valid signature
     * @return the exit code: 0 if nothing is missing, otherwise 1
     */
    int run(boolean trustGlobals) throws Exception {
        Inventory inventory = VerifyCommand.inventory(wiring);
        RestoreCommand.prepare(wiring);
        RestoreProgress progress = TerminalProgress.of(err, Duration.ZERO);
        List<String> missing = new ArrayList<>();
        Recovery.Report report;
        try (Provisioner provisioner = wiring.provisioner()) {
            report = wiring.recovery.rebuild(progress, consent(trustGlobals));
            TerminalProgress.end(progress);
            report.done().forEach(out::println);
            missing.addAll(report.missing());
            // A reconcile grants the privileges of the services.
            provisioner
                    .reconcile(List.of(), Optional.empty())
                    .troubles()
                    .forEach((subject, reason) -> missing.add(subject + ": " + reason));
        }
        record(inventory, report);
        expireLost();
        missing.forEach(line -> out.println("missing: " + line));
        return missing.isEmpty() ? 0 : 1;
    }

    /** The restored journal lacks the newest backups, and the verification of each backup by this restore. */
    private void record(Inventory inventory, Recovery.Report report) throws Exception {
        try (Pipeline pipeline = wiring.notificationPipeline().onlyWhenAsked()) {
            pipeline.start();
            for (StoredBackup backup : inventory.backups()) {
                Backup made = backup.asMade();
                wiring.reporter.record(made);
                Duration took =
                        report.verified().get(backup.manifest().identity().eventId());
                if (took != null) {
                    wiring.reporter.record(made.judged(BackupState.VERIFIED, wiring.clock.instant(), took, ""));
                }
            }
            wiring.reporter.record(Activity.ours("pgsteward", "restored all databases", wiring.clock.instant()));
        }
    }

    /** The restored journal also has backups that were lost with the former host. */
    private void expireLost() throws SQLException {
        List<UUID> lost = wiring.rows.paths().entrySet().stream()
                .filter(stored -> !Files.exists(wiring.store.root().resolve(stored.getValue())))
                .map(Map.Entry::getKey)
                .toList();
        wiring.rows.expire(lost);
    }

    private Recovery.Consent consent(boolean trustGlobals) {
        if (trustGlobals) {
            return (reason, powers) -> true;
        }
        return Terminal.readsInput() && Terminal.readsErrors()
                ? new TrustQuestion(err, new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())))
                : Recovery.Consent.NONE;
    }
}
