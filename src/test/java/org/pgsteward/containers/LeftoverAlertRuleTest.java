package org.pgsteward.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.containers.SampleContainers.NOON;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.alert.Alert;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

@Tag("fast")
class LeftoverAlertRuleTest {
    @Test
    void alertsAboutAContainerResolveWhenItIsGone() {
        assertThat(resolved("network-missing", "vikunja", "gone")).containsExactly("network-missing:gone");
    }

    @Test
    void aServiceThatIsEnrolledStaysDownWithoutAContainer() {
        assertThat(resolved("service-down", "vikunja", "enrolled", "gone")).containsExactly("service-down:gone");
    }

    @Test
    void memoryAlertsResolveWithTheLastContainer() {
        assertThat(resolved("memory-high", "vikunja", "enrolled", "gone"))
                .containsExactly("memory-high:enrolled", "memory-high:gone");
    }

    @Test
    void alertsOfOtherKindsStay() {
        assertThat(resolved("backup-failed", "vikunja", "enrolled", "gone")).isEmpty();
    }

    /** Returns the resolved alerts, with one container, vikunja, and an enrolled service without a container. */
    private static List<String> resolved(String kind, String... subjects) {
        List<Alert> firing =
                Stream.of(subjects).map(subject -> alert(kind, subject)).toList();
        List<Condition> over = LeftoverAlertRule.judge(
                firing, Set.of("vikunja"), Set.of("vikunja", "enrolled"), "vikunja"::equals, NOON);
        assertThat(over)
                .allSatisfy(condition -> assertThat(condition.severity()).isEmpty());
        return over.stream().map(Condition::key).toList();
    }

    private static Alert alert(String kind, String subject) {
        Alert.Cause cause = new Alert.Cause(Severity.WARNING, "trouble", "", Map.of(), NOON);
        return new Alert(kind, subject, NOON, Severity.WARNING, Map.of("", cause), cause, null, null, List.of(NOON));
    }
}
