package org.pgsteward.provision;

import java.time.Clock;
import java.util.List;
import org.pgsteward.containers.Containers;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Outcome;
import org.pgsteward.model.Severity;
import org.slf4j.Logger;

/** Turns the results of single databases into log lines, rows and alerts. */
final class ProvisionReporting {
    private final Containers containers;
    private final ImageChanges images;
    private final Logger log;
    private final Clock clock;

    ProvisionReporting(Containers containers, ImageChanges images, Logger log, Clock clock) {
        this.containers = containers;
        this.images = images;
        this.log = log;
        this.clock = clock;
    }

    /** Reports one database that was made or checked. */
    void granted(ClaimResult result, ProvisionFindings findings) {
        if (result.outcome() instanceof Outcome.Done done) {
            log.info("{}: {}", result.service(), done.reason());
            if (result.databaseMade()) {
                containers.databaseMade(result.service());
            }
            findings.row(Activity.ours(result.service(), "provisioned", clock.instant()));
        }
        if (result.passwordSet()) {
            findings.row(Activity.ours(result.service(), Activity.PASSWORD_SET, clock.instant()));
        }
        if (!result.repaired().isEmpty()) {
            repaired(result.service(), result.repaired(), findings);
        }
        result.imageChange().ifPresent(change -> images.report(change, findings));
        result.caution().ifPresent(caution -> {
            findings.line(result.service(), "caution", caution);
            findings.inform("database-unused", result.service(), caution);
        });
    }

    void repaired(String subject, List<String> reasons, ProvisionFindings findings) {
        String all = String.join("; ", reasons);
        log.warn("{}: privileges or ownership drifted and were restored; before: {}", subject, all);
        findings.row(Activity.ours(subject, "rights repaired: " + all, clock.instant()));
        findings.bad(
                Severity.WARNING,
                "rights-changed",
                subject,
                "privileges or ownership drifted and were restored; before: " + all,
                "No action is needed. If a script or a person changes them, stop that; to exclude the service from"
                        + " repairs, label its container pgsteward.enable=false");
    }

    /**
     * Reports a closed database without a service, such as {@code postgres}. PostgreSQL opens such a database to PUBLIC
     * when it makes it.
     *
     * @param reconciled whether this is not the first reconcile
     */
    void closed(String database, List<String> reasons, boolean reconciled, ProvisionFindings findings) {
        String all = String.join("; ", reasons);
        findings.line(database, "closed", all);
        log.info("database {}: closed to other roles; before: {}", database, all);
        findings.row(Activity.ours("pgsteward", "rights repaired: " + all, clock.instant()));
        // The first reconcile finds the databases that the cluster had before. They need no alert.
        if (reconciled) {
            findings.inform("rights-changed", database, "closed to other roles, no action is needed; before: " + all);
        }
    }
}
