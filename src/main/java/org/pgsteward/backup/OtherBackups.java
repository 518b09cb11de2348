package org.pgsteward.backup;

import java.sql.SQLException;
import java.util.Optional;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.journal.JournalTrouble;
import org.pgsteward.model.Backup;

/** The verified backups beside a damaged one. The operator's next decision depends on them. */
final class OtherBackups {
    private OtherBackups() {}

    /** Returns a sentence about the newest other verified backup of the same service and kind. */
    static String sentence(BackupRows rows, Backup damaged) {
        try {
            Optional<String> newest = rows.newestVerified().stream()
                    .filter(stored -> stored.service().equals(damaged.service())
                            && stored.kind().equals(damaged.kind().word()))
                    .map(BackupRows.Stored::path)
                    .filter(path -> !damaged.path().equals(Optional.of(path)))
                    .findFirst();
            // If the damaged backup is the newest one in the journal, an older one may be good.
            return newest.isPresent()
                    ? of(newest.get())
                    : rows.verifiedBefore(damaged)
                            .map(before -> of(before.backupId()))
                            .orElse("there is no other verified backup of it");
        } catch (SQLException e) {
            return "the other backups are not known: " + JournalTrouble.of(e);
        }
    }

    private static String of(String backup) {
        return "the newest other verified backup is " + backup;
    }
}
