package org.pgsteward.backup;

import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.backup.store.Store;
import org.pgsteward.journal.BackupRows;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/**
 * Checks that the newest verified backup of each service is stored with its recorded size. After a file was deleted,
 * the journal still contains the state "verified" until the next verification.
 */
public final class MissingBackups {
    /** The {@code kind} of its alerts. */
    static final String KIND = "backup-missing";

    /** The service of the alert about a missing store. */
    private static final String PGSTEWARD = "pgsteward";

    private final Store store;
    private final BackupRows rows;
    private final AlertRegistry alerts;
    private final Clock clock;

    public MissingBackups(Store store, BackupRows rows, AlertRegistry alerts, Clock clock) {
        this.store = store;
        this.rows = rows;
        this.alerts = alerts;
        this.clock = clock;
    }

    /** Returns an alert for each missing backup, and the end of each alert about a backup that is present again. */
    List<Condition> look() throws SQLException {
        Instant now = clock.instant();
        List<Condition> conditions = new ArrayList<>();
        List<BackupRows.Stored> newest = rows.newestVerified();
        if (!newest.isEmpty() && !Files.isDirectory(store.root())) {
            conditions.add(Condition.bad(
                    Severity.CRITICAL,
                    KIND,
                    PGSTEWARD,
                    "the store " + store.root() + " is missing, and with it " + newest.size() + " verified backups",
                    "ls -l " + CommandPrefix.word(store.root().toString()) + "   # is its volume mounted?",
                    now));
        } else {
            newest.forEach(stored -> problem(stored).ifPresent(problem -> conditions.add(bad(stored, problem, now))));
        }
        Set<String> missing = new HashSet<>();
        conditions.forEach(condition -> missing.add(condition.service()));
        alerts.firing().stream()
                .filter(alert -> alert.kind().equals(KIND))
                .map(Alert::service)
                .filter(service -> !missing.contains(service))
                .map(service -> Condition.well(KIND, service, "its newest verified backup is in the store", now))
                .forEach(conditions::add);
        return conditions;
    }

    private Optional<String> problem(BackupRows.Stored stored) {
        return store.problem(stored.path(), stored.sizeBytes());
    }

    private static Condition bad(BackupRows.Stored stored, String problem, Instant now) {
        return Condition.bad(
                Severity.CRITICAL,
                KIND,
                stored.service(),
                stored.path() + " " + problem + "; it was the newest verified backup of " + stored.service(),
                BackupKind.of(stored.kind()).command(stored.service()) + "   # make another backup now",
                now);
    }
}
