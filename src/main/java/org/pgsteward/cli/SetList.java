package org.pgsteward.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.store.BackupSet;
import org.pgsteward.backup.store.Inventory;

/** Output of {@code backups --sets}: the backups of each night, and the missing ones. */
final class SetList {
    private SetList() {}

    static void print(Wiring wiring, boolean json, PrintWriter out) throws IOException {
        List<BackupSet> all = wiring.backupSets.all();
        if (json) {
            out.println(wiring.backupSets.json(all));
            return;
        }
        if (all.isEmpty()) {
            boolean isEmpty = !Files.isDirectory(wiring.store.root())
                    || Inventory.of(wiring.store).backups().isEmpty();
            out.println(
                    isEmpty
                            ? BackupsCommand.nothing(wiring)
                            : "There is no backup set yet, only single backups;"
                                    + " the nightly run and 'pgsteward backup --all' make sets.");
        }
        Instant now = wiring.clock.instant();
        for (BackupSet set : all) {
            out.println(String.format(
                    Locale.ROOT,
                    "%s  %d made, %d missing  %s, %s old%s",
                    set.id(),
                    set.members().size(),
                    SetMissing.count(set.missing()),
                    set.asked(),
                    BackupsCommand.age(set.startedAt(), now),
                    set.closedAt() == null ? ", in progress" : ""));
            SetMissing.lines(set.missing()).forEach(line -> out.println("  " + line));
            BackupSet.Newest base = set.base();
            if (base != null) {
                out.println("  previous base backup: " + base.backupId() + ", " + base.state() + ", "
                        + BackupsCommand.age(base.startedAt(), now) + " old");
            }
        }
    }
}
