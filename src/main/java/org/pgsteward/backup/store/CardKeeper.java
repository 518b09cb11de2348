package org.pgsteward.backup.store;

import java.io.IOException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.JournalEntry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the card in the store true: it is written anew when there is a backup more, when one has been judged, and when one
 * is gone. A backup is as good without it.
 */
public final class CardKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(CardKeeper.class);

    private final RecoveryCard card;
    private final BackupRows rows;
    private final BackupSets sets;

    public CardKeeper(RecoveryCard card, BackupRows rows, BackupSets sets) {
        this.card = card;
        this.rows = rows;
        this.sets = sets;
    }

    /** What has become of a backup, once that is written down. */
    public void note(JournalEntry entry) {
        if (entry instanceof Backup backup && backup.path().isPresent() && isJudged(backup.state())) {
            write();
        }
    }

    private static boolean isJudged(BackupState state) {
        return switch (state) {
            case VERIFIED, UNVERIFIABLE, FAILED -> true;
            case RUNNING, MADE, EXPIRED -> false;
        };
    }

    /** Writes the card anew. If it cannot be written, the log says so. */
    public void write() {
        try {
            card.write(proved());
        } catch (IOException | RuntimeException e) {
            LOG.warn("RECOVERY.md in the store could not be written anew: {}", e.getMessage());
        }
    }

    /** As the journal says; while PostgreSQL is away, as the sets in the store do. */
    private Map<String, String> proved() throws IOException {
        try {
            return rows.proved();
        } catch (SQLException away) {
            Map<String, String> proved = new HashMap<>();
            for (BackupSet set : sets.all()) {
                set.members().stream()
                        .filter(member -> member.state().equals(BackupState.VERIFIED.word()))
                        .forEach(member -> proved.put(member.backupId(), ""));
            }
            return proved;
        }
    }
}
