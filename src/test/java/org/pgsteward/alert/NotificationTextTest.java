package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.alert.SettableClock.NOON;

import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

@Tag("fast")
class NotificationTextTest {
    private final NotificationText text = new NotificationText(ZoneId.of("Europe/Berlin"));
    private final Condition high = Condition.bad(
                    Severity.WARNING,
                    "memory-high",
                    "vikunja",
                    "82% of 256 MiB in use (210 MiB), warns at 80%",
                    "docker stats --no-stream vikunja",
                    NOON)
            .with(Map.of("percent", 82.0));

    @Test
    void statesSubjectTimeSeverityReasonAndRemedy() {
        Notification notice = text.of("n1", notification(DueNotification.News.BEGAN, high), false, NOON);

        assertThat(notice)
                .isEqualTo(new Notification(
                        "n1",
                        "firing",
                        "warning",
                        "memory-high",
                        "vikunja",
                        NOON,
                        "[warning] vikunja memory high: 82% of 256 MiB in use (210 MiB), warns at 80%",
                        "vikunja: memory high (warning) since 2026-05-01 14:00:00 CEST.\n"
                                + "82% of 256 MiB in use (210 MiB), warns at 80%",
                        "docker stats --no-stream vikunja",
                        Map.of("percent", 82.0),
                        List.of(new Notification.Entry(
                                Notification.Entry.id("memory-high", "vikunja"),
                                "firing",
                                "warning",
                                "memory-high",
                                "vikunja",
                                NOON))));
    }

    /** Once, a program could read only "homelab, postgres, svc1 and 5 more" in a grouped notice. */
    @Test
    void alertIdsOfFiringAndResolvedNoticesAreEqual() {
        List<Alert> fire = IntStream.range(0, 8)
                .mapToObj(i -> alert("s" + i).orElseThrow())
                .toList();
        List<Alert> end = IntStream.range(0, 8)
                .mapToObj(i -> AlertRule.turn(
                                alert("s" + i),
                                Condition.well("memory-high", "s" + i, "20% in use", NOON.plusSeconds(60)),
                                "look")
                        .orElseThrow())
                .toList();

        Notification firing = text.of("n1", new DueNotification(DueNotification.News.BEGAN, fire), false, NOON);
        Notification resolved =
                text.of("n2", new DueNotification(DueNotification.News.OVER, end), false, NOON.plusSeconds(60));
        Notification alone = text.of(
                "n3", new DueNotification(DueNotification.News.OVER, end.subList(3, 4)), false, NOON.plusSeconds(60));

        assertThat(firing.service()).isEqualTo("s0, s1, s2 and 5 more");
        assertThat(firing.alerts())
                .extracting(Notification.Entry::service)
                .containsExactly("s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7");
        assertThat(firing.alerts()).allSatisfy(entry -> {
            assertThat(entry.state()).isEqualTo("firing");
            assertThat(entry.severity()).isEqualTo("warning");
            assertThat(entry.kind()).isEqualTo("memory-high");
            assertThat(entry.since()).isEqualTo(NOON);
        });
        assertThat(firing.alerts()).extracting(Notification.Entry::id).doesNotHaveDuplicates();
        assertThat(resolved.alerts()).extracting(Notification.Entry::state).containsOnly("resolved");
        assertThat(resolved.alerts())
                .extracting(Notification.Entry::id)
                .containsExactlyElementsOf(
                        firing.alerts().stream().map(Notification.Entry::id).toList());
        assertThat(alone.alerts())
                .extracting(Notification.Entry::id)
                .containsExactly(firing.alerts().get(3).id());
        assertThat(NotificationText.late(firing, Duration.ofMinutes(5), "it was away")
                        .alerts())
                .isEqualTo(firing.alerts());
    }

    @Test
    void groupHasClockTimesAndTheStateOfPostgresql() {
        List<Alert> fire = List.of(alert("s0").orElseThrow(), alert("s1").orElseThrow());
        DueNotification began = new DueNotification(DueNotification.News.BEGAN, fire);

        assertThat(text.of("n1", began, false, NOON.plusSeconds(10)).text()).isEqualTo("""
                        2 alerts, the first since 2026-05-01 14:00:00 CEST; PostgreSQL is not reported as down:
                        s0 since 14:00:00 (10 s): 82% in use
                        s1 since 14:00:00 (10 s): 82% in use""");
        assertThat(text.of("n1", began, true, NOON).text())
                .startsWith("2 alerts, the first since 2026-05-01 14:00:00 CEST; PostgreSQL is down, too:\n");
    }

    @Test
    void resolvedGroupHasTheTimeOfEachEnd() {
        List<Alert> ended = Stream.of("s0", "s1")
                .map(service -> AlertRule.turn(
                                alert(service),
                                Condition.well("memory-high", service, "20% in use", NOON.plusSeconds(60)),
                                "look")
                        .orElseThrow())
                .toList();

        assertThat(text.of("n2", new DueNotification(DueNotification.News.OVER, ended), false, NOON.plusSeconds(70))
                        .text())
                .isEqualTo("""
                        2 alerts resolved by 2026-05-01 14:01:10 CEST:
                        s0 at 14:01:00 after 1 min: 20% in use
                        s1 at 14:01:00 after 1 min: 20% in use""");
    }

    @Test
    void longTitleEndsWithAWholeClause() {
        Condition full = Condition.bad(
                Severity.WARNING,
                "disk-filling",
                "/var/lib/pgsteward",
                "the disk of /var/lib/pgsteward (backups) is 86% full: 1.2 GiB of 8 GiB free; at the rate of the last"
                        + " hours it is full in 9 h; alert from 85% on",
                "df -h",
                NOON);

        assertThat(text.of("n1", notification(DueNotification.News.BEGAN, full), false, NOON)
                        .title())
                .isEqualTo("[warning] /var/lib/pgsteward disk filling: the disk of /var/lib/pgsteward (backups) is 86%"
                        + " full: 1.2 GiB of 8 GiB free…");
    }

    @Test
    void aNoticeListsSoManyAlertsAndNoMore() {
        List<Alert> many = IntStream.range(0, 1000)
                .mapToObj(i -> alert("s" + i).orElseThrow())
                .toList();
        Notification notice = text.of("n1", new DueNotification(DueNotification.News.BEGAN, many), false, NOON);

        assertThat(notice.alerts()).hasSize(Notification.MOST_ALERTS);
        assertThat(notice.figures()).containsEntry("count", 1000);
    }

    private static Optional<Alert> alert(String service) {
        return AlertRule.turn(
                Optional.empty(),
                Condition.bad(Severity.WARNING, "memory-high", service, "82% in use", "docker stats", NOON),
                "look");
    }

    @Test
    void informationHasNoWordOfTroubleInItsTitleAndPromisesNoEnd() {
        Condition stopped = Condition.bad(
                Severity.INFO, "service-down", "vikunja", "was stopped on purpose", "docker start vikunja", NOON);

        Notification notice = text.of("n1", notification(DueNotification.News.BEGAN, stopped), false, NOON);

        assertThat(notice.title()).isEqualTo("[info] vikunja: was stopped on purpose");
        assertThat(notice.text())
                .isEqualTo("vikunja: service down since 2026-05-01 14:00:00 CEST.\nwas stopped on purpose\n"
                        + "For information only: no notification follows when it ends.");
        assertThat(notice.state()).isEqualTo("firing");
        assertThat(notice.remedy()).isEqualTo("docker start vikunja");
    }

    @Test
    void saysThatItGotWorse() {
        assertThat(text.of("n1", notification(DueNotification.News.WORSE, high), false, NOON)
                        .text())
                .startsWith("vikunja: memory high is now warning. It began 2026-05-01 14:00:00 CEST.");
    }

    @Test
    void itsEndHasTheFiguresOfTheEndWhereItHasAny() {
        Condition well = Condition.well("memory-high", "vikunja", "20% of 256 MiB in use", NOON.plusSeconds(725));
        for (Map<String, Object> figures : List.<Map<String, Object>>of(Map.of("ratio", 0.2), Map.of())) {
            Alert over = AlertRule.turn(Optional.of(page(high)), well.with(figures), "look")
                    .orElseThrow();
            Notification notice =
                    text.of("n2", new DueNotification(DueNotification.News.OVER, List.of(over)), false, NOON);
            assertThat(notice.figures()).isEqualTo(figures.isEmpty() ? high.figures() : figures);
        }
    }

    @Test
    void resolvedNoticeStatesTheDuration() {
        Condition well = Condition.well("memory-high", "vikunja", "20% of 256 MiB in use", NOON.plusSeconds(725));

        Alert over = AlertRule.turn(
                        Optional.of(page(high).heard(new Alert.Heard(Severity.WARNING, NOON, false))), well, "look")
                .orElseThrow();
        Notification notice = text.of("n2", new DueNotification(DueNotification.News.OVER, List.of(over)), false, NOON);

        assertThat(notice.state()).isEqualTo("resolved");
        assertThat(notice.title()).isEqualTo("[resolved] vikunja memory high after 12 min 5 s");
        assertThat(notice.text())
                .isEqualTo("vikunja: memory high is resolved. It lasted 12 min 5 s, from 2026-05-01 14:00:00 CEST to"
                        + " 2026-05-01 14:12:05 CEST.\n20% of 256 MiB in use");
        assertThat(notice.remedy()).isEmpty();
    }

    @Test
    void saysHowLateItIs() {
        Notification late = NotificationText.late(
                text.of("n1", notification(DueNotification.News.BEGAN, high), false, NOON),
                Duration.ofMinutes(7),
                "the receiver was unreachable");

        assertThat(late.text()).endsWith("\nThis notification is 7 min late: the receiver was unreachable.");
        assertThat(late.id()).isEqualTo("n1");
    }

    @Test
    void containerNamesCannotImitateOurText() {
        Condition nasty = Condition.bad(
                        Severity.CRITICAL,
                        "service-down",
                        "x\r\nBcc: all@example.org\u202E",
                        "down\n\n[resolved] all is well",
                        "docker start x\ndocker\u0000 ps\n\n",
                        NOON)
                .with(Map.of("container", "x\ny"));

        Notification notice = text.of("n1", notification(DueNotification.News.BEGAN, nasty), false, NOON);

        assertThat(notice.title()).doesNotContain("\n", "\r", "\u202E").hasSizeLessThanOrEqualTo(140);
        assertThat(notice.service()).isEqualTo("x Bcc: all@example.org");
        assertThat(notice.text().lines()).hasSize(2);
        assertThat(notice.remedy()).isEqualTo("docker start x\ndocker ps");
        assertThat(notice.figures()).containsEntry("container", "x y");
    }

    @Test
    void linesThatAreLeftOutOfARemedyAreCounted() {
        Condition many =
                Condition.bad(Severity.CRITICAL, "service-down", "x", "down", "docker start x\n".repeat(25), NOON);

        assertThat(text.of("n1", notification(DueNotification.News.BEGAN, many), false, NOON)
                        .remedy())
                .hasLineCount(21)
                .endsWith("docker start x\n# and 5 more lines");
    }

    @Test
    void nothingOutsideMakesANoticeLong() {
        String much = "y".repeat(1_000_000);
        Condition long_ = Condition.bad(Severity.INFO, much, much, much, much + "\n" + much, NOON)
                .with(Map.of(much, much));

        Notification notice = text.of("n1", notification(DueNotification.News.BEGAN, long_), false, NOON);

        assertThat(notice.toString()).hasSizeLessThan(4000);
    }

    @Test
    void repeatedNoticeStatesItsDuration() {
        Notification notice =
                text.of("n1", notification(DueNotification.News.STILL, high), false, NOON.plus(Duration.ofHours(8)));

        assertThat(notice.title())
                .isEqualTo("[warning] vikunja memory high for 8 h: 82% of 256 MiB in use (210 MiB), warns at 80%");
        assertThat(notice.text())
                .startsWith("vikunja: memory high (warning) still fires after 8 h, since 2026-05-01 14:00");
    }

    @Test
    void flappingAlertIsNamedAsFlapping() {
        Notification notice = text.of("n1", notification(DueNotification.News.FLAPPING, high), false, NOON);

        assertThat(notice.title()).startsWith("[warning] vikunja memory high is flapping: fired 1 times since ");
        assertThat(notice.text()).endsWith("\nNo further notification follows until the alert is stable.");
    }

    @Test
    void noticeAboutAPassedAlertStatesItsReason() {
        Condition well = Condition.well("memory-high", "vikunja", "20% of 256 MiB in use", NOON.plusSeconds(4));
        Alert passed = AlertRule.turn(Optional.of(page(high)), well, "look").orElseThrow();
        Notification notice =
                text.of("n1", new DueNotification(DueNotification.News.PASSED, List.of(passed)), false, NOON);

        assertThat(notice.state()).isEqualTo("resolved");
        assertThat(notice.text())
                .endsWith(
                        "\n20% of 256 MiB in use\nThe alert resolved before its notification was sent. Its reason: 82% of 256 MiB in use"
                                + " (210 MiB), warns at 80%");
    }

    private static DueNotification notification(DueNotification.News news, Condition condition) {
        return new DueNotification(news, List.of(page(condition)));
    }

    private static Alert page(Condition condition) {
        return AlertRule.turn(Optional.empty(), condition, "look").orElseThrow();
    }
}
