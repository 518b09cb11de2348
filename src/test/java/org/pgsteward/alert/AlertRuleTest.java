package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

@Tag("fast")
class AlertRuleTest {
    /** Each reading is source:severity. w is well; i, m and c are info, warning (middling) and critical. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "well and never bad: no alert, a:w, none",
        "bad fires an alert, a:m, warning",
        "well resolves it, a:m a:w, over",
        "higher severity raises it, a:m a:c, critical",
        "lower severity does not lower it, a:c a:m, critical",
        "fires again with the new severity, a:c a:w a:m, warning",
        "well of one source does not resolve another's problem, a:c b:c a:w, critical",
        "a source that never reported bad cannot resolve it, a:c b:w, critical",
        "the highest severity of all sources counts, a:i b:c, critical",
        "two sources do not raise the severity, a:m b:i, warning"
    })
    void keepsHowItIs(String why, String looks, String expected) {
        Optional<Alert> page = turned(looks);
        String is = page.map(alert -> alert.isFiring() ? alert.severity().word() : "over")
                .orElse("none");
        assertThat(is).as(why).isEqualTo(expected);
    }

    @Test
    void remembersItsStartAndWorstSeverity() {
        Alert page = turned("a:m b:c a:w b:w a:m a:w").orElseThrow();
        assertThat(page.begun()).hasSize(2);
        assertThat(page.last().reason()).isEqualTo("slow");
        assertThat(page.over()).isEqualTo(new Alert.Over("answers", SettableClock.NOON, false));
    }

    @Test
    void lastsSinceItBeganAndNotSinceItWasSure() {
        Instant began = SettableClock.NOON.minusSeconds(60);
        Optional<Alert> page = AlertRule.turn(Optional.empty(), condition("c").since(began), "a");
        assertThat(page.orElseThrow().since()).isEqualTo(began);

        Optional<Alert> later = AlertRule.turn(page, condition("c"), "a");
        assertThat(later.orElseThrow().since()).isEqualTo(began);
    }

    private static Optional<Alert> turned(String looks) {
        Optional<Alert> page = Optional.empty();
        for (String look : looks.split(" ", -1)) {
            String[] parts = look.split(":", -1);
            page = AlertRule.turn(page, condition(parts[1]), parts[0]);
        }
        return page;
    }

    private static Condition condition(String severity) {
        Instant at = SettableClock.NOON;
        return switch (severity) {
            case "i" -> Condition.bad(Severity.INFO, "postgres-down", "postgresql", "stopped", "", at);
            case "m" -> Condition.bad(Severity.WARNING, "postgres-down", "postgresql", "slow", "", at);
            case "c" -> Condition.bad(Severity.CRITICAL, "postgres-down", "postgresql", "silent", "", at);
            default -> Condition.well("postgres-down", "postgresql", "answers", at);
        };
    }
}
