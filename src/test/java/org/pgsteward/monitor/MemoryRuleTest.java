package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pgsteward.containers.SampleContainers.MIB;
import static org.pgsteward.containers.SampleContainers.NOON;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.containers.MemorySample;
import org.pgsteward.containers.SampleContainers;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Memory;

@Tag("fast")
class MemoryRuleTest {
    private final MemoryRule rule = new MemoryRule("80%", "90%", "", 2);

    /**
     * The figures are percentages of the limit; '-' is undecided. Levels: warn 80, critical 90, clear 75, two samples.
     */
    @ParameterizedTest(name = "{0}: {1} -> {2}")
    @CsvSource({
        "low memory is reported as well, 10 20, well well",
        "one sample above the level does not fire, 85, -",
        "two samples in a row fire, 85 85, - warning",
        "a spike does not fire, 85 20 85, - well -",
        "exactly the level counts as above, 80 80, - warning",
        "first samples between clear and warn report nothing, 77 77, - -",
        "keeps firing down to the clear level, 85 85 77 75, - warning warning warning",
        "resolves below the clear level, 85 85 74, - warning well",
        "samples around the level keep one alert, 81 81 79 81 78 81, - warning warning warning warning warning",
        "critical needs two samples too, 95 95, - critical",
        "first critical sample after a warning stays a warning, 85 95 95, - warning critical",
        "critical falls back to warning five points lower, 95 95 86 84, - critical critical warning",
        "critical resolves at once below the clear level, 95 95 10, - critical well",
        "fires again after it resolved, 95 95 10 95 95, - critical well - critical"
    })
    void judgesSamplesInARow(String why, String percents, String expected) {
        assertThat(judged(percents, Map.of())).as(why).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a label moves the warning, pgsteward.memory.warn, 50%, 55 55, - warning",
        "a label for the warning moves the clear level too, pgsteward.memory.warn, 50%, 55 55 44, - warning well",
        "bytes count as well as shares, pgsteward.memory.warn, 100m, 40 40, - warning",
        "a label moves the critical level, pgsteward.memory.critical, 95%, 93 93, - warning",
        "a warning above the default critical level moves that level, pgsteward.memory.warn, 95%, 93 93, - -",
        "an invalid label changes nothing, pgsteward.memory.warn, lots, 85 85, - warning"
    })
    void labelsGoBeforeTheSettings(String why, String label, String value, String percents, String expected) {
        assertThat(judged(percents, Map.of(label, value))).as(why).isEqualTo(expected);
    }

    @Test
    void statesFiguresAndRemedy() {
        Threshold.Track once =
                rule.judge(reading(92, Map.of()), Threshold.Track.START).track();
        Condition condition =
                rule.judge(reading(92, Map.of()), once).condition().orElseThrow();

        assertThat(condition.key()).isEqualTo("memory-high:vikunja");
        assertThat(condition.reason()).isEqualTo("92% of 256 MiB in use (236 MiB), critical at 90%");
        assertThat(condition.figures()).containsEntry("percent", 92.0).containsEntry("limitBytes", 256 * MIB);
        assertThat(condition.remedy())
                .contains("docker stats --no-stream vikunja", "docker update --memory 384m --memory-swap 768m vikunja");
    }

    @Test
    void namesALabelThatIsNoLevel() {
        MemorySample reading = reading(10, Map.of("pgsteward.memory.warn", "lots"));

        assertThat(rule.judge(reading, Threshold.Track.START)
                        .condition()
                        .orElseThrow()
                        .reason())
                .contains("label pgsteward.memory.warn is 'lots'", "the usual level applies");
    }

    @Test
    void doesNotAdviseALimitWhereNoneIsSet() {
        MemorySample reading = new MemorySample(
                "vikunja", SampleContainers.running(Map.of(), 0), new Memory(95 * MIB, 100 * MIB), NOON);
        Threshold.Track once = rule.judge(reading, Threshold.Track.START).track();

        assertThat(rule.judge(reading, once).condition().orElseThrow().remedy())
                .contains("free -h")
                .doesNotContain("docker update");
    }

    @ParameterizedTest
    @CsvSource({"90%, 80%, '', critical is 80%", "80%, 90%, 80%, clear is 80%", "100m, 200m, 150m, clear is 150 MiB"})
    void refusesSettingsThatContradict(String warn, String critical, String clear, String message) {
        assertThatThrownBy(() -> new MemoryRule(warn, critical, clear, 2)).hasMessageContaining(message);
    }

    @Test
    void refusesToFireOnNoSample() {
        assertThatThrownBy(() -> new MemoryRule("80%", "90%", "", 0)).hasMessageContaining("samples is 0");
    }

    private String judged(String percents, Map<String, String> labels) {
        Threshold.Track track = Threshold.Track.START;
        List<String> said = new java.util.ArrayList<>();
        for (int percent :
                Arrays.stream(percents.split(" ")).mapToInt(Integer::parseInt).toArray()) {
            MemoryRule.Judged judged = rule.judge(reading(percent, labels), track);
            track = judged.track();
            said.add(judged.condition()
                    .map(condition -> condition
                            .severity()
                            .map(severity -> severity.word())
                            .orElse("well"))
                    .orElse("-"));
        }
        return said.stream().collect(Collectors.joining(" "));
    }

    private static MemorySample reading(int percent, Map<String, String> labels) {
        Container container = SampleContainers.running(labels, 256 * MIB);
        return new MemorySample(
                "vikunja", container, new Memory(Math.round(256 * MIB * percent / 100.0), 256 * MIB), NOON);
    }
}
