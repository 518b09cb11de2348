package org.pgsteward.model;

import java.util.Locale;

/** The severity of a condition: for information, to be checked today, to be repaired at once. */
public enum Severity {
    INFO,
    WARNING,
    CRITICAL;

    /** Returns the word in a notification: {@code info}, {@code warning}, {@code critical}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
