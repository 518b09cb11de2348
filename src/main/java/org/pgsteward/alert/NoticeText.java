package org.pgsteward.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notice;
import org.pgsteward.model.Severity;

/**
 * Words for somebody who was just woken: what, since when, how bad with figures, why, and what to type. What came from
 * outside (services, names, messages of servers) is made one harmless line first.
 */
final class NoticeText {
    private static final int TITLE = 140;
    private static final int NAME = 80;
    private static final int REASON = 600;
    private static final int COMMAND = 300;
    private static final int COMMANDS = 20;

    private final DateTimeFormatter clock;

    /** @param zone in which people read times */
    NoticeText(ZoneId zone) {
        clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss z", Locale.ENGLISH)
                .withZone(zone);
    }

    /**
     * It began, or got worse.
     *
     * @param since when it began
     * @param worse whether it was told before as something less
     */
    Notice firing(String id, Condition condition, Severity severity, Instant since, boolean worse) {
        if (severity == Severity.INFO) {
            return information(id, condition, since);
        }
        String reason = OneLine.of(condition.reason(), REASON);
        String title = "[" + severity.word() + "] " + subject(condition) + ": " + reason;
        String text = what(condition) + (worse ? " is now " : " is ") + severity.word() + ", since "
                + clock.format(since) + ".\n" + reason;
        return notice(id, "firing", severity, condition, since, title, text, remedy(condition));
    }

    /** Without the kind's words of trouble in the title, and so that nobody waits for an end that is not told. */
    private Notice information(String id, Condition condition, Instant since) {
        String reason = OneLine.of(condition.reason(), REASON);
        String title = "[info] " + OneLine.of(condition.service(), NAME) + ": " + reason;
        String text = what(condition) + ", since " + clock.format(since) + ".\n" + reason
                + "\nThis is for information only: its end is not told.";
        return notice(id, "firing", Severity.INFO, condition, since, title, text, remedy(condition));
    }

    /**
     * It is over.
     *
     * @param severity the worst that was told of it
     * @param since when it began
     */
    Notice resolved(String id, Condition well, Severity severity, Instant since) {
        String lasted = Elapsed.words(Duration.between(since, well.at()));
        String title = "[over] " + subject(well) + ", after " + lasted;
        String text = what(well) + " is over. It lasted " + lasted + ", from " + clock.format(since) + " to "
                + clock.format(well.at()) + ".\n" + OneLine.of(well.reason(), REASON);
        return notice(id, "resolved", severity, well, since, title, text, "");
    }

    /** The same notice, saying how long it lay before it could be handed over, and why. */
    static Notice late(Notice notice, Duration delay, String why) {
        String text = notice.text() + "\nThis is " + Elapsed.words(delay) + " late: " + why + ".";
        return new Notice(
                notice.id(),
                notice.state(),
                notice.severity(),
                notice.kind(),
                notice.service(),
                notice.since(),
                notice.title(),
                text,
                notice.remedy(),
                notice.figures());
    }

    private static Notice notice(
            String id,
            String state,
            Severity severity,
            Condition condition,
            Instant since,
            String title,
            String text,
            String remedy) {
        return new Notice(
                id,
                state,
                severity.word(),
                OneLine.of(condition.kind(), NAME),
                OneLine.of(condition.service(), NAME),
                since,
                OneLine.of(title, TITLE),
                text,
                remedy,
                figures(condition.figures()));
    }

    private static String subject(Condition condition) {
        return OneLine.of(condition.service(), NAME) + " " + words(condition);
    }

    private static String what(Condition condition) {
        return OneLine.of(condition.service(), NAME) + ": " + words(condition);
    }

    private static String words(Condition condition) {
        return OneLine.of(condition.kind().replace('-', ' '), NAME);
    }

    /** A remedy is lines of ours; but a name inside one must not make a line of its own that looks like a command. */
    private static String remedy(Condition condition) {
        return condition
                .remedy()
                .lines()
                .limit(COMMANDS)
                .map(line -> OneLine.of(line, COMMAND))
                .filter(line -> !line.isEmpty())
                .collect(Collectors.joining("\n"));
    }

    private static Map<String, Object> figures(Map<String, Object> figures) {
        Map<String, Object> clean = new LinkedHashMap<>();
        figures.forEach((name, value) -> clean.put(
                OneLine.of(name, NAME),
                value instanceof Number || value instanceof Boolean
                        ? value
                        : OneLine.of(String.valueOf(value), REASON)));
        return clean;
    }
}
