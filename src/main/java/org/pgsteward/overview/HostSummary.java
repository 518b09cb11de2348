package org.pgsteward.overview;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.alert.Incident;
import org.pgsteward.backup.schedule.NextBackups;
import org.pgsteward.journal.CopyStatus;
import org.pgsteward.monitor.HostObservation;

/**
 * State beside that of the services. Only that of the copies needs PostgreSQL.
 *
 * @param incidents the newest incidents of the last days, the newest start first
 * @param next the next scheduled backups
 * @param storeDisk the disk of the store; empty if it is not known
 * @param copies the targets of copies, at PostgreSQL's last answer
 * @param exposed reasons why copies leave this host without encryption, by target
 */
public record HostSummary(
        List<Incident> incidents,
        NextBackups next,
        Optional<HostObservation.Disk> storeDisk,
        List<CopyStatus> copies,
        Map<String, String> exposed) {
    static final HostSummary NONE = new HostSummary(List.of(), NextBackups.NONE, Optional.empty());

    public HostSummary {
        incidents = List.copyOf(incidents);
        copies = List.copyOf(copies);
        exposed = Map.copyOf(exposed);
    }

    /** Creates a summary without targets of copies. */
    public HostSummary(List<Incident> incidents, NextBackups next, Optional<HostObservation.Disk> storeDisk) {
        this(incidents, next, storeDisk, List.of(), Map.of());
    }
}
