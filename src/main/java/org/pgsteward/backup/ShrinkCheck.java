package org.pgsteward.backup;

import java.sql.SQLException;
import java.time.Clock;
import java.util.Optional;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.Backup;
import org.pgsteward.model.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares a verified backup with the previous verified one. */
public final class ShrinkCheck {
    private static final Logger LOG = LoggerFactory.getLogger(ShrinkCheck.class);

    private final BackupRows rows;
    private final ShrinkRule rule;
    private final Clock clock;

    public ShrinkCheck(BackupRows rows, ShrinkRule rule, Clock clock) {
        this.rows = rows;
        this.rule = rule;
        this.clock = clock;
    }

    /**
     * Returns the result of the comparison; empty unless the backup is the newest verified one and has a predecessor.
     */
    public Optional<Condition> condition(Backup backup) {
        try {
            if (!rows.isNewestVerified(backup, clock.instant())) {
                return Optional.empty();
            }
            return rows.verifiedBefore(backup)
                    .map(before -> rule.judge(backup, before.backupId(), before.sourceBytes(), clock.instant()));
        } catch (SQLException e) {
            LOG.warn("cannot determine whether {} has shrunk: {}", backup.id(), e.getMessage());
            return Optional.empty();
        }
    }
}
