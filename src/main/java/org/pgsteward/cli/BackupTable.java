package org.pgsteward.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.pgsteward.alert.OneLine;
import org.pgsteward.backup.BackupReport;
import org.pgsteward.model.Size;

/** Results of backups or verifications, as a table for people. */
final class BackupTable {
    private static final String UNCHANGED = "unchanged";

    private BackupTable() {}

    /** @param made whether the backups were made just now; a verification dumps nothing */
    static void print(List<BackupReport.Line> backups, boolean made, Colours colours, PrintWriter out) {
        TextTable table = made
                ? new TextTable(colours, "SERVICE", "KIND", "STATE", "SIZE>", "DUMPED IN>", "VERIFIED IN>", "BACKUP")
                : new TextTable(colours, "SERVICE", "KIND", "STATE", "SIZE>", "VERIFIED IN>", "BACKUP");
        for (BackupReport.Line backup : backups) {
            List<Object> cells = new ArrayList<>(List.of(
                    OneLine.of(backup.service(), 60),
                    backup.kind(),
                    colours.state(backup.state()),
                    Size.words(backup.sizeBytes())));
            if (made) {
                cells.add(seconds(backup.dumpSeconds()));
            }
            cells.add(backup.unchanged() ? UNCHANGED : seconds(backup.verifySeconds()));
            cells.add(backup.backupId());
            table.row(cells.toArray());
        }
        table.print(out);
        if (backups.stream().anyMatch(BackupReport.Line::unchanged)) {
            out.println(UNCHANGED + ": the content is that of the last verified backup; both share one file and its"
                    + " verification");
        }
        for (BackupReport.Line backup : backups) {
            String name = OneLine.of(backup.service(), 60);
            if (backup.error() != null) {
                out.println(colours.critical(name + ": " + OneLine.of(backup.error(), 1000)));
            }
            backup.caveats().forEach(caveat -> out.println(colours.warning(name + ": " + OneLine.of(caveat, 1000))));
            if (backup.isVerifiedInStream()) {
                out.println(name + ": verified before its encryption only, because no identity is configured to decrypt"
                        + " the stored file");
            }
        }
    }

    private static String seconds(double seconds) {
        return seconds == 0 ? "-" : String.format(Locale.ROOT, "%.1f s", seconds);
    }
}
