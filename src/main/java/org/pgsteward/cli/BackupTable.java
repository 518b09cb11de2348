package org.pgsteward.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.pgsteward.alert.OneLine;
import org.pgsteward.backup.BackupReport;
import org.pgsteward.model.Size;

/** Results of backups or verifications, as a table for people. */
final class BackupTable {
    private BackupTable() {}

    static void print(List<BackupReport.Line> backups, Colours colours, PrintWriter out) {
        TextTable table =
                new TextTable(colours, "SERVICE", "KIND", "STATE", "SIZE>", "DUMPED IN>", "VERIFIED IN>", "BACKUP");
        for (BackupReport.Line backup : backups) {
            table.row(
                    OneLine.of(backup.service(), 60),
                    backup.kind(),
                    colours.state(backup.state()),
                    Size.words(backup.sizeBytes()),
                    seconds(backup.dumpSeconds()),
                    seconds(backup.verifySeconds()),
                    backup.backupId());
        }
        table.print(out);
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
