package org.pgsteward.backup;

import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.Backup;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Alerts if a restore of the newest verified backup would be refused, lose objects or leave tables empty. */
public final class CaveatCheck {
    public static final String KIND = "restore-caveat";

    private static final Logger LOG = LoggerFactory.getLogger(CaveatCheck.class);

    private final BackupRows rows;
    private final Clock clock;

    public CaveatCheck(BackupRows rows, Clock clock) {
        this.rows = rows;
        this.clock = clock;
    }

    /** Returns the alert or its end; empty unless the backup is the newest verified one. */
    public Optional<Condition> condition(Backup backup) {
        try {
            if (!rows.isNewestVerified(backup, clock.instant())) {
                return Optional.empty();
            }
        } catch (SQLException e) {
            LOG.warn("cannot determine whether {} is the newest backup: {}", backup.id(), e.getMessage());
            return Optional.empty();
        }
        if (backup.caveats().isEmpty()) {
            return Optional.of(Condition.well(
                    KIND, backup.service(), backup.id() + " can be restored completely", clock.instant()));
        }
        return Optional.of(Condition.bad(
                Severity.WARNING,
                KIND,
                backup.service(),
                "backup " + backup.id() + " is verified, and the live database is not affected, but "
                        + numbered(backup.caveats()),
                "pgsteward backups " + backup.service() + "   # the caveats of each backup",
                clock.instant()));
    }

    /** Returns the caveats as one line. With numbers, a reader sees where each of several ends. */
    private static String numbered(List<String> caveats) {
        if (caveats.size() == 1) {
            return caveats.get(0);
        }
        StringJoiner line = new StringJoiner("; ");
        for (int i = 0; i < caveats.size(); i++) {
            line.add("(" + (i + 1) + ") " + caveats.get(i));
        }
        return line.toString();
    }
}
