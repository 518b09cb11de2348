package org.pgsteward.monitor;

import java.util.Map;

/**
 * One metric of one subject.
 *
 * @param service the service, or another subject of the condition
 * @param value in the rule's unit
 * @param says the finding in words, with figures; the levels are added
 * @param remedy commands to paste, if it is trouble
 * @param figures the numbers behind it, by name
 */
record Finding(String service, double value, String says, String remedy, Map<String, Object> figures) {
    /** An unknown value: it is neither above nor below any level. */
    static final double NOT_KNOWN_YET = Double.NaN;
}
