package org.pgsteward.provision;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgsteward.containers.Containers;
import org.pgsteward.journal.ServiceRows;
import org.pgsteward.journal.Tables;
import org.pgsteward.model.Container;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.Severity;

/** Records since when a service has had no container, and raises an alert after days without one. */
public final class IdleServices {
    private final Discovery discovery;
    private final Containers containers;
    private final Tables tables;
    private final Duration idleAfter;
    private final Clock clock;

    /** @param idleAfter the time without a container after which a service raises an alert */
    public IdleServices(Discovery discovery, Containers containers, Tables tables, Duration idleAfter, Clock clock) {
        this.discovery = discovery;
        this.containers = containers;
        this.tables = tables;
        this.idleAfter = idleAfter;
        this.clock = clock;
    }

    void check(List<Enrolment> enrolments, ProvisionFindings findings) throws SQLException {
        Set<String> identities =
                containers.all().stream().map(Container::identity).collect(Collectors.toSet());
        // A container asks for its database even if its host name is wrong.
        Set<String> asking = containers.others().stream()
                .flatMap(container -> discovery.said(container, containers.postgres(), containers.all()).stream())
                .map(ConnectionRequest::service)
                .collect(Collectors.toSet());
        // A service has a container, too, if compose renamed it and the renamed container shares the service's
        // database.
        Set<String> present = enrolments.stream()
                .filter(enrolment -> identities.contains(enrolment.identity())
                        || containers.has(enrolment.service())
                        || asking.contains(enrolment.service()))
                .map(Enrolment::service)
                .collect(Collectors.toSet());
        Instant now = clock.instant();
        for (ServiceRows.Idle idle : tables.services().markIdle(present, now)) {
            if (!idle.since().plus(idleAfter).isAfter(now)) {
                findings.bad(
                        Severity.INFO,
                        "service-idle",
                        idle.service(),
                        "no container for " + idleAfter.toDays()
                                + " days; pgsteward keeps the database and backs it up",
                        "pgsteward remove " + idle.service() + "   # into quarantine, if you no longer need it");
            }
        }
        present.forEach(service -> findings.well("service-idle", service, "it has a container"));
    }
}
