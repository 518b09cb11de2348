package org.pgsteward.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.containers.SampleContainers.NOON;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Container.Health;
import org.pgsteward.model.Container.State;

@Tag("fast")
class StatusRuleTest {
    private final StatusRule rule = new StatusRule(Duration.ZERO);

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "running, RUNNING, NONE, 0, false, false, well, well, runs",
        "healthy, RUNNING, HEALTHY, 0, false, false, well, well, runs",
        "health check still starting, RUNNING, STARTING, 0, false, false, well, well, runs",
        "running with a previous exit code, RUNNING, NONE, 137, false, false, well, well, runs",
        "created and never started, CREATED, NONE, 0, false, false, well, well, never started",
        "created and failed to start, CREATED, NONE, 127, false, false, warning, critical, command was not found",
        "unhealthy, RUNNING, UNHEALTHY, 0, false, false, warning, critical, health check fails",
        "paused, PAUSED, NONE, 0, false, false, warning, critical, paused",
        "restarting, RESTARTING, NONE, 1, false, false, critical, critical, ended and is being restarted",
        "a crash, EXITED, NONE, 1, false, false, critical, critical, exit code 1",
        "a segmentation fault, EXITED, NONE, 139, false, false, critical, critical, SIGSEGV",
        "killed by an unknown process, EXITED, NONE, 137, false, false, critical, critical, SIGKILL",
        "killed by the kernel for memory, EXITED, NONE, 137, true, false, critical, critical, lack of memory",
        "killed by the kernel for memory after docker stop, EXITED, NONE, 137, true, true, critical, critical, limit of 256 MiB",
        "docker stop after the kernel killed a child process, EXITED, NONE, 0, true, true, info, info, stopped on purpose",
        "docker stop, EXITED, NONE, 143, false, true, info, info, stopped on purpose",
        "docker stop with a handled signal, EXITED, NONE, 0, false, true, info, info, stopped on purpose",
        "docker stop with an ignored signal, EXITED, NONE, 137, false, true, info, info, stopped on purpose",
        "stopped while pgsteward was not running, EXITED, NONE, 143, false, false, info, info, SIGTERM",
        "finished with exit code 0, EXITED, NONE, 0, false, false, info, info, without an error",
        "dead, DEAD, NONE, 1, false, false, critical, critical, exit code 1",
        "being removed, REMOVING, NONE, 0, false, false, -, -, -"
    })
    void judges(
            String why,
            State state,
            Health health,
            int exitCode,
            boolean oomKilled,
            boolean asked,
            String service,
            String postgres,
            String words) {
        Container container = SampleContainers.in(state, health, exitCode, oomKilled);

        Optional<Condition> ours = rule.judge(look(container, false, asked));
        assertThat(severity(ours)).as(why).isEqualTo(service);
        assertThat(severity(rule.judge(look(container, true, asked)))).as(why).isEqualTo(postgres);
        ours.ifPresent(condition -> {
            assertThat(condition.key()).isEqualTo("service-down:vikunja");
            assertThat(condition.reason()).startsWith("container vikunja ").contains(words);
            assertThat(condition.remedy().isEmpty())
                    .isEqualTo(condition.severity().isEmpty());
        });
    }

    @Test
    void thePostgresContainerSharesItsKeyWithTheProbe() {
        Condition container = rule.judge(look(SampleContainers.in(State.EXITED, Health.NONE, 1, false), true, false))
                .orElseThrow();
        assertThat(container.key()).isEqualTo("postgres-down:postgresql");
    }

    /** A container that cannot be started also ends and stays ended, without an order. */
    @ParameterizedTest
    @CsvSource({"137, info", "127, critical", "1, critical"})
    void killedContainerThatStaysDownWasStoppedByOrder(int exitCode, String severity) {
        assertThat(severity(rule.judge(look(SampleContainers.endedAndNotStartedAgain(exitCode), false, false))))
                .isEqualTo(severity);
    }

    @Test
    void removedContainerRaisesAnAlert() {
        Container container = SampleContainers.in(State.RUNNING, Health.NONE, 0, false);

        assertThat(severity(rule.gone(look(container, false, false)))).isEqualTo("warning");
        assertThat(severity(rule.gone(look(container, false, true)))).isEqualTo("info");
        assertThat(severity(rule.gone(look(container, true, false)))).isEqualTo("critical");
    }

    @Test
    void anUpdateIsNotTalkedAboutWhileItLasts() {
        StatusRule patient = new StatusRule(Duration.ofMinutes(2));
        Container stopped = SampleContainers.in(State.EXITED, Health.NONE, 143, false);
        Instant order = NOON;

        assertThat(patient.judge(
                        new StatusObservation("vikunja", false, stopped, Optional.of(order), NOON.plusSeconds(119))))
                .isEmpty();
        assertThat(patient.judge(
                        new StatusObservation("vikunja", false, stopped, Optional.of(order), NOON.plusSeconds(120))))
                .isPresent();
    }

    @Test
    void aStartCountsOnlyOnceItHolds() {
        StatusRule patient = new StatusRule(Duration.ofSeconds(30));

        assertThat(patient.judge(look(SampleContainers.startedAt(NOON.minusSeconds(29)), false, false)))
                .isEmpty();
        assertThat(patient.judge(look(SampleContainers.startedAt(NOON.minusSeconds(30)), false, false)))
                .isPresent();
    }

    @Test
    void aNameThatMeansSomethingToAShellIsNotPasted() {
        Condition condition = rule.judge(look(SampleContainers.named("x; rm -rf /"), false, false))
                .orElseThrow();

        assertThat(condition.remedy()).contains("docker start 0123456789ab").doesNotContain("rm -rf");
    }

    private static StatusObservation look(Container container, boolean postgres, boolean asked) {
        return new StatusObservation(
                "vikunja", postgres, container, asked ? Optional.of(NOON.minusSeconds(1)) : Optional.empty(), NOON);
    }

    private static String severity(Optional<Condition> condition) {
        return condition
                .map(c -> c.severity().map(severity -> severity.word()).orElse("well"))
                .orElse("-");
    }
}
