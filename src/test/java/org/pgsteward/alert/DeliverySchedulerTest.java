package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Notification;
import org.pgsteward.model.Severity;

/** Receivers that refuse notices, fail and recover, on a clock that the test moves. */
@Tag("fast")
class DeliverySchedulerTest {

    private static final Fallbacks CHAIN = new Fallbacks(List.of("email", "phone"), Duration.ofMinutes(15));

    @TempDir
    private Path state;

    private final SettableClock clock = new SettableClock();
    private final List<String> tried = new ArrayList<>();
    private final List<String> sent = new ArrayList<>();
    private final List<String> texts = new ArrayList<>();
    private final List<Condition> reported = new ArrayList<>();
    private final Map<String, DeliveryScheduler> schedulers = new HashMap<>();
    private Function<Notification, Sender.@Nullable NotTaken> answer = notice -> null;

    @Test
    void aRefusedNoticeHoldsUpItsOwnSubjectOnly() {
        answer = notice -> notice.id().equals("a1") ? wrong() : null;
        put("a1", "b1", "a2", "c1");

        scheduler("slack").deliver();

        assertThat(sent).containsExactly("b1", "c1");
        assertThat(outbox().depth("slack")).isEqualTo(2);
    }

    /** The resolved notice of one alert must not overtake the group notice that reported it as firing. */
    @Test
    void aRefusedNoticeOfSeveralHoldsUpEachOfThem() {
        NotificationPolicy rule = new NotificationPolicy();
        rule.setWait("0s");
        AlertRegistry book = new AlertRegistry(
                state,
                new Silences(state, Json.mapper(), clock),
                Json.mapper(),
                clock,
                ZoneOffset.UTC,
                CommandPrefix.PLAIN);
        for (String service : List.of("a", "b", "c")) {
            book.consider(Condition.bad(Severity.WARNING, "memory-high", service, "82%", "", clock.instant()));
        }
        Notification all = book.due(rule).get(0);
        answer = notice -> notice.id().equals(all.id()) ? wrong() : null;
        outbox().put(all, List.of("slack"));
        put("b1", "d1");

        scheduler("slack").deliver();

        assertThat(sent).containsExactly("d1");
    }

    @Test
    void aRefusedNoticeIsTriedAgainEverMoreSlowlyAndNeverDropped() {
        answer = notice -> wrong();
        put("a1");
        for (int second = 0; second < 86_400; second += 30) {
            scheduler("slack").deliver();
            clock.pass(Duration.ofSeconds(30));
        }
        assertThat(tried).as("attempts in a day").hasSizeBetween(4, 12);
        assertThat(outbox().depth("slack")).isEqualTo(1);

        answer = notice -> null;
        put("a2");
        clock.pass(Duration.ofHours(6));
        scheduler("slack").deliver();
        assertThat(sent).containsExactly("a1", "a2");
    }

    @Test
    void whenAllAreRefusedItIsTheReceiverAndAllWait() {
        answer = notice -> wrong();
        put("a1", "b1", "c1", "d1", "e1", "f1");

        scheduler("slack").deliver();
        scheduler("slack").deliver();
        assertThat(tried).containsExactly("a1", "b1");

        clock.pass(Duration.ofMinutes(5));
        scheduler("slack").deliver();
        assertThat(tried).as("one more attempt").containsExactly("a1", "b1", "c1");

        answer = notice -> null;
        clock.pass(Duration.ofMinutes(10));
        scheduler("slack").deliver();
        assertThat(sent).containsExactlyInAnyOrder("a1", "b1", "c1", "d1", "e1", "f1");
    }

    @Test
    void twoWrongOnesAtTheHeadDoNotHoldUpTheRestForEver() {
        answer = notice -> notice.id().matches("[ab]1") ? wrong() : null;
        put("a1", "b1", "c1", "d1");
        scheduler("slack").deliver();
        assertThat(sent).isEmpty();

        for (int minute = 0; minute < 30; minute++) {
            clock.pass(Duration.ofMinutes(1));
            scheduler("slack").deliver();
        }
        assertThat(sent).containsExactly("c1", "d1");
        assertThat(outbox().depth("slack")).isEqualTo(2);
    }

    @Test
    void aReceiverThatAsksToBeLeftAloneIs() {
        answer = notice -> Sender.NotTaken.forNow("it answers 429", Duration.ofMinutes(20));
        put("a1");
        assertThat(scheduler("slack").deliver()).as("time until the next check").hasSeconds(30);
        for (int second = 0; second < 1199; second += 30) {
            scheduler("slack").deliver();
            clock.pass(Duration.ofSeconds(30));
        }
        assertThat(tried).hasSize(1);
        scheduler("slack").deliver();
        assertThat(tried).hasSize(2);
    }

    @Test
    void noReceiverIsLeftAloneForMoreThanADay() {
        answer = notice -> Sender.NotTaken.forNow("it answers 503", Duration.ofDays(4000));
        put("a1");
        scheduler("slack").deliver();
        answer = notice -> null;
        clock.pass(Duration.ofDays(1));
        scheduler("slack").deliver();
        assertThat(sent).containsExactly("a1");
    }

    @Test
    void aLateNoticeSaysHowLateAndThatTheReceiverCouldNotBeReached() {
        answer = notice -> new Sender.NotTaken("refused");
        put("a1", "b1");
        for (int minute = 0; minute < 180; minute++) {
            scheduler("slack").deliver();
            clock.pass(Duration.ofMinutes(1));
        }
        answer = notice -> null;
        clock.pass(Duration.ofMinutes(5));
        scheduler("slack").deliver();
        put("c1");
        scheduler("slack").deliver();

        String late = "text\nThis notification is 3 h 5 min late: the receiver was unreachable.";
        assertThat(texts).containsExactly(late, late, "text");
    }

    @Test
    void failingReceiverRaisesOneAlertThatResolvesOnDelivery() {
        scheduler("slack").deliver();
        answer = notice -> new Sender.NotTaken("it answers 500");
        put("a1", "b1");
        for (int minute = 0; minute < 14; minute++) {
            scheduler("slack").deliver();
            clock.pass(Duration.ofMinutes(1));
        }
        assertThat(reported).isEmpty();
        assertThat(scheduler("slack").isFailing()).isFalse();

        for (int minute = 0; minute < 60; minute++) {
            scheduler("slack").deliver();
            clock.pass(Duration.ofMinutes(1));
        }
        assertThat(reported).singleElement().satisfies(condition -> {
            assertThat(condition.key()).isEqualTo("receiver-failing:slack");
            assertThat(condition.at()).isEqualTo(SettableClock.NOON);
            assertThat(condition.reason())
                    .isEqualTo("it has accepted no notification for 15 min, 2 wait and are sent later: it answers 500");
        });
        assertThat(scheduler("slack").isFailing()).isTrue();

        answer = notice -> null;
        clock.pass(Duration.ofMinutes(5));
        scheduler("slack").deliver();
        assertThat(reported).hasSize(2);
        assertThat(reported.get(1).severity()).isEmpty();
        assertThat(scheduler("slack").isFailing()).isFalse();
    }

    @Test
    void aNoticeThatIsWrongByItselfMakesNoFailingReceiver() {
        answer = notice -> notice.id().equals("a1") ? wrong() : null;
        put("a1", "b1");
        for (int minute = 0; minute < 24 * 60; minute++) {
            scheduler("slack").deliver();
            clock.pass(Duration.ofMinutes(1));
        }
        assertThat(sent).containsExactly("b1");
        assertThat(reported).as("reported as well").hasSize(1);
        assertThat(reported.get(0).severity()).isEmpty();
    }

    @Test
    void aReceiverThatRefusesEverythingIsFailing() {
        answer = notice -> wrong();
        put("a1");
        for (int minute = 0; minute < 20; minute++) {
            scheduler("slack").deliver();
            clock.pass(Duration.ofMinutes(1));
        }
        assertThat(reported)
                .singleElement()
                .satisfies(condition ->
                        assertThat(condition.reason()).endsWith("1 waits and is sent later: it answers 400"));
    }

    @Test
    void aSendThatDoesNotEndIsAFailingReceiver() {
        put("a1");
        DeliveryScheduler[] sending = new DeliveryScheduler[1];
        sending[0] = new DeliveryScheduler(
                "slack",
                outbox(),
                (receiver, notice) -> {
                    assertThat(sending[0].isFailing()).isFalse();
                    clock.pass(Duration.ofMinutes(15));
                    assertThat(sending[0].isFailing()).isTrue();
                    sent.add(notice.id());
                },
                clock,
                DeliveryScheduler.Rests.USUAL,
                CHAIN,
                reported::add);
        sending[0].deliver();
        assertThat(sent).containsExactly("a1");
        assertThat(sending[0].isFailing()).isFalse();
    }

    @Test
    void fallbackGetsLateNoticesOnce() {
        answer = notice -> new Sender.NotTaken("refused");
        Outbox outbox = outbox();
        outbox.put(notice("a1"));
        assertThat(outbox.known()).containsExactly("ntfy", "slack");
        scheduler("slack").deliver();
        scheduler("ntfy").deliver();
        clock.pass(Duration.ofMinutes(14));
        scheduler("email").deliver();
        assertThat(outbox.depth("email")).isZero();

        answer = notice -> null;
        clock.pass(Duration.ofMinutes(1));
        outbox.put(notice("b1"));
        scheduler("email").deliver();
        scheduler("email").deliver();
        scheduler("phone").deliver();
        assertThat(sent).containsExactly("a1");
        assertThat(texts)
                .containsExactly(
                        "text\nThis notification is 15 min late: receiver ntfy has not accepted it, so fallback receiver email gets it.");

        // The receivers that missed the notice get it as well. The fallback does not get it again.
        clock.pass(Duration.ofMinutes(5));
        scheduler("slack").deliver();
        scheduler("email").deliver();
        scheduler("ntfy").deliver();
        scheduler("email").deliver();
        assertThat(sent).containsExactly("a1", "a1", "b1", "a1", "b1");
        assertThat(state.resolve("taken-over/email")).isEmptyDirectory();
    }

    @Test
    void theNextFallbackTakesOverFromTheFirstAlsoAfterARestart() {
        answer = notice -> new Sender.NotTaken("refused");
        outbox().put(notice("a1"));
        clock.pass(Duration.ofMinutes(15));
        scheduler("email").deliver();
        schedulers.clear();
        scheduler("email").deliver();
        assertThat(outbox().depth("email")).isEqualTo(1);

        answer = notice -> null;
        scheduler("phone").deliver();
        assertThat(sent).as("before the fallback's time").isEmpty();
        clock.pass(Duration.ofMinutes(15));
        scheduler("phone").deliver();
        scheduler("phone").deliver();
        assertThat(sent).containsExactly("a1");
    }

    @Test
    void fallbackTakesOverFromReceiversBeforeIt() {
        List<String> known = List.of("email", "gone", "ntfy", "phone", "slack");
        List<String> here = List.of("email", "ntfy", "phone", "slack");
        assertThat(CHAIN.before("email", known, here)).containsExactly("gone", "ntfy", "slack");
        assertThat(CHAIN.before("phone", known, here)).containsExactly("email");
        assertThat(CHAIN.before("slack", known, here)).isEmpty();
        assertThat(CHAIN.before("phone", known, List.of("phone", "slack")))
                .as("first fallback not configured")
                .containsExactly("email", "gone", "ntfy", "slack");
    }

    @Test
    void onlyFirstReceiversGetANoticeAtOnce() {
        List<String> all = List.of("email", "ntfy", "phone", "slack");
        Notification slackFails = about("slack");
        assertThat(CHAIN.first(notice("a1"), all)).containsExactly("ntfy", "slack");
        assertThat(CHAIN.first(slackFails, all)).containsExactly("ntfy");
        assertThat(CHAIN.first(slackFails, List.of("email", "phone", "slack"))).containsExactly("email");
        assertThat(CHAIN.first(notice("a1"), List.of("phone"))).containsExactly("phone");
        assertThat(Fallbacks.NONE.first(notice("a1"), all)).isEqualTo(all);
        assertThat(Fallbacks.NONE.first(slackFails, List.of("slack"))).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> new Fallbacks(List.of(), Duration.ZERO));
    }

    private void put(String... ids) {
        for (String id : ids) {
            outbox().put(notice(id), List.of("slack"));
        }
    }

    private Outbox outbox() {
        return new Outbox(state, Json.mapper(), clock, () -> List.of("email", "ntfy", "phone", "slack"), CHAIN);
    }

    private DeliveryScheduler scheduler(String receiver) {
        return schedulers.computeIfAbsent(
                receiver,
                name -> new DeliveryScheduler(
                        name, outbox(), this::send, clock, DeliveryScheduler.Rests.USUAL, CHAIN, reported::add));
    }

    private void send(String receiver, Notification notice) throws Sender.NotTaken {
        tried.add(notice.id());
        Sender.@Nullable NotTaken refusal = answer.apply(notice);
        if (refusal != null) {
            throw refusal;
        }
        sent.add(notice.id());
        texts.add(notice.text());
    }

    private static Sender.NotTaken wrong() {
        return Sender.NotTaken.refused("it answers 400");
    }

    private static Notification about(String receiver) {
        return new Notification(
                "r1",
                "firing",
                "warning",
                Fallbacks.RECEIVER_FAILING,
                receiver,
                SettableClock.NOON,
                "title",
                "text",
                "",
                Map.of());
    }

    /**
     * Returns a notice.
     *
     * @param id its first letter is the subject
     */
    private static Notification notice(String id) {
        return new Notification(
                id,
                "firing",
                "warning",
                "memory-high",
                id.substring(0, 1),
                SettableClock.NOON,
                "title",
                "text",
                "",
                Map.of());
    }
}
