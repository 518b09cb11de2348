package org.pgsteward.monitor;

import org.pgsteward.alert.OneLine;

/** A line of a remedy with names that owners of databases choose. */
final class PasteLine {
    /** A notification cuts longer lines. */
    static final int MOST = 300;

    private PasteLine() {}

    /** Returns the line, or {@code other} if a notification would change the line and with it the command. */
    static String or(String line, String other) {
        return OneLine.of(line, MOST).equals(line) ? line : other;
    }
}
