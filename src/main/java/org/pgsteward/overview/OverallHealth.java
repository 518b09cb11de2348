package org.pgsteward.overview;

import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Severity;

/**
 * Decision whether all is well, with the reasons if not. The status page, {@code status} and its exit code all use this
 * one decision. The health check shows it, and takes its own status from the checks in {@code camel}.
 *
 * @param headline the decision in one or two sentences
 * @param reasons reasons why not all is well; empty if all is
 */
public record OverallHealth(String headline, List<Reason> reasons) {
    public OverallHealth {
        reasons = List.copyOf(reasons);
    }

    /**
     * One reason why not all is well.
     *
     * @param service the service, container or database, or {@code pgsteward} or {@code postgresql}
     * @param kind kind of a firing alert, or one of {@link OverallHealthRule}'s kinds
     * @param problem whether a part is broken now; otherwise a part is missing, or faults could go unnoticed
     * @param text the fault, to be read after the service's name
     * @param remedy lines to paste; empty if there are none, or if the alert has them
     */
    public record Reason(String service, String kind, Severity severity, boolean problem, String text, String remedy) {
        /**
         * Returns whether a database has no verified backup yet; the headline and the database's row state that
         * already.
         */
        public boolean isAboutMissingBackup() {
            return kind.equals(OverallHealthRule.NO_BACKUP);
        }
    }

    public boolean isWell() {
        return reasons.isEmpty();
    }

    /** Returns the number of faults that exist now. */
    public int problems() {
        return (int) reasons.stream().filter(Reason::problem).count();
    }

    /** Returns the highest severity of the reasons; empty if all is well. */
    public Optional<Severity> severity() {
        return reasons.stream().map(Reason::severity).max(Severity::compareTo);
    }

    /**
     * Returns the reasons without an alert of their own.
     *
     * @param problem whether to return the problems, which stand above the alerts, or the exceptions
     */
    public List<Reason> besideAlerts(boolean problem) {
        return reasons.stream()
                .filter(reason -> reason.problem() == problem && OverallHealthRule.KINDS.contains(reason.kind()))
                .toList();
    }
}
