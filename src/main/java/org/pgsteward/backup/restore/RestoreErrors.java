package org.pgsteward.backup.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.Quote;

/**
 * The failed statements in the output of a {@code pg_restore} that continues after an error. Pure.
 *
 * @param failures the failures in the order of the output
 * @param unnamed the number of errors that it counts but does not print
 */
record RestoreErrors(List<Failure> failures, int unnamed) {
    private static final Pattern ERROR = Pattern.compile("pg_restore: error: (?:could not execute query: )?(.*)");
    private static final Pattern COMMAND = Pattern.compile("Command was: (.*)");
    private static final Pattern COUNT = Pattern.compile("pg_restore: warning: errors ignored on restore: (\\d+)");

    /**
     * A statement that failed.
     *
     * @param command the first line of the statement; empty if the rows of a table failed
     */
    record Failure(String error, String command) {}

    /** @param said the lines of pg_restore on standard error */
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

    /** Returns one line for each failure, and one for the unnamed errors. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        failures.forEach(
                failure -> lines.add((failure.command().isEmpty() ? "" : failure.command() + " ") + failure.error()));
        if (unnamed > 0) {
            lines.add(unnamed + " more statements of the dump failed");
        }
        return lines;
    }

    /**
     * Returns the commands that fill the views which {@code pg_restore} could not fill. It ignores a failed object if a
     * restore from the stored file leaves it out or tries it again.
     *
     * @param schemas the schemas that existed already, for an extension
     * @throws IOException if there is another error
     */
    static List<String> unfilledViews(ClientProgram.Ended ended, Set<String> schemas) throws IOException {
        RestoreErrors errors = of(ended.errors());
        List<String> views = new ArrayList<>();
        boolean all = errors.unnamed() == 0 && !errors.failures().isEmpty();
        for (Failure failure : errors.failures()) {
            String command = failure.command();
            if (command.startsWith("REFRESH MATERIALIZED VIEW ")) {
                views.add(command);
            } else {
                // An event trigger is left to the administrator, and a schema may exist already for an extension.
                all &= command.startsWith("CREATE EVENT TRIGGER ") || isOfAnExtension(command, schemas);
            }
        }
        if (!all) {
            throw new IOException("pg_restore ended with exit code " + ended.exitCode() + ": " + ended.message());
        }
        return views;
    }

    private static boolean isOfAnExtension(String command, Set<String> schemas) {
        return schemas.stream()
                .anyMatch(schema -> command.equals("CREATE SCHEMA " + schema + ";")
                        || command.equals("CREATE SCHEMA " + Quote.identifier(schema) + ";"));
    }
}
