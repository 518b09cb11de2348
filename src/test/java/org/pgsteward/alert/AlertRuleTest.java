package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

class AlertRuleTest {
    /** Each look is source:severity; w is well, i, m, c are info, warning (middling) and critical. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "well without a past is no news, a:w, none",
        "bad is news once, a:m a:m a:m, began none none",
        "and over is news once, a:m a:w a:w, began over none",
        "worse is news, a:m a:c a:c, began worse none",
        "better without being over is not, a:c a:m, began none",
        "nor is getting as bad again as was told, a:c a:m a:c, began none none",
        "information is told once and its end is silent, a:i a:i a:w a:w, began none none none",
        "it may be told anew when it was over, a:i a:w a:i, began none began",
        "what rose above information has an end that is told, a:i a:m a:i a:w, began worse none over",
        "information of two sources ends in silence too, a:i b:i a:w b:w, began none none none",
        "after it was over it begins anew, a:m a:w a:m, began over began",
        "and anew as mild as it is, a:c a:w a:i a:m, began over began worse",
        "a second source that says the same is no news, a:c b:c, began none",
        "one source's well does not end another's trouble, a:c b:c a:w b:w, began none none over",
        "a source that never said bad cannot end it, a:c b:w a:w, began none over",
        "the worst of all sources counts, a:i b:c a:w b:w, began worse none over",
        "two mild ones make no worse one, a:m b:i a:w b:w, began none none over"
    })
    void decidesWhatIsNews(String why, String looks, String expected) {
        Optional<Alert> page = Optional.empty();
        StringJoiner news = new StringJoiner(" ");
        for (String look : looks.split(" ", -1)) {
            String[] parts = look.split(":", -1);
            AlertRule.Turn turn = AlertRule.turn(page, condition(parts[1]), parts[0]);
            page = turn.after();
            news.add(turn.news().name().toLowerCase(Locale.ROOT));
        }
        assertThat(news).as(why).hasToString(expected);
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
