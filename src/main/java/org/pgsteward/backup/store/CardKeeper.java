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
 * Keeps the recovery card up to date: it is rewritten after a backup was verified or removed. A backup does not depend
 * on the card.
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

    /** Updates the card for the new state of a backup. Must be called after the journal entry is written. */
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

    /** Rewrites the card. A failure is logged. */
    public void write() {
        try {
            card.write(proved());
        } catch (IOException | RuntimeException e) {
            LOG.warn("RECOVERY.md in the store could not be written anew: {}", e.getMessage());
        }
    }

    /** Returns the verified backups from the journal; while PostgreSQL is unavailable, from the sets in the store. */
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
