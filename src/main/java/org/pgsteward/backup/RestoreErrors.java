package org.pgsteward.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code pg_restore} says of the entries that it could not restore, when it goes on after an error. Pure.
 *
 * @param failures in its order
 * @param unnamed how many errors it counts besides
 */
record RestoreErrors(List<Failure> failures, int unnamed) {
    private static final Pattern ENTRY = Pattern.compile("pg_restore: from TOC entry \\d+; \\d+ \\d+ (.*)");
    private static final Pattern ERROR = Pattern.compile("pg_restore: error: (?:could not execute query: )?(.*)");
    private static final Pattern COUNT = Pattern.compile("pg_restore: warning: errors ignored on restore: (\\d+)");

    /** An entry as {@code pg_restore --list} writes it, and PostgreSQL's error. */
    record Failure(String entry, String error) {}

    /** @param said its lines on standard error */
    static RestoreErrors of(List<String> said) {
        List<Failure> failures = new ArrayList<>();
        String entry = "";
        int count = 0;
        for (String line : said) {
            Matcher named = ENTRY.matcher(line);
            Matcher error = ERROR.matcher(line);
            Matcher counted = COUNT.matcher(line);
            if (named.matches()) {
                entry = named.group(1);
            } else if (error.matches()) {
                failures.add(new Failure(entry, error.group(1)));
            } else if (counted.matches()) {
                count = Integer.parseInt(counted.group(1));
            }
        }
        return new RestoreErrors(List.copyOf(failures), Math.max(0, count - failures.size()));
    }

    /** Returns a line for each. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        failures.forEach(failure -> lines.add(failure.entry() + ": " + failure.error()));
        if (unnamed > 0) {
            lines.add(unnamed + " more entries of the dump could not be restored");
        }
        return lines;
    }
}
