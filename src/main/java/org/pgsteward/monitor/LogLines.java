package org.pgsteward.monitor;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.postgres.ServerLog;

/**
 * Reads PostgreSQL's log line by line. Whoever may connect has a hand in it: names of roles and databases that need not
 * exist, and after a login the texts of statements and messages.
 *
 * <p>What nobody can write is a line that is not PostgreSQL's own: within messages it puts a tab behind each line break. Only
 * in the prefix it does not, so a name with a line break in it begins a line; {@link ServerLog#PREFIX} leaves such a name no
 * room for a whole beginning.
 */
interface LogLines {
    /** Control and format characters (direction marks among them), lone surrogates and separators are in no name of ours. */
    Pattern FIT = Pattern.compile("[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]{1,63}");

    /** Such as {@code LOG:  duration: 2016.683 ms  statement: …}, in any language. */
    Pattern DURATION = Pattern.compile("\\S{1,20}:  [^:]{1,40}: (\\d{1,12}\\.\\d{3}) ms(?:  .*)?");

    /** What the line says that is watched; mostly nothing. */
    Optional<LogEvent> read(Instant at, String line);

    /** For a server that writes so; empty where its prefix is neither ours nor PostgreSQL's own. */
    static Optional<LogLines> of(String prefix) {
        return switch (prefix) {
            case ServerLog.PREFIX -> Optional.of(new PrefixedLines());
            case ServerLog.DEFAULT_PREFIX -> Optional.of(new PlainLines());
            default -> Optional.empty();
        };
    }

    /** The name, or that it is not fit to be shown. */
    static String fit(String name) {
        return FIT.matcher(name).matches() ? name : LogEvent.UNFIT;
    }

    /** The time in a message that begins with its severity, in seconds. */
    static Optional<Double> seconds(String message) {
        Matcher duration = DURATION.matcher(message);
        return duration.matches() ? Optional.of(Double.parseDouble(duration.group(1)) / 1000) : Optional.empty();
    }
}
