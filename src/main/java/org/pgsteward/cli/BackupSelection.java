package org.pgsteward.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.restore.RestoreChoice;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.model.Refusal;

/** The selection of the backup that a restore of one service takes. It reports the newer backups that it passes over. */
final class BackupSelection {
    /** Backups that are passed over and named. */
    private static final int MOST_LINES = 10;

    private final Inventory inventory;
    private final Wiring wiring;
    private final PrintWriter err;
    private final Optional<String> target;

    /** @param target the name of the target that has the backups; empty for the store */
    BackupSelection(Inventory inventory, Wiring wiring, PrintWriter err, Optional<String> target) {
        this.inventory = inventory;
        this.wiring = wiring;
        this.err = err;
        this.target = target;
    }

    /**
     * Returns the backup with this id or path in the store.
     *
     * @param service that it must belong to
     */
    StoredBackup named(String backup, Optional<String> service) {
        StoredBackup named = inventory
                .named(backup)
                .orElseThrow(() -> new Refusal("there is no backup '" + backup + "' with a manifest" + inStore()
                        + "; '" + list() + "' lists all backups. Restore a file without a manifest with the"
                        + " commands in RECOVERY.md"));
        if (service.isPresent() && !inventory.of(service.get()).contains(named)) {
            throw new Refusal("backup '" + backup + "' belongs to service "
                    + named.manifest().source().service() + ", not to " + service.get());
        }
        return named;
    }

    /** Returns the newest backup of a service that started at this time or before it. */
    StoredBackup notAfter(String service, Instant time) {
        return trusted(wiring.restore.choose(inventory, service, Optional.of(time)))
                .orElseThrow(() -> new Refusal(inventory.of(service).stream()
                        .reduce((newer, older) -> older)
                        .map(first -> "there is no backup of '" + service + "' from " + time
                                + " or earlier; the oldest is from "
                                + first.manifest().run().startedAt().truncatedTo(ChronoUnit.SECONDS))
                        .orElse("there is no backup of '" + service + "'" + inStore())));
    }

    /** Returns the newest backup of a service. */
    StoredBackup newest(String service) {
        return trusted(wiring.restore.choose(inventory, service, Optional.empty()))
                .orElseThrow(() -> target.isPresent()
                        ? new Refusal("there is no backup of '" + OneLine.of(service, 60) + "'" + inStore() + "; '"
                                + list() + "' lists all backups")
                        : VerifyCommand.noBackup(service, inventory, wiring));
    }

    private String inStore() {
        return target.map(name -> " at " + name).orElseGet(() -> " in " + wiring.store.root());
    }

    private String list() {
        return "pgsteward backups" + target.map(name -> " --at " + name).orElse("");
    }

    /** Names the backups that are passed over: the operator would otherwise expect the newest one. */
    private Optional<StoredBackup> trusted(RestoreChoice choice) {
        choice.backup().ifPresent(backup -> {
            String taken = "; restoring " + backup.manifest().identity().backupId() + " of "
                    + backup.manifest().run().startedAt().truncatedTo(ChronoUnit.SECONDS);
            choice.passedOver().entrySet().stream()
                    .limit(MOST_LINES)
                    .forEach(entry -> err.println("pgsteward: skipped " + OneLine.of(entry.getKey(), 300) + ": "
                            + OneLine.of(entry.getValue(), 500) + taken));
            if (choice.passedOver().size() > MOST_LINES) {
                err.println("pgsteward: skipped " + (choice.passedOver().size() - MOST_LINES) + " more; '" + list()
                        + "' lists them" + taken);
            }
            err.flush();
        });
        return choice.backup();
    }
}
