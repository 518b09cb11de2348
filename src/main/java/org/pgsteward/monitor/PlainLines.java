package org.pgsteward.monitor;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgsteward.monitor.LogEvent.Reason;

/**
 * Lines of a server with PostgreSQL's own prefix, which has no names and no SQLSTATE. So the English text is read. No
 * client can have written the {@code FATAL}. Names with a quotation mark are not trusted, since two names could be in
 * one.
 */
final class PlainLines implements LogLines {
    private static final Pattern LINE = Pattern.compile(
            "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} [A-Za-z0-9+-]{3,6} \\[(\\d{1,10})] ((FATAL|DETAIL|LOG):  (.*))");

    private record Message(Pattern form, Reason reason) {
        /** @param form the groups are named {@code user}, {@code database} and {@code client} */
        static Message of(String form, Reason reason) {
            return new Message(
                    Pattern.compile(form.replace("USER", "\"(?<user>[^\"]*)\"")
                            .replace("DATABASE", "\"(?<database>[^\"]*)\"")
                            .replace("CLIENT", "\"(?<client>[^\"]*)\"")
                            .replace("END", "(?:(?:no|SSL|GSS) encryption|SSL (?:on|off))")),
                    reason);
        }

        String group(Matcher found, String name) {
            return form.pattern().contains("<" + name + ">") ? found.group(name) : "";
        }
    }

    private static final List<Message> MESSAGES = List.of(
            Message.of("password authentication failed for user USER", Reason.WRONG_PASSWORD),
            Message.of("[A-Za-z0-9 -]{1,20} authentication failed for user USER", Reason.NOT_LET_IN),
            Message.of(
                    "no pg_hba\\.conf entry for (?:host|replication connection from host) CLIENT, user USER(?:, database DATABASE)?, END",
                    Reason.NO_HBA_LINE),
            Message.of(
                    "pg_hba\\.conf rejects (?:replication )?connection for host CLIENT, user USER(?:, database DATABASE)?, END",
                    Reason.NO_HBA_LINE),
            Message.of("role USER does not exist", Reason.NO_ROLE),
            Message.of("role USER is not permitted to log in", Reason.NO_LOGIN),
            Message.of("database DATABASE does not exist", Reason.NO_DATABASE),
            Message.of("permission denied for database DATABASE", Reason.NO_RIGHT),
            Message.of("database DATABASE is not currently accepting connections", Reason.CLOSED),
            Message.of("too many connections for role USER", Reason.TOO_MANY),
            Message.of("too many connections for database DATABASE", Reason.TOO_MANY),
            Message.of("sorry, too many clients already", Reason.TOO_MANY),
            Message.of("remaining connection slots are reserved for .*", Reason.TOO_MANY));

    private static final Pattern NO_SUCH_ROLE = Pattern.compile("Role \".*\" does not exist\\.");

    /** The beginnings of messages that are more precise than their SQLSTATE. */
    private static final Pattern HBA = Pattern.compile("FATAL:  (?:no pg_hba\\.conf entry|pg_hba\\.conf rejects) .*");

    private static final Pattern NO_ROLE =
            Pattern.compile("DETAIL:  Role \".*\" does not exist\\.|FATAL:  role \".*\" does not exist");

    private static final Pattern NO_LOGIN = Pattern.compile("FATAL:  role \".*\" is not permitted to log in");

    @Override
    public Optional<LogEvent> read(Instant at, String line) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches()) {
            return Optional.empty();
        }
        String session = "pid " + parts.group(1);
        return switch (parts.group(3)) {
            case "FATAL" -> refused(at, session, parts.group(4));
            case "DETAIL" ->
                NO_SUCH_ROLE.matcher(parts.group(4)).matches()
                        ? Optional.of(new LogEvent.Detail(at, session, Reason.NO_ROLE))
                        : Optional.empty();
            default -> LogLines.seconds(parts.group(2)).map(seconds -> new LogEvent.Slow(at, "", "", seconds));
        };
    }

    private static Optional<LogEvent> refused(Instant at, String session, String message) {
        for (Message known : MESSAGES) {
            Matcher found = known.form().matcher(message);
            if (found.matches()) {
                return Optional.of(new LogEvent.Refused(
                        at,
                        session,
                        shown(known.group(found, "user")),
                        shown(known.group(found, "database")),
                        shown(known.group(found, "client")),
                        known.reason()));
            }
        }
        return odd(message)
                .map(reason -> new LogEvent.Refused(at, session, LogEvent.UNFIT, LogEvent.UNFIT, "", reason));
    }

    /** Returns the reason of a refusal with a name that pgsteward never accepts, perhaps with a line break. */
    private static Optional<Reason> odd(String message) {
        if (message.startsWith("password authentication failed for user \"")) {
            return Optional.of(Reason.WRONG_PASSWORD);
        }
        return better("FATAL:  " + message)
                .or(() -> message.startsWith("database \"") ? Optional.of(Reason.NO_DATABASE) : Optional.empty());
    }

    /** Returns the reason in the English text of a refusal, where it is more precise than the SQLSTATE. */
    static Optional<Reason> better(String message) {
        if (HBA.matcher(message).matches()) {
            return Optional.of(Reason.NO_HBA_LINE);
        }
        if (NO_ROLE.matcher(message).matches()) {
            return Optional.of(Reason.NO_ROLE);
        }
        return NO_LOGIN.matcher(message).matches() ? Optional.of(Reason.NO_LOGIN) : Optional.empty();
    }

    private static String shown(@org.jspecify.annotations.Nullable String name) {
        return name == null || name.isEmpty() ? "" : LogLines.fit(name);
    }
}
