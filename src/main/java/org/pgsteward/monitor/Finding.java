package org.pgsteward.monitor;

import java.util.Map;

/**
 * One figure of one subject.
 *
 * @param service whose, or what else the condition is about
 * @param value in the rule's unit
 * @param says what it is, with figures; the levels are added
 * @param remedy commands that can be pasted, for when it is trouble
 * @param figures the numbers behind it, by name
 */
record Finding(String service, double value, String says, String remedy, Map<String, Object> figures) {
    /** A value about which nothing can be said: it lies neither above nor below any level. */
    static final double NOT_KNOWN_YET = Double.NaN;
}
