package org.pgsteward.monitor;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.monitor.LogEvent.Reason;
import org.pgsteward.postgres.ServerLog;

/**
 * Lines with {@link ServerLog#PREFIX}. They are understood in any language, by SQLSTATE and by the phase of the
 * session. Before a session is let in, only its login can fail. Afterwards it cannot claim to be in that phase.
 *
 * <ol>
 *   <li>The text before the first name is PostgreSQL's own. A line without it is no beginning of a message.
 *   <li>The names end where the session's id is repeated. A name that contains a guess of the id would add a
 *       repetition: then no name is trusted. The same holds where the line breaks before the repetition.
 *   <li>Between the two ids, {@code database=} must stand exactly once, or no name is trusted either.
 * </ol>
 */
final class PrefixedLines implements LogLines {
    private static final String SERVER =
            "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} [A-Za-z0-9+-]{3,6} \\[\\d{1,10}] session=([0-9a-f]{1,16}\\.[0-9a-f]{1,8})"
                    + " state=([0-9A-Z]{5}) ";

    private static final Pattern HEAD = Pattern.compile(SERVER + "client=([^ ]{0,255}) phase=([A-Za-z ]{0,40}) user=");

    /** A line of the server itself. A session's line goes on with its client instead. */
    private static final Pattern ENDED = Pattern.compile(
            SERVER
                    + "LOG:  (?:server process|background worker \"[^\"]{1,60}\") \\(PID (\\d{1,9})\\) ((?:was terminated by signal|exited with exit code) \\d[\\w :]{0,60})");

    private static final String DATABASE = " database=";
    private static final String SESSION = " session=";
    private static final String SUCCESS = "00000";

    /** The values of {@code %i} until a session is let in. */
    private static final Set<String> LOGGING_IN = Set.of("authentication", "startup");

    /** The values of {@code %i} for a session that finds no room, before the server has identified the client. */
    private static final Set<String> BEFORE_LOGIN = Set.of("", "initializing");

    private static final String NO_ROOM = "53300";

    private static final Map<String, Reason> REASONS = Map.of(
            "28P01",
            Reason.WRONG_PASSWORD,
            "28000",
            Reason.NOT_LET_IN,
            "3D000",
            Reason.NO_DATABASE,
            "42501",
            Reason.NO_RIGHT,
            "55000",
            Reason.CLOSED,
            NO_ROOM,
            Reason.TOO_MANY);

    @Override
    public Optional<LogEvent> read(Instant at, String line) {
        Matcher head = HEAD.matcher(line);
        if (!head.lookingAt()) {
            return ended(at, line);
        }
        String session = head.group(1);
        Names names = Names.in(line.substring(head.end()), SESSION + session + " ");
        Reason reason = REASONS.get(head.group(2));
        if (reason != null && isLogin(head.group(2), head.group(4))) {
            return Optional.of(new LogEvent.Refused(
                    at,
                    session,
                    names.user(),
                    names.database(),
                    head.group(3),
                    PlainLines.better(names.message()).orElse(reason)));
        }
        return head.group(2).equals(SUCCESS)
                ? LogLines.seconds(names.message())
                        .map(seconds -> new LogEvent.Slow(at, names.user(), names.database(), seconds))
                : Optional.empty();
    }

    private static Optional<LogEvent> ended(Instant at, String line) {
        Matcher ended = ENDED.matcher(line);
        return ended.matches()
                ? Optional.of(new LogEvent.Ended(at, Integer.parseInt(ended.group(3)), ended.group(4)))
                : Optional.empty();
    }

    private static boolean isLogin(String state, String phase) {
        return LOGGING_IN.contains(phase) || (BEFORE_LOGIN.contains(phase) && state.equals(NO_ROOM));
    }

    private record Names(String user, String database, String message) {
        private static final Names NONE = new Names(LogEvent.UNFIT, LogEvent.UNFIT, "");

        static Names in(String rest, String end) {
            int names = rest.indexOf(end);
            int between = rest.indexOf(DATABASE);
            // A message that repeats a name can hold the end of the names once more, even with the space before it.
            if (names < 0
                    || rest.indexOf(end, names + 1) >= 0
                    || between < 0
                    || between > names
                    || rest.substring(between + 1, names).contains(DATABASE)) {
                return NONE;
            }
            return new Names(
                    LogLines.fit(rest.substring(0, between)),
                    LogLines.fit(rest.substring(between + DATABASE.length(), names)),
                    rest.substring(names + end.length()));
        }
    }
}
