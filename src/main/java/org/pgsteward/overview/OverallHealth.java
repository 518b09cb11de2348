package org.pgsteward.overview;

import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Severity;

/**
 * Whether a careful person would say that all is well, and if not, why not. The status page, {@code status} and its exit
 * code all use this one decision. The health check shows it, and takes its own status from the checks in {@code camel}.
 *
 * @param headline the decision in one or two sentences
 * @param reasons why not all is well; empty when it is
 */
public record OverallHealth(String headline, List<Reason> reasons) {
    public OverallHealth {
        reasons = List.copyOf(reasons);
    }

    /**
     * One reason why not all is well.
     *
     * @param service the service, container or database, or {@code pgsteward} or {@code postgresql}
     * @param kind of a firing alert its kind, else one of {@link OverallHealthRule}'s
     * @param problem whether something is broken now; else something is missing or could go unnoticed
     * @param text what is wrong, to be read after the service's name
     * @param remedy lines to paste; empty where there are none, or where the alert has them
     */
    public record Reason(String service, String kind, Severity severity, boolean problem, String text, String remedy) {
        /** Whether a database has no verified backup yet; the headline and its row say that. */
        public boolean isAboutMissingBackup() {
            return kind.equals(OverallHealthRule.NO_BACKUP);
        }
    }

    public boolean isWell() {
        return reasons.isEmpty();
    }

    /** How many things are broken now. */
    public int problems() {
        return (int) reasons.stream().filter(Reason::problem).count();
    }

    /** The worst of the reasons; empty when all is well. */
    public Optional<Severity> severity() {
        return reasons.stream().map(Reason::severity).max(Severity::compareTo);
    }

    /** The reasons that no alert states yet. */
    public List<Reason> besideAlerts() {
        return reasons.stream()
                .filter(reason -> OverallHealthRule.KINDS.contains(reason.kind()))
                .toList();
    }
}
