package org.pgsteward.provision;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.pgsteward.model.Condition;
import org.pgsteward.model.JournalEntry;
import org.pgsteward.model.Severity;

/** Collects the rows and conditions that one piece of provisioning leads to. */
final class ProvisionFindings {
    private final List<JournalEntry> rows = new ArrayList<>();
    private final List<Condition> conditions = new ArrayList<>();
    private final List<ProvisionReport.Line> lines = new ArrayList<>();
    private final Clock clock;

    ProvisionFindings(Clock clock) {
        this.clock = clock;
    }

    ProvisionReport report() {
        return new ProvisionReport(rows, conditions, lines);
    }

    void row(JournalEntry row) {
        rows.add(row);
    }

    void line(String service, String state, String reason) {
        line(new ProvisionReport.Line(service, state, reason, ProvisionReport.Password.UNKNOWN));
    }

    void line(ProvisionReport.Line line) {
        lines.add(line);
    }

    void add(List<Condition> more) {
        conditions.addAll(more);
    }

    void bad(Severity severity, String kind, String service, String reason, String remedy) {
        conditions.add(Condition.bad(severity, kind, service, reason, remedy, clock.instant()));
    }

    void well(String kind, String service, String reason) {
        conditions.add(Condition.well(kind, service, reason, clock.instant()));
    }

    /** Reports information that resolves at once, since it needs no action. */
    void inform(String kind, String service, String text) {
        bad(Severity.INFO, kind, service, text, "");
        well(kind, service, text);
    }

    void trouble(String subject, String reason) {
        line(subject, "failed", reason);
        bad(
                Severity.WARNING,
                "rights-changed",
                subject,
                "privileges or ownership drifted and could not be restored: " + reason
                        + "; next attempt within minutes",
                "pgsteward provision --plan");
    }

    boolean isBad(String kind, String service) {
        return conditions.stream()
                .anyMatch(condition -> condition.kind().equals(kind)
                        && condition.service().equals(service)
                        && condition.severity().isPresent());
    }
}
