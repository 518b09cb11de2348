package org.pgsteward.overview;

import java.util.List;
import java.util.Optional;
import org.pgsteward.alert.Incident;
import org.pgsteward.backup.schedule.NextBackups;
import org.pgsteward.monitor.HostObservation;

/**
 * State beside that of the services. It needs no PostgreSQL.
 *
 * @param incidents the newest incidents of the last days, the newest start first
 * @param next the next scheduled backups
 * @param storeDisk the disk of the store; empty if it is not known
 */
public record HostSummary(List<Incident> incidents, NextBackups next, Optional<HostObservation.Disk> storeDisk) {
    static final HostSummary NONE = new HostSummary(List.of(), NextBackups.NONE, Optional.empty());

    public HostSummary {
        incidents = List.copyOf(incidents);
    }
}
