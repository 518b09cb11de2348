package org.pgsteward.overview;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.RecentIncidents;
import org.pgsteward.backup.schedule.Schedules;
import org.pgsteward.journal.CopyStatusReader;
import org.pgsteward.monitor.HostObservation;

/** Reader of the state beside that of the services. Pages call it often, so each source is cheap. */
public final class HostSummaryReader {
    /** The longest time since a reading of the disk, for the case that its route is stopped or fails. */
    private static final Duration DISK_AGE = Duration.ofHours(1);

    private final RecentIncidents incidents;
    private final Schedules schedules;
    private final Function<Instant, Optional<HostObservation.Disk>> storeDisk;
    private final CopyStatusReader copies;
    private final Supplier<Map<String, String>> exposed;

    /**
     * @param storeDisk returns the disk of the store, without a walk through its files; empty if it was last read before
     *     the given time
     * @param exposed returns the reasons why copies leave this host without encryption, by target
     */
    public HostSummaryReader(
            RecentIncidents incidents,
            Schedules schedules,
            Function<Instant, Optional<HostObservation.Disk>> storeDisk,
            CopyStatusReader copies,
            Supplier<Map<String, String>> exposed) {
        this.incidents = incidents;
        this.schedules = schedules;
        this.storeDisk = storeDisk;
        this.copies = copies;
        this.exposed = exposed;
    }

    /**
     * Reads the state of the copies, at most twice a minute.
     *
     * @throws SQLException if PostgreSQL does not answer
     */
    void readCopies() throws SQLException {
        copies.read();
    }

    /**
     * Returns the current state.
     *
     * @param databases services with a database
     * @param firing the firing alerts
     */
    HostSummary read(Collection<String> databases, List<Alert> firing, Instant now) {
        return new HostSummary(
                incidents.newest(now, firing),
                schedules.next(databases, now),
                storeDisk.apply(now.minus(DISK_AGE)),
                copies.last(),
                exposed.get());
    }
}
