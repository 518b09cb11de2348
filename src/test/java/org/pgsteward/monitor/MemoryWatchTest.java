package org.pgsteward.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.monitor.Containers.MIB;
import static org.pgsteward.monitor.Containers.NOON;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Memory;
import org.pgsteward.model.Severity;

class MemoryWatchTest {
    private final MemoryWatch watch = new MemoryWatch(new MemoryRule());

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

    private void fire() {
        watch.judge(List.of(reading("vikunja", 85), reading("gitea", 10)));
        watch.judge(List.of(reading("vikunja", 85), reading("gitea", 10)));
    }

    private static Reading reading(String service, int percent) {
        return new Reading(
                service, Containers.running(Map.of(), 100 * MIB), new Memory(percent * MIB, 100 * MIB), NOON);
    }
}
