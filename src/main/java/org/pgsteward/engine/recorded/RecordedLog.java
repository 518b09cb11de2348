package org.pgsteward.engine.recorded;

import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A container's log from the output of a PostgreSQL on this host. Each line gets the time with which it begins. */
final class RecordedLog {
    private static final Pattern TIME =
            Pattern.compile("(\\d{4}-\\d\\d-\\d\\d) (\\d\\d:\\d\\d:\\d\\d\\.\\d{3}) (?:UTC|GMT) .*");
    private static final Pattern SINCE = Pattern.compile("(?:.*&)?since=(\\d{1,12})(?:\\.(\\d{9}))?(?:&.*)?");

    private final Supplier<String> text;
    private final Clock clock;

    RecordedLog(Supplier<String> text, Clock clock) {
        this.text = text;
        this.clock = clock;
    }

    /** Returns the log in the format of a container with a terminal. */
    String answer(String query) {
        Instant since = since(query);
        StringBuilder answer = new StringBuilder();
        Instant millisecond = Instant.EPOCH;
        int within = 0;
        for (String line : text.get().lines().toList()) {
            Instant time = time(line).orElse(millisecond.equals(Instant.EPOCH) ? clock.instant() : millisecond);
            within = time.equals(millisecond) ? within + 1 : 0;
            millisecond = time;
            Instant at = time.plusNanos(within);
            if (!at.isBefore(since)) {
                answer.append(at).append(' ').append(line).append("\r\n");
            }
        }
        return answer.toString();
    }

    private static Instant since(String query) {
        Matcher asked = SINCE.matcher(query);
        if (!asked.matches()) {
            return Instant.EPOCH;
        }
        int nanos = asked.group(2) == null ? 0 : Integer.parseInt(asked.group(2));
        return Instant.ofEpochSecond(Long.parseLong(asked.group(1)), nanos);
    }

    private static Optional<Instant> time(String line) {
        Matcher begins = TIME.matcher(line);
        return begins.matches()
                ? Optional.of(Instant.parse(begins.group(1) + "T" + begins.group(2) + "Z"))
                : Optional.empty();
    }
}
