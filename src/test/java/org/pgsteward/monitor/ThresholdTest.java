package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Severity;

@Tag("fast")
class ThresholdTest {
    /** One reading a minute; '-' is undecided. Levels: warn 80, critical 90, clear 70, lasting two minutes. */
    @ParameterizedTest(name = "{0}: {1} -> {2}")
    @CsvSource({
        "below the clear level is reported as well, 10 69, well well",
        "shorter above than the set time does not fire, 85 85, - -",
        "fires after the set time, 85 85 85, - - warning",
        "a gap restarts the time, 85 85 75 85 85, - - - - -",
        "exactly the level counts as above, 80 80 80, - - warning",
        "first values between clear and warn report nothing, 75 75 75, - - -",
        "keeps firing down to the clear level, 85 85 85 75 70, - - warning warning warning",
        "resolves below the clear level, 85 85 85 69, - - warning well",
        "values around the level keep one alert, 81 81 81 79 81 78 81, - - warning warning warning warning warning",
        "critical needs the set time too, 95 95 95, - - critical",
        "critical on top of a warning, 85 85 85 95 95 95, - - warning warning warning critical",
        "critical falls back to warning ten points lower, 95 95 95 80 79, - - critical critical warning",
        "critical resolves at once below the clear level, 95 95 95 10, - - critical well",
        "an unknown value changes and reports nothing, 10 NaN 10, well - well"
    })
    void judgesFiguresByTime(String why, String values, String expected) {
        MetricRule<DatabaseObservation> rule = rule();
        Threshold.Track track = Threshold.Track.START;
        List<String> said = new ArrayList<>();
        int minute = 0;
        for (double value : Arrays.stream(values.split(" "))
                .mapToDouble(Double::parseDouble)
                .toArray()) {
            Threshold.Step step = rule.threshold("vikunja")
                    .step(track, value, Severity.WARNING, Looks.NOON.plusSeconds(60L * minute++));
            track = step.track();
            said.add(step.decided() ? track.severity().map(Severity::word).orElse("well") : "-");
        }
        assertThat(String.join(" ", said)).as(why).isEqualTo(expected);
    }

    @Test
    void clockSetBackDoesNotDelayImmediateDecisions() {
        Threshold threshold = new Threshold(Optional.of(80.0), Optional.of(90.0), 70, Duration.ZERO, 2);

        Threshold.Step first = threshold.step(Threshold.Track.START, 85, Severity.WARNING, Looks.NOON);
        Threshold.Step second = threshold.step(first.track(), 85, Severity.WARNING, Looks.NOON.minusSeconds(3600));

        assertThat(first.decided()).isFalse();
        assertThat(second.track().severity()).contains(Severity.WARNING);
    }

    @Test
    void aServiceMayHaveLevelsOfItsOwn() {
        MetricRule<DatabaseObservation> rule = new ConnectionsRule();
        rule.use(new WrittenLevels(
                "80%",
                "90%",
                "70%",
                "2m",
                Map.of("vikunja", WrittenLevels.of("50%", "60%"), "gitea", WrittenLevels.of("off", ""))));

        assertThat(rule.threshold("vikunja").warn()).contains(50.0);
        assertThat(rule.threshold("vikunja").critical()).contains(60.0);
        assertThat(rule.threshold("gitea").isOff()).isTrue();
        assertThat(rule.threshold("wiki").warn()).contains(80.0);
    }

    @ParameterizedTest
    @CsvSource({
        "80%, 70%, '', '', critical is 70%: it must be at least warn",
        "80%, 90%, 80%, '', clear is 80%: it must be below the first level",
        "80%, 90%, '', 9%/8%, critical of vikunja is 8%",
        "80, 90%, '', '', 'warn is ''80'': write a share such as 80%, or off'",
        "0%, 90%, '', '', 'warn is ''0%'''"
    })
    void refusesLevelsThatSayNothing(String warn, String critical, String clear, String service, String message) {
        MetricRule<DatabaseObservation> rule = new ConnectionsRule();
        List<String> own = List.of(service.split("/", 2));
        Map<String, WrittenLevels> single =
                own.size() < 2 ? Map.of() : Map.of("vikunja", WrittenLevels.of(own.get(0), own.get(1)));

        assertThatThrownBy(() -> rule.use(new WrittenLevels(warn, critical, clear, "", single)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({
        "TIME, 90s, 90, 1 min 30 s", "TIME, 6h, 21600, 6 h", "TIME, 2d, 172800, 2 days",
        "BYTES, 200m, 209715200, 200 MiB", "BYTES, 1.5g, 1610612736, 1.5 GiB", "COUNT, 500m, 500000000, 500 million",
        "COUNT, 20, 20, 20", "PERCENT, 82.4%, 82.4, 82%"
    })
    void readsLevelsAndSaysThem(Unit unit, String text, double value, String words) {
        assertThat(unit.parse("warn", text)).isEqualTo(value);
        assertThat(unit.words(value)).isEqualTo(words);
    }

    private static MetricRule<DatabaseObservation> rule() {
        MetricRule<DatabaseObservation> rule = new ConnectionsRule();
        rule.use(new WrittenLevels("80%", "90%", "70%", "2m", Map.of()));
        return rule;
    }
}
