package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.containers.SampleContainers.MIB;
import static org.pgsteward.containers.SampleContainers.NOON;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.containers.MemorySample;
import org.pgsteward.containers.SampleContainers;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Severity;

@Tag("fast")
class MemoryWatchTest {
    private final MemoryWatch watch = new MemoryWatch(new MemoryRule("80%", "90%", "", 2));

    @Test
    void remembersEachServiceByItself() {
        watch.judge(List.of(reading("vikunja", 85), reading("gitea", 10)));

        assertThat(watch.judge(List.of(reading("vikunja", 85), reading("gitea", 85))))
                .extracting(
                        Condition::service, condition -> condition.severity().orElseThrow())
                .containsExactly(org.assertj.core.groups.Tuple.tuple("vikunja", Severity.WARNING));
    }

    @Test
    void aContainerThatRunsNoLongerIsOver() {
        fire();
        assertThat(watch.judge(List.of(reading("gitea", 10))))
                .extracting(Condition::service)
                .containsExactly("gitea");

        assertThat(watch.judge(List.of(reading("gitea", 10))))
                .filteredOn(condition -> condition.service().equals("vikunja"))
                .singleElement()
                .satisfies(condition -> assertThat(condition.severity()).isEmpty());
    }

    @Test
    void anEmptyRoundSaysNothingBecauseTheEngineMayBeAway() {
        fire();

        assertThat(watch.judge(List.of())).isEmpty();
        assertThat(watch.judge(List.of())).isEmpty();
        assertThat(watch.judge(List.of(reading("vikunja", 85)))).hasSize(1);
    }

    @Test
    void theWorstOfAServicesContainersCountsUntilAllAreWell() {
        for (int round = 0; round < 2; round++) {
            watch.judge(List.of(reading("wiki", "server", 10), reading("wiki", "worker", 95)));
        }
        assertThat(severity(List.of(reading("wiki", "worker", 95), reading("wiki", "server", 10))))
                .contains(Severity.CRITICAL);
        assertThat(watch.judge(List.of(reading("wiki", "server", 10))))
                .as("a missing sample does not resolve the alert")
                .isEmpty();
        assertThat(severity(List.of(reading("wiki", "server", 10), reading("wiki", "worker", 10))))
                .isEmpty();
    }

    private Optional<Severity> severity(List<MemorySample> round) {
        List<Condition> conditions = watch.judge(round);
        assertThat(conditions).hasSize(1);
        return conditions.get(0).severity();
    }

    private void fire() {
        watch.judge(List.of(reading("vikunja", 85), reading("gitea", 10)));
        watch.judge(List.of(reading("vikunja", 85), reading("gitea", 10)));
    }

    private static MemorySample reading(String service, int percent) {
        return reading(service, SampleContainers.ID, percent);
    }

    private static MemorySample reading(String service, String containerId, int percent) {
        return new MemorySample(
                service, SampleContainers.running(containerId, 100 * MIB), new Memory(percent * MIB, 100 * MIB), NOON);
    }
}
