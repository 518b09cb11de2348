package org.pgsteward.cli;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Whether the name of a new database is one that a person means, and not a slip of the shell. Pure. */
final class NewName {
    /** Letters of any language; nothing that a shell, a path or a connection string reads otherwise. */
    private static final Pattern USUAL = Pattern.compile("[\\p{L}_][\\p{L}\\p{M}\\p{N}_.-]*");

    private NewName() {}

    /** Returns why a name is refused, with the nearest one that is not; empty for a usual name. */
    static Optional<String> fault(String name) {
        if (USUAL.matcher(name).matches()) {
            return Optional.empty();
        }
        String nearest = name.strip()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{M}\\p{N}_.-]+", "_")
                .replaceAll("^[^\\p{L}]+|[^\\p{L}\\p{M}\\p{N}]+$", "");
        return Optional.of("'" + name + "' is an unusual name for a database"
                + (nearest.isEmpty() ? "" : "; did you mean '" + nearest + "'?") + " (--force makes it all the same)");
    }
}
