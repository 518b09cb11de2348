package org.pgsteward.monitor;

import java.util.Map;
import org.pgsteward.model.Severity;

/**
 * One metric of one subject.
 *
 * @param service the service, or another subject of the condition
 * @param value in the rule's unit
 * @param says the finding in words, with figures; the levels are added
 * @param remedy commands to paste, if it is trouble
 * @param figures the numbers behind it, by name
 * @param urgent whether it is critical at the milder level already, unless the operator switched the critical level off
 */
record Finding(String service, double value, String says, String remedy, Map<String, Object> figures, boolean urgent) {
    /** An unknown value: it is neither above nor below any level. */
    static final double NOT_KNOWN_YET = Double.NaN;

    Finding(String service, double value, String says, String remedy, Map<String, Object> figures) {
        this(service, value, says, remedy, figures, false);
    }

    /** @param reached severity of the level that the value has reached */
    Severity severity(Severity reached, Threshold threshold) {
        return urgent && threshold.critical().isPresent() ? Severity.CRITICAL : reached;
    }
}
