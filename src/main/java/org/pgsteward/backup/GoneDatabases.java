package org.pgsteward.backup;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.model.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resolves the alerts about backups of a dropped database, since no later run can resolve them. An alert about a stored
 * backup remains while the store contains any backup of that service. Such a backup can be verified again, and may be
 * the only copy.
 */
final class GoneDatabases {
    private static final Logger LOG = LoggerFactory.getLogger(GoneDatabases.class);

    /** The names of backups that belong to no database. They are always desired. */
    private static final Set<String> WHOLE = Set.of(Targets.GLOBALS, Targets.BASE);

    /** The kinds of alerts that a run raises and only a later run can resolve. */
    private static final Set<String> OF_RUNS = Set.of(BackupAlerts.FAILED, ShrinkRule.KIND, CaveatCheck.KIND);

    /** The kinds of alerts about a stored backup. */
    private static final Set<String> OF_STORED =
            Set.of(BackupAlerts.FAILED, ReverificationRule.NOT_AGAIN, ReverificationRule.DAMAGED);

    private final AlertRegistry alerts;
    private final StartupRecovery house;
    private final StoreView holdings;
    private final Clock clock;

    GoneDatabases(AlertRegistry alerts, StartupRecovery house, StoreView holdings, Clock clock) {
        this.alerts = alerts;
        this.house = house;
        this.holdings = holdings;
        this.clock = clock;
    }

    /**
     * Returns the end of each alert about a dropped database. An alert about a stored backup also requires that the
     * store has no backup of the service.
     *
     * @param known every service that has a database in PostgreSQL now
     */
    List<Condition> conditions(Set<String> known) {
        List<Condition> conditions = new ArrayList<>();
        try {
            for (Alert alert : alerts.firing()) {
                String service = alert.service();
                if (known.contains(service) || WHOLE.contains(service)) {
                    continue;
                }
                if (OF_RUNS.contains(alert.kind()) && !isOfStored(alert)) {
                    conditions.add(well(alert, "its database no longer exists"));
                } else if (OF_STORED.contains(alert.kind()) && isStoreWithout(service)) {
                    conditions.add(well(alert, "its database and its backups no longer exist"));
                }
            }
        } catch (SQLException | IOException e) {
            LOG.warn("cannot determine which alerts are about removed databases or backups: {}", e.getMessage());
        }
        return conditions;
    }

    private static boolean isOfStored(Alert alert) {
        return alert.causes().values().stream()
                .anyMatch(cause -> cause.figures().containsKey(BackupAlerts.STORED));
    }

    private boolean isStoreWithout(String service) throws SQLException, IOException {
        // An unmounted volume is not an empty store.
        house.requireStore();
        return holdings.of(service, Map.of()).isEmpty();
    }

    private Condition well(Alert alert, String reason) {
        return Condition.well(alert.kind(), alert.service(), reason, clock.instant());
    }
}
