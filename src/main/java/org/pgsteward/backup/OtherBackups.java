package org.pgsteward.backup;

import java.sql.SQLException;
import org.pgsteward.journal.JournalTrouble;
import org.pgsteward.journal.VerifiedFiles;
import org.pgsteward.model.Backup;

/** The verified backups beside a damaged one. The operator's next decision depends on them. */
final class OtherBackups {
    private OtherBackups() {}

    /** Returns a sentence about the newest other verified backup of the same service and kind, which has another file. */
    static String sentence(VerifiedFiles files, Backup damaged) {
        try {
            return files.newestOther(
                            damaged.service(),
                            damaged.kind().word(),
                            damaged.file().sha256())
                    .map(path -> "the newest other verified backup is " + path)
                    .orElse("there is no other verified backup of it");
        } catch (SQLException e) {
            return "the other backups are not known: " + JournalTrouble.of(e);
        }
    }
}
