package org.pgsteward.model;

import java.util.Locale;

/** How bad a condition is: worth knowing, worth a look today, worth getting up for. */
public enum Severity {
    INFO,
    WARNING,
    CRITICAL;

    /** As it stands in a notice: {@code info}, {@code warning}, {@code critical}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
