package org.pgsteward.monitor;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.postgres.ServerLog;

/**
 * Reads PostgreSQL's log line by line. Every client that can connect has a part in the log: with names of roles and
 * databases that need not exist, and after a login with the texts of statements and messages.
 *
 * <p>No client can begin a line of its own: within messages, PostgreSQL puts a tab after each line break. Only in the
 * prefix it does not, so a name with a line break begins a line there. {@link ServerLog#PREFIX} leaves such a name no
 * room for a whole beginning of a line.
 */
interface LogLines {
    /**
     * Names without control and format characters (direction marks among them), lone surrogates and separators. No name
     * that pgsteward accepts has any.
     */
    Pattern FIT = Pattern.compile("[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{1,63}");

    /** A message such as {@code LOG:  duration: 2016.683 ms  statement: …}, in any language. */
    Pattern DURATION = Pattern.compile("\\S{1,20}:  [^:]{1,40}: (\\d{1,12}\\.\\d{3}) ms(?:  .*)?");

    /** Returns the monitored event in a line; empty for most lines. */
    Optional<LogEvent> read(Instant at, String line);

    /** Returns the reader for a server's prefix; empty if the prefix is neither pgsteward's nor PostgreSQL's own. */
    static Optional<LogLines> of(String prefix) {
        return switch (prefix) {
            case ServerLog.PREFIX -> Optional.of(new PrefixedLines());
            case ServerLog.DEFAULT_PREFIX -> Optional.of(new PlainLines());
            default -> Optional.empty();
        };
    }

    /** Returns the name, or a placeholder if it is not fit to be shown. */
    static String fit(String name) {
        return FIT.matcher(name).matches() ? name : LogEvent.UNFIT;
    }

    /** Returns the duration in a message that begins with its severity, in seconds. */
    static Optional<Double> seconds(String message) {
        Matcher duration = DURATION.matcher(message);
        return duration.matches() ? Optional.of(Double.parseDouble(duration.group(1)) / 1000) : Optional.empty();
    }
}
