package org.pgsteward.backup;

import java.util.List;

/**
 * The contents of a database that a restore may lose although its dump is whole.
 *
 * @param filledViews materialized views that held rows, as SQL writes their names
 */
public record Losses(List<String> filledViews) {
    static final Losses NONE = new Losses(List.of());

    /** An older manifest lacks what came later. */
    public Losses {
        filledViews = filledViews == null ? List.of() : List.copyOf(filledViews);
    }
}
