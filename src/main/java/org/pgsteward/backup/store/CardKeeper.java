package org.pgsteward.backup.store;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
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
 * on the card. Safe for many threads.
 */
public final class CardKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(CardKeeper.class);

    /**
     * The shortest time between two writes within a {@link Batch}. The card names every database, so a night of 200
     * databases that wrote it after each one would write 40,000 sections.
     */
    public static final Duration BETWEEN = Duration.ofSeconds(10);

    private final RecoveryCard card;
    private final BackupRows rows;
    private final BackupSets sets;
    private final Clock clock;

    /** Held while the card is written, so that an older state never overwrites a newer one. */
    private final Object writing = new Object();

    private int batches;
    private Instant writtenAt = Instant.EPOCH;
    private boolean isStale;
    private boolean hasFailed;

    public CardKeeper(RecoveryCard card, BackupRows rows, BackupSets sets, Clock clock) {
        this.card = card;
        this.rows = rows;
        this.sets = sets;
        this.clock = clock;
    }

    /** The runs of many backups. Its owner calls {@link #writeIfStale} every {@link #BETWEEN} while it is open. */
    @FunctionalInterface
    public interface Batch extends AutoCloseable {
        /** Writes the card if it lacks a change. */
        @Override
        void close();
    }

    /** Begins a batch. Batches may overlap. */
    public synchronized Batch batch() {
        batches++;
        return this::end;
    }

    private void end() {
        synchronized (this) {
            batches--;
            isStale |= hasFailed;
        }
        writeIfStale();
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

    /** Rewrites the card, within a {@link Batch} perhaps later. A failure is logged. */
    public void write() {
        synchronized (this) {
            isStale = true;
        }
        writeIfStale();
    }

    /** Writes the card if it lacks a change, unless a batch wrote it less than 10 s ago. */
    public void writeIfStale() {
        synchronized (this) {
            Instant now = clock.instant();
            boolean waits = batches > 0 && !now.isBefore(writtenAt) && now.isBefore(writtenAt.plus(BETWEEN));
            if (!isStale || waits) {
                return;
            }
            isStale = false;
            hasFailed = false;
            writtenAt = now;
        }
        try {
            synchronized (writing) {
                card.write(verified());
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("cannot write RECOVERY.md in the store: {}", e.getMessage());
            synchronized (this) {
                hasFailed = true;
            }
        }
    }

    /** Returns the verified backups from the journal; while PostgreSQL is unavailable, from the sets in the store. */
    private Map<String, String> verified() throws IOException {
        try {
            return rows.allVerified();
        } catch (SQLException away) {
            Map<String, String> verified = new HashMap<>();
            for (BackupSet set : sets.all()) {
                set.members().stream()
                        .filter(member -> member.state().equals(BackupState.VERIFIED.word()))
                        .forEach(member -> verified.put(member.backupId(), ""));
            }
            return verified;
        }
    }
}
