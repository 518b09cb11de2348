package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/** Readings and events lead to messages, on a clock that the test moves. The scenes are in {@code notification.csv}. */
@Tag("fast")
class NotificationPolicyTest {
    private static final Map<String, String> KINDS = Map.of(
            "pg", "postgres-down",
            "down", "service-down",
            "mem", "memory-high",
            "bak", "backup-failed",
            "again", "backup-not-reverified",
            "feed", "feed-stale");

    private final NotificationPolicy rule = new NotificationPolicy();
    private final Map<String, Alert> pages = new TreeMap<>();
    private final List<Silence> silences = new ArrayList<>();
    private final Map<String, Instant> lastNotified = new HashMap<>();
    private final List<String> heard = new ArrayList<>();

    /**
     * @param scene readings with their times, such as {@code 1m10s down:vikunja=c}. {@code c}, {@code m} and {@code i}
     *     are critical, middling and information, {@code w} is well. {@code s1..s9} are nine services, {@code @probe}
     *     names the source, and {@code restart} forgets everything that is not in a file.
     * @param messages the expected messages with their times, to two seconds
     */
    @ParameterizedTest(name = "{0}")
    @CsvFileSource(resources = "notifications.csv", delimiter = '|', maxCharsPerColumn = 2000)
    void sendsTheMessagesOfEachScene(String sentence, String scene, String messages) {
        rule.setConsequences("postgres-down: service-down, backup-failed");
        Instant now = SettableClock.NOON;
        for (String event : scene.split(";", -1)) {
            String[] words = event.strip().split("\\s+", -1);
            now = run(now, SettableClock.NOON.plus(time(words[0])));
            happen(words, now);
        }
        assertThat(String.join("; ", heard)).as(sentence).isEqualTo(messages == null ? "" : messages.strip());
    }

    private void happen(String[] words, Instant now) {
        switch (words[1]) {
            case "end" -> {}
            case "restart" -> lastNotified.clear();
            case "quiet" -> rule.setQuiet(words[2]);
            case "silence" ->
                silences.add(new Silence(
                        "x", words[2].equals("all") ? "" : words[2], "", now, now.plus(time(words[3])), "deploy"));
            default -> see(words[1], now);
        }
    }

    private void see(String what, Instant now) {
        String[] parts = what.split("[:=@]", -1);
        String kind = java.util.Objects.requireNonNull(KINDS.get(parts[0]), parts[0]);
        for (String service : services(parts[1])) {
            Condition condition = condition(kind, service, parts[2], now);
            String source = parts.length > 3 ? parts[3] : "look";
            AlertRule.turn(Optional.ofNullable(pages.get(condition.key())), condition, source)
                    .ifPresent(page -> pages.put(page.key(), page));
        }
    }

    private static List<String> services(String names) {
        if (!names.contains("..")) {
            return List.of(names);
        }
        String[] ends = names.replaceAll("[^0-9.]", "").split("\\.\\.", -1);
        return IntStream.rangeClosed(Integer.parseInt(ends[0]), Integer.parseInt(ends[1]))
                .mapToObj(n -> "s" + n)
                .toList();
    }

    private static Condition condition(String kind, String service, String severity, Instant at) {
        return switch (severity) {
            case "i" -> Condition.bad(Severity.INFO, kind, service, "stopped", "", at);
            case "m" -> Condition.bad(Severity.WARNING, kind, service, "slow", "", at);
            case "c" -> Condition.bad(Severity.CRITICAL, kind, service, "silent", "", at);
            default -> Condition.well(kind, service, "answers", at);
        };
    }

    /** Checks for due notices every two seconds, as the daemon does. */
    private Instant run(Instant from, Instant to) {
        Instant now = from;
        while (now.isBefore(to)) {
            sendDue(now);
            now = now.plusSeconds(2);
        }
        return to;
    }

    private void sendDue(Instant now) {
        NotificationPolicy.Decision decision =
                rule.decide(pages.values(), silences, Set.of(), lastNotified, ZoneOffset.UTC, now);
        decision.settled().forEach(page -> pages.put(page.key(), page.endHeard(page.over())));
        for (DueNotification notification : decision.due()) {
            lastNotified.put(NotificationPolicy.lane(notification), now);
            List<Alert> alerts = notification.alerts();
            String who = alerts.size() == 1 ? alerts.get(0).service() : alerts.size() + " at once";
            heard.add(words(Duration.between(SettableClock.NOON, now)) + " "
                    + notification.news().name().toLowerCase(Locale.ROOT) + " " + who);
            for (Alert alert : alerts) {
                boolean flapping = notification.news() == DueNotification.News.FLAPPING;
                pages.put(
                        alert.key(),
                        notification.isOver()
                                ? alert.endHeard(alert.over())
                                : alert.heard(new Alert.Heard(alert.severity(), now, flapping)));
            }
        }
    }

    private static Duration time(String text) {
        return Duration.parse(
                text.contains("d") ? "P" + text.toUpperCase(Locale.ROOT) : "PT" + text.toUpperCase(Locale.ROOT));
    }

    private static String words(Duration since) {
        return since.toString().substring(2).toLowerCase(Locale.ROOT);
    }

    @Test
    void consequenceMayHaveThePreviousNameOfItsKind() {
        rule.setConsequences("postgres-down: backup-reproof\nfeed-deaf: service-down");
        rule.setWait("0s");
        see("pg:postgresql=c", SettableClock.NOON);
        see("again:wiki=m", SettableClock.NOON);
        see("feed:pgsteward=m", SettableClock.NOON);
        see("down:wiki=c", SettableClock.NOON);
        sendDue(SettableClock.NOON);
        assertThat(heard).containsExactlyInAnyOrder("0s began postgresql", "0s began pgsteward");
    }

    @Test
    void eachAtOnceWhereNothingIsToWait() {
        rule.setWait("0s");
        see("mem:a=m", SettableClock.NOON);
        see("mem:b=m", SettableClock.NOON);
        sendDue(SettableClock.NOON);
        see("mem:c=m", SettableClock.NOON);
        sendDue(SettableClock.NOON);
        assertThat(heard).containsExactly("0s began a", "0s began b", "0s began c");
    }

    /** NTP sets the clock back by two hours after a start. */
    @Test
    void aClockThatIsSetBackHoldsNothingUntilItsTimeComesAgain() {
        Instant back = SettableClock.NOON.minus(Duration.ofHours(2));
        see("mem:a=m", SettableClock.NOON);
        run(SettableClock.NOON, SettableClock.NOON.plusSeconds(12));
        see("mem:b=m", SettableClock.NOON.plusSeconds(12));
        assertThat(heard).containsExactly("10s began a");
        heard.clear();

        sendDue(back);
        assertThat(heard).as("notifications from before the clock step").containsExactly("-2h began b");
        see("mem:a=w", back.plusSeconds(30));
        see("down:c=c", back.plusSeconds(30));
        run(back.plusSeconds(30), back.plusSeconds(60));
        assertThat(heard)
                .as("notifications from after the clock step")
                .contains("-1h-59m-20s began c", "-1h-59m-20s over a");
    }

    /** The clock of a container on another host may differ this much. */
    @Test
    void clockSlightlyAheadDoesNotEndTheGroupingWait() {
        see("mem:a=m", SettableClock.NOON.plusSeconds(2));
        see("mem:b=m", SettableClock.NOON.plusSeconds(2));
        see("mem:c=m", SettableClock.NOON.plusSeconds(2));
        run(SettableClock.NOON, SettableClock.NOON.plusSeconds(20));
        assertThat(heard).containsExactly("12s began 3 at once");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wait | soon | wait is 'soon', not a time such as 90m, 6h or 2d",
                "wait | -5s | wait is '-5s', not a time such as 90m, 6h or 2d",
                "groupFrom | 1 | groupFrom is '1': write a whole number of at least 2",
                "flaps | many | flaps is 'many': write a whole number of at least 2",
                "consequences | postgres-down | consequences has the line 'postgres-down': write the cause's kind, a colon",
                "consequences | : service-down | consequences has the line ': service-down': write the cause's kind, a colon",
                "quiet | at night | quiet is 'at night': write days and hours such as Sun 03:00-05:00",
                "quiet | 01:00-02:00; Someday 03:00-05:00 | quiet is 'Someday 03:00-05:00': 'someday' is not a day of the week",
                "quiet | 03:00-25:00 | quiet is '03:00-25:00': Text '25:00' could not be parsed"
            })
    void wrongSettingIsReportedInOneLineWithItsPlace(String setting, String value, String message) {
        assertThatThrownBy(() -> set(setting, value))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .hasMessageStartingWith("alerts.camel.yaml: " + message);
    }

    private void set(String setting, String value) {
        switch (setting) {
            case "wait" -> rule.setWait(value);
            case "groupFrom" -> rule.setGroupFrom(value);
            case "flaps" -> rule.setFlaps(value);
            case "consequences" -> rule.setConsequences(value);
            default -> rule.setQuiet(value);
        }
    }
}
