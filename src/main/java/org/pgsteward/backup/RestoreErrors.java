package org.pgsteward.backup;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code pg_restore} says of the statements that failed, when it goes on after an error. Pure.
 *
 * @param failures in its order
 * @param unnamed how many errors it counts besides
 */
record RestoreErrors(List<Failure> failures, int unnamed) {
    private static final Pattern ERROR = Pattern.compile("pg_restore: error: (?:could not execute query: )?(.*)");
    private static final Pattern COMMAND = Pattern.compile("Command was: (.*)");
    private static final Pattern COUNT = Pattern.compile("pg_restore: warning: errors ignored on restore: (\\d+)");

    /**
     * A statement that failed.
     *
     * @param command its first line; empty where rows failed
     */
    record Failure(String error, String command) {}

    /** @param said its lines on standard error */
    static RestoreErrors of(List<String> said) {
        List<Failure> failures = new ArrayList<>();
        int count = 0;
        for (String line : said) {
            Matcher error = ERROR.matcher(line);
            Matcher command = COMMAND.matcher(line);
            Matcher counted = COUNT.matcher(line);
            int last = failures.size() - 1;
            if (error.matches()) {
                failures.add(new Failure(error.group(1), ""));
            } else if (command.matches()
                    && last >= 0
                    && failures.get(last).command().isEmpty()) {
                failures.set(last, new Failure(failures.get(last).error(), command.group(1)));
            } else if (counted.matches()) {
                count = Integer.parseInt(counted.group(1));
            }
        }
        return new RestoreErrors(List.copyOf(failures), Math.max(0, count - failures.size()));
    }

    /** Returns a line for each. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        failures.forEach(
                failure -> lines.add((failure.command().isEmpty() ? "" : failure.command() + " ") + failure.error()));
        if (unnamed > 0) {
            lines.add(unnamed + " more statements of the dump failed");
        }
        return lines;
    }
}
