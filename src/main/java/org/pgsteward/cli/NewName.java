package org.pgsteward.cli;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Check that the name of a new database is intended, and not a mistake of quoting in the shell. Pure. */
final class NewName {
    /** Letters of any language, without characters that are special in a shell, a path or a connection string. */
    private static final Pattern USUAL = Pattern.compile("[\\p{L}_][\\p{L}\\p{M}\\p{N}_.-]*");

    private NewName() {}

    /** Returns the reason for a refusal, with the nearest accepted name; empty for a usual name. */
    static Optional<String> fault(String name) {
        if (USUAL.matcher(name).matches()) {
            return Optional.empty();
        }
        String nearest = name.strip()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{M}\\p{N}_.-]+", "_")
                .replaceAll("^[^\\p{L}]+|[^\\p{L}\\p{M}\\p{N}]+$", "");
        return Optional.of("'" + name + "' is an unusual name for a database"
                + (nearest.isEmpty() ? "" : "; did you mean '" + nearest + "'?") + " (to create it, add --force)");
    }
}
