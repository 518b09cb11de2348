package org.pgsteward.camel;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.pgsteward.backup.OverdueCheck;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Condition;

/**
 * Health check of backups: the newest backup of each service succeeded, and none is overdue. While PostgreSQL is
 * unavailable, the result is unknown. A failed base backup does not fail the check: an alert and its backup set report
 * it, and every database is dumped as well. A server that allows no base backups would otherwise make pgsteward
 * unhealthy for ever.
 */
public final class BackupHealth extends AbstractHealthCheck {
    private final Tables tables;
    private final OverdueCheck overdue;

    public BackupHealth(Tables tables, OverdueCheck overdue) {
        super("pgsteward", "backups");
        this.tables = tables;
        this.overdue = overdue;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        try {
            List<String> failed = tables.history().all().stream()
                    .filter(history -> "failed".equals(history.lastState()))
                    .filter(history -> !history.service().equals(Targets.BASE))
                    .map(BackupHistory::service)
                    .toList();
            List<String> late =
                    overdue.overdue().stream().map(Condition::service).toList();
            if (failed.isEmpty() && late.isEmpty()) {
                builder.up();
                return;
            }
            List<String> troubles = new ArrayList<>();
            if (!failed.isEmpty()) {
                troubles.add("newest backup failed: " + String.join(", ", failed));
            }
            if (!late.isEmpty()) {
                troubles.add("no verified backup in time: " + String.join(", ", late));
            }
            builder.message(String.join("; ", troubles)).down();
        } catch (SQLException e) {
            builder.message("cannot determine the state of the backups: " + e.getMessage())
                    .unknown();
        }
    }

    @Override
    public boolean isLiveness() {
        return false;
    }
}
