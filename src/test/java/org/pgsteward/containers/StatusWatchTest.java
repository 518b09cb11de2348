package org.pgsteward.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.containers.SampleContainers.ID;
import static org.pgsteward.containers.SampleContainers.NOON;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Container.Health;
import org.pgsteward.model.Container.State;
import org.pgsteward.model.ContainerEvent;
import org.pgsteward.model.Severity;

@Tag("fast")
class StatusWatchTest {
    private final SettableClock clock = new SettableClock();
    private final StatusWatch watch = new StatusWatch(new StatusRule(Duration.ZERO), clock);
    private final Container failed = SampleContainers.in(State.EXITED, Health.NONE, 1, false);
    private final Container killed = SampleContainers.in(State.EXITED, Health.NONE, 137, false);

    @Test
    void anEndAfterASignalWasOrdered() {
        note("kill", NOON, Map.of("signal", "15"));
        note("die", NOON.plusSeconds(10), Map.of("exitCode", "137"));

        assertThat(severity()).isEqualTo(Severity.INFO);
    }

    @Test
    void anEndWithoutOneWasNot() {
        note("die", NOON, Map.of("exitCode", "137"));

        assertThat(severity()).isEqualTo(Severity.CRITICAL);
    }

    @Test
    void aReloadSignalOrdersNoEnd() {
        note("kill", NOON, Map.of("signal", "1"));
        note("die", NOON.plusSeconds(1), Map.of("exitCode", "137"));

        assertThat(severity()).isEqualTo(Severity.CRITICAL);
    }

    @Test
    void anOrderIsForgottenWhenItStartsAgain() {
        note("kill", NOON, Map.of("signal", "15"));
        note("die", NOON, Map.of());
        note("start", NOON.plusSeconds(1), Map.of());
        note("die", NOON.plusSeconds(2), Map.of());

        assertThat(severity()).isEqualTo(Severity.CRITICAL);
    }

    @Test
    void aSignalThatWasSurvivedDoesNotExcuseALaterCrash() {
        note("kill", NOON, Map.of("signal", "2"));
        note("die", NOON.plusSeconds(601), Map.of());

        assertThat(severity()).isEqualTo(Severity.CRITICAL);
    }

    /** The list is read every few seconds, independently of events that have not arrived yet. */
    @Test
    void anEndThatTheListShowsBeforeItsEventsAreReadIsNotJudged() {
        assertThat(look(killed)).isEmpty();
        note("kill", NOON, Map.of("signal", "15"));
        note("die", NOON, Map.of("exitCode", "137"));

        assertThat(severity()).isEqualTo(Severity.INFO);
    }

    /** {@code docker kill} gives a program no time to end, so it is not an ordinary way to stop a service. */
    @Test
    void aKillIsNoStop() {
        note("kill", NOON, Map.of("signal", "9"));
        note("die", NOON, Map.of("exitCode", "137"));

        assertThat(severity()).isEqualTo(Severity.WARNING);
        assertThat(watch.state("vikunja", false, List.of(killed)))
                .extracting(ServiceState::word, ServiceState::runs, ServiceState::isTrouble)
                .containsExactly("killed", false, true);
    }

    /** {@code docker stop} kills a program that does not end within ten seconds. */
    @Test
    void aStopThatEndedInAKillIsAStop() {
        note("kill", NOON, Map.of("signal", "15"));
        note("kill", NOON.plusSeconds(10), Map.of("signal", "9"));
        note("die", NOON.plusSeconds(10), Map.of("exitCode", "137"));
        note("stop", NOON.plusSeconds(10), Map.of());

        assertThat(severity()).isEqualTo(Severity.INFO);
        assertThat(watch.state("vikunja", false, List.of(killed)))
                .extracting(ServiceState::word, ServiceState::isTrouble)
                .containsExactly("stopped", false);
    }

    /** The status table shows the state at once, without the patience that alerts have. */
    @Test
    void theStateIsKnownAtOnce() {
        assertThat(watch.state("vikunja", false, List.of(killed)).word()).isEqualTo("ends");
        note("die", NOON, Map.of("exitCode", "1"));
        assertThat(watch.state("vikunja", false, List.of(killed)).word()).isEqualTo("does not run");
    }

    /** Miniflux gives up within 60 ms; its database exists 300 ms after its start. */
    @Test
    void anEndJustBeforeTheDatabaseWasMadeSaysSo() {
        note("die", NOON, Map.of("exitCode", "1"));
        assertThat(look(failed).get(0).reason()).doesNotContain("database");
        clock.pass(Duration.ofMillis(300));
        watch.databaseMade("vikunja");

        assertThat(look(failed).get(0).reason())
                .isEqualTo("container vikunja ended with exit code 1. It was started before its database was"
                        + " created. The database is ready now; start the container again");
        assertThat(look(failed).get(0).remedy())
                .isEqualTo("docker start vikunja\n# Docker does this by itself if the compose file has \"restart:"
                        + " unless-stopped\"");

        clock.pass(Duration.ofMinutes(5));
        note("start", clock.instant(), Map.of());
        note("die", clock.instant(), Map.of("exitCode", "1"));
        assertThat(look(failed).get(0).reason())
                .as("a later crash has another cause")
                .doesNotContain("database");
    }

    /** An application may try again for some seconds before it gives up. */
    @ParameterizedTest
    @CsvSource({"1, true", "59, true", "60, false"})
    void anEndJustAfterTheDatabaseWasMadeSaysSo(int seconds, boolean says) {
        watch.databaseMade("vikunja");
        clock.pass(Duration.ofSeconds(seconds));
        note("die", clock.instant(), Map.of("exitCode", "1"));

        assertThat(look(failed).get(0).reason().contains("ready now")).isEqualTo(says);
    }

    @Test
    void anEndOfAContainerStartedAfterItsDatabaseHasAnotherCause() {
        watch.databaseMade("vikunja");
        clock.pass(Duration.ofSeconds(2));
        note("die", clock.instant(), Map.of("exitCode", "1"));

        assertThat(look(SampleContainers.ended(1, NOON.plusSeconds(1))).get(0).remedy())
                .isEqualTo("docker logs --tail 50 vikunja\ndocker start vikunja");
    }

    /** PostgreSQL was unavailable for some minutes, and the database was created after that. */
    @Test
    void anEndMinutesBeforeTheDatabaseWasMadeSaysSo() {
        note("die", NOON, Map.of("exitCode", "1"));
        clock.pass(Duration.ofMinutes(9));
        watch.databaseMade("vikunja");

        assertThat(look(failed).get(0).reason()).contains("ready now");
    }

    @Test
    void anEndIsNotExplainedByTheDatabaseOfAnotherService() {
        note("die", NOON, Map.of("exitCode", "1"));
        clock.pass(Duration.ofMillis(300));
        watch.databaseMade("miniflux");

        assertThat(look(failed).get(0).reason()).isEqualTo("container vikunja ended with exit code 1");
    }

    /** Docker starts a container with the policy "always" or "on-failure" again after 100 ms, 200 ms and so on. */
    @Test
    void restartsBeforeTheDatabaseWasMadeRaiseNoAlert() {
        for (int time = 1; time <= 4; time++) {
            note("start", NOON.plusMillis(100L * time), Map.of());
            note("die", NOON.plusMillis(100L * time + 60), Map.of("exitCode", "1"));
        }
        Container restarting = SampleContainers.in(State.RESTARTING, Health.NONE, 1, false);
        clock.pass(Duration.ofMillis(500));
        watch.databaseMade("vikunja");

        assertThat(look(restarting)).isEmpty();
        note("start", NOON.plusMillis(600), Map.of());
        clock.pass(Duration.ofSeconds(1));
        assertThat(look(SampleContainers.startedAt(NOON.plusMillis(600))))
                .extracting(Condition::severity)
                .containsOnly(Optional.empty());
        clock.pass(Duration.ofMinutes(1));
        assertThat(look(restarting).get(0).reason()).contains("is being restarted again and again, 4 times");
    }

    @Test
    void aJobThatEndedDoesNotHideAContainerThatRuns() {
        Container worker = SampleContainers.in(State.RUNNING, Health.NONE, 0, false);
        Container job = SampleContainers.in(State.EXITED, Health.NONE, 0, false);
        assertThat(watch.state("vikunja", false, List.of(job, worker))).isEqualTo(ServiceState.RUNS);
        assertThat(watch.state("vikunja", false, List.of(SampleContainers.in(State.PAUSED, Health.NONE, 0, false)))
                        .word())
                .isEqualTo("paused");
    }

    @Test
    void anEndOfWhichNoEventEverCameIsJudgedByTheNextLook() {
        assertThat(look(killed)).isEmpty();
        clock.pass(Duration.ofSeconds(5));

        assertThat(severity()).isEqualTo(Severity.CRITICAL);
    }

    /** After a start of pgsteward, both the engine's past events and the feed contain the crash. */
    @Test
    void aCrashThatIsHeardTwiceCountsOnce() {
        for (int time = 0; time < 2; time++) {
            note("die", NOON, Map.of("exitCode", "1"));
            note("start", NOON.plusSeconds(1), Map.of());
            note("die", NOON.plusSeconds(2), Map.of("exitCode", "1"));
        }

        assertThat(look(SampleContainers.in(State.EXITED, Health.NONE, 1, false)))
                .singleElement()
                .satisfies(condition -> assertThat(condition.reason()).contains(", 2 times within"));
    }

    @Test
    void memoryKillIsNoOrderedStop() {
        assertThat(look(SampleContainers.in(State.EXITED, Health.NONE, 137, true))
                        .get(0)
                        .severity())
                .contains(Severity.CRITICAL);
    }

    private void note(String action, Instant at, Map<String, String> attributes) {
        watch.note(new ContainerEvent(at, action, ID, "vikunja", attributes));
    }

    /** Returns the conditions about the state. */
    private List<Condition> look(Container container) {
        return watch.look("vikunja", false, container, List.of()).stream()
                .filter(condition -> condition.kind().equals(StatusRule.KIND))
                .toList();
    }

    private Severity severity() {
        return look(killed).get(0).severity().orElseThrow();
    }
}
