package org.pgsteward.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pgsteward.containers.SampleContainers.MIB;
import static org.pgsteward.containers.SampleContainers.NOON;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Container.Health;
import org.pgsteward.model.Container.State;
import org.pgsteward.model.ContainerEvent;

/** Alerts about containers over time, with 20 s of patience and a grace period of 60 s. */
@Tag("fast")
class ContainerStoryTest {
    private final SettableClock clock = new SettableClock();
    private final StatusWatch watch =
            new StatusWatch(new StatusRule(Duration.ofSeconds(20), Duration.ofSeconds(60)), clock);

    @BeforeEach
    void begin() {
        second(0);
    }

    /** uptime-kuma #5369: a container in a restart loop counted as up. */
    @Test
    void aRestartLoopIsOneAlertThatCounts() {
        List<String> said = new ArrayList<>();
        for (int crash = 1; crash <= 5; crash++) {
            second(crash * 60L);
            event("1", "die", Map.of("exitCode", "1"));
            said.addAll(words(look(container("1", State.EXITED, 1, "sha256:a", 0))));
            event("1", "start", Map.of());
            second(crash * 60L + 30);
            said.addAll(words(look(container("1", State.RUNNING, 0, "sha256:a", crash * 60L))));
        }

        assertThat(said)
                .containsExactly(
                        "critical service-down container vikunja ended with exit code 1",
                        "well service-down container vikunja runs",
                        "critical service-down container vikunja ended with exit code 1, 2 times within 10 min",
                        "well service-down container vikunja runs",
                        "critical service-down container vikunja ended with exit code 1, 3 times within 10 min",
                        "critical service-down container vikunja crashes again and again, 3 times within 10 min, last with"
                                + " exit code 1, and runs again now",
                        "critical service-down container vikunja ended with exit code 1, 4 times within 10 min",
                        "critical service-down container vikunja crashes again and again, 4 times within 10 min, last with"
                                + " exit code 1, and runs again now",
                        "critical service-down container vikunja ended with exit code 1, 5 times within 10 min",
                        "critical service-down container vikunja crashes again and again, 5 times within 10 min, last with"
                                + " exit code 1, and runs again now");
        second(5 * 60 + 601);
        assertThat(words(look(container("1", State.RUNNING, 0, "sha256:a", 300))))
                .containsExactly("well service-down container vikunja runs");
    }

    @Test
    void aContainerThatIsRestartedForTheFirstTimeIsNotCalledALoop() {
        event("1", "die", Map.of("exitCode", "1"));
        assertThat(words(look(container("1", State.RESTARTING, 1, "sha256:a", 0))))
                .containsExactly(
                        "critical service-down container vikunja ended and is being restarted, last with exit code 1");
        event("1", "start", Map.of());
        second(20);
        event("1", "die", Map.of("exitCode", "1"));
        assertThat(words(look(container("1", State.RESTARTING, 1, "sha256:a", 20))))
                .containsExactly("critical service-down container vikunja is being restarted again and again, 2 times"
                        + " within 10 min, last with exit code 1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oomEventShowsAMemoryKillWithoutTheEnginesFlag(boolean heardBefore) {
        if (heardBefore) {
            event("1", "oom", Map.of());
        }
        event("1", "die", Map.of("exitCode", "137"));
        if (!heardBefore) {
            event("1", "oom", Map.of());
        }
        assertThat(words(look(container("1", State.EXITED, 137, "sha256:a", 0))))
                .singleElement()
                .asString()
                .startsWith("critical service-down container vikunja was killed by the kernel for lack of memory");
    }

    /** A busy engine sometimes reports only the end of the container, and no kill by the kernel. */
    @Test
    void endBySigkillWithoutAnOrderIsProbablyAMemoryKill() {
        event("1", "die", Map.of("exitCode", "137"));

        assertThat(words(look(container("1", State.EXITED, 137, "sha256:a", 0))))
                .containsExactly(
                        "critical service-down container vikunja was killed, probably by the kernel for lack of"
                                + " memory, with a limit of 256 MiB: exit code 137 (killed, SIGKILL)");
    }

    @Test
    void aStopByOrderAfterAMemoryKillIsNoMemoryKill() {
        event("1", "oom", Map.of());
        event("1", "die", Map.of("exitCode", "137"));
        event("1", "start", Map.of());
        second(60);
        event("1", "kill", Map.of("signal", "15"));
        event("1", "die", Map.of("exitCode", "143"));
        second(240);

        assertThat(words(look(container("1", State.EXITED, 143, "sha256:a", 1))))
                .containsExactly("info service-down container vikunja was stopped on purpose: exit code 143 (ended by"
                        + " SIGTERM, as requested)");
    }

    @Test
    void aStopByOrderLastsSinceTheOrderAndNotSinceTheEndOfTheGrace() {
        event("1", "kill", Map.of("signal", "15"));
        event("1", "die", Map.of("exitCode", "143"));
        second(90);
        assertThat(look(container("1", State.EXITED, 143, "sha256:a", -3600)))
                .extracting(Condition::began)
                .containsExactly(NOON);
    }

    @Test
    void orderedStopsAreNoLoop() {
        for (int stop = 1; stop <= 5; stop++) {
            second(stop * 60L);
            event("1", "kill", Map.of("signal", "15"));
            event("1", "die", Map.of("exitCode", "137"));
            event("1", "start", Map.of());
        }
        second(330);

        assertThat(words(look(container("1", State.RUNNING, 0, "sha256:a", 300))))
                .containsExactly("well service-down container vikunja runs");
    }

    /**
     * uptime-kuma #3284, monitor_docker #143: an update changed the container's id, and the monitor lost the container.
     */
    @Test
    void anUpdateByComposeIsOneNotice() {
        Container old = container("1", State.RUNNING, 0, "sha256:a", -3600);
        look(old);
        event("1", "kill", Map.of("signal", "15"));
        event("1", "die", Map.of("exitCode", "143"));
        second(2);
        assertThat(look(container("1", State.EXITED, 143, "sha256:a", -3600))).isEmpty();
        Container anew = container("2", State.RUNNING, 0, "sha256:a", 1);

        assertThat(words(watch.gone("vikunja", false, old, List.of(anew), List.of())))
                .containsExactly(
                        "info service-updated container vikunja was recreated from the same image vikunja:1 (a)",
                        "well service-updated container vikunja was recreated from the same image vikunja:1 (a)");
        assertThat(watch.waiting()).isEmpty();
    }

    @Test
    void aContainerThatIsRemovedAndRunAgainByHandIsOneNoticeToo() {
        Container old = container("1", State.RUNNING, 0, "sha256:a", -3600);
        look(old);
        event("1", "kill", Map.of("signal", "9"));
        event("1", "die", Map.of("exitCode", "137"));
        assertThat(watch.gone("vikunja", false, old, List.of(), List.of())).isEmpty();
        assertThat(watch.waiting()).containsExactly(old);
        second(50);

        assertThat(words(look(container("2", State.RUNNING, 0, "sha256:a", 45))))
                .containsExactly(
                        "info service-updated container vikunja was recreated from the same image vikunja:1 (a)",
                        "well service-updated container vikunja was recreated from the same image vikunja:1 (a)");
        assertThat(watch.waiting()).isEmpty();
    }

    @Test
    void missingContainerFiresAfterTheGracePeriod() {
        Container old = container("1", State.RUNNING, 0, "sha256:a", -3600);
        event("1", "kill", Map.of("signal", "9"));
        event("1", "die", Map.of("exitCode", "137"));
        assertThat(watch.gone("vikunja", false, old, List.of(), List.of())).isEmpty();
        second(59);
        assertThat(watch.gone("vikunja", false, old, List.of(), List.of())).isEmpty();
        second(60);

        assertThat(words(watch.gone("vikunja", false, old, List.of(), List.of())))
                .containsExactly(
                        "info service-down container vikunja was removed",
                        "well memory-killed container vikunja no longer runs");
        assertThat(watch.waiting()).isEmpty();
    }

    @Test
    void imageChangeAlertNamesTheBackups() {
        Container old = container("1", State.RUNNING, 0, "sha256:a", -3600);
        Container anew = container("2", State.RUNNING, 0, "sha256:b", 1);
        second(2);

        assertThat(watch.gone("vikunja", false, old, List.of(anew), List.of())).isEmpty();
        assertThat(words(watch.gone("postgresql", true, old, List.of(anew), List.of())))
                .first()
                .isEqualTo(
                        "info service-updated container vikunja was recreated and changed its image from vikunja:1 (a) to"
                                + " vikunja:1 (b)");
    }

    @Test
    void oneOfSeveralThatGoesIsNoUpdate() {
        Container second = container("2", State.RUNNING, 0, "sha256:a", 0);
        Container first = container("1", State.RUNNING, 0, "sha256:a", -3600);

        assertThat(watch.gone("vikunja", false, second, List.of(first), List.of()))
                .isEmpty();
        assertThat(watch.waiting()).isEmpty();
    }

    @Test
    void killedProcessFiresAlthoughTheContainerRuns() {
        Container server = container("1", State.RUNNING, 0, "sha256:a", -3600);
        assertThat(words(watch.look("postgresql", true, server, List.of())))
                .as("before the event of the kill")
                .containsExactly("well postgres-down container vikunja runs");
        event("1", "oom", Map.of());
        second(30);

        List<Condition> killed = watch.look("postgresql", true, server, List.of());
        assertThat(words(killed))
                .contains(
                        "critical memory-killed container vikunja ran out of memory: the kernel killed a process in it"
                                + " within the hour, and its limit of 256 MiB is not enough; each time, PostgreSQL ended all"
                                + " sessions of all services");
        assertThat(killed).last().satisfies(condition -> {
            assertThat(condition.service()).isEqualTo("postgresql");
            assertThat(condition.remedy()).contains("docker update --memory 512m --memory-swap 1024m vikunja");
        });
        second(3601);
        assertThat(words(watch.look("postgresql", true, server, List.of())))
                .contains("well memory-killed no process of container vikunja was killed within the hour");
    }

    /** A restart policy starts the container again a second later, so no other alert gives the reason of the end. */
    @Test
    void aKillOfItsMainProcessIsAMemoryAlertAlthoughItWasStartedAgain() {
        second(10);
        event("1", "oom", Map.of());
        event("1", "die", Map.of("exitCode", "137"));
        event("1", "start", Map.of());
        second(40);

        List<Condition> once =
                watch.look("vikunja", false, container("1", State.RUNNING, 0, "sha256:a", 11), List.of());
        assertThat(words(once))
                .contains(
                        "critical memory-killed container vikunja ran out of memory: the kernel killed a process in it"
                                + " within the hour, and its limit of 256 MiB is not enough");

        for (int kill = 1; kill <= 3; kill++) {
            second(40 + kill * 10L);
            event("1", "oom", Map.of());
            event("1", "die", Map.of("exitCode", "137"));
            event("1", "start", Map.of());
        }
        String limit = " for lack of memory 4 times within 10 min, with a limit of 256 MiB";
        assertThat(words(watch.look("vikunja", false, container("1", State.RUNNING, 0, "sha256:a", 70), List.of())))
                .contains(
                        "critical service-down container vikunja was killed by the kernel" + limit
                                + ", and runs again now",
                        "critical memory-killed container vikunja ran out of memory: the kernel killed 4 processes in it"
                                + " within the hour, and its limit of 256 MiB is not enough");
        List<Condition> restarting =
                watch.look("vikunja", false, container("1", State.RESTARTING, 137, "sha256:a", 70), List.of());
        assertThat(words(restarting))
                .contains("critical service-down container vikunja was killed by the kernel" + limit
                        + ", and is being restarted");
        assertThat(restarting)
                .anySatisfy(condition -> assertThat(condition.remedy())
                        .contains("docker update --memory 512m --memory-swap 1024m vikunja"));
        second(70 + 3601);
        assertThat(words(watch.look("vikunja", false, container("1", State.RUNNING, 0, "sha256:a", 70), List.of())))
                .contains("well memory-killed no process of container vikunja was killed within the hour");
    }

    /** The engine may report no stop order if the container did not run at that moment. */
    @Test
    void anAlertOfACrashLoopEndsWhenComposeDownRemovesTheContainer() {
        for (int crash = 1; crash <= 4; crash++) {
            second(crash * 10L);
            event("1", "die", Map.of("exitCode", "1"));
            event("1", "start", Map.of());
        }
        Container looping = container("1", State.RESTARTING, 1, "sha256:a", 40);
        assertThat(words(look(looping))).anyMatch(words -> words.startsWith("critical service-down"));

        assertThat(watch.gone("vikunja", false, looping, List.of(), List.of())).isEmpty();
        second(101);
        List<Condition> gone = watch.gone("vikunja", false, looping, List.of(), List.of());

        assertThat(words(gone))
                .containsExactly(
                        "well service-down container vikunja was removed by order",
                        "well memory-killed container vikunja no longer runs");
        assertThat(gone.get(0).figures()).containsEntry("container", "vikunja");
    }

    /** With a server and its worker, the state of one must not hide the state of the other. */
    @Test
    void theWorstOfAServicesContainersCountsUntilAllAreWell() {
        Container server = container("1", State.RUNNING, 0, "sha256:a", -3600);
        Container worker = container("2", State.EXITED, 1, "sha256:a", -3600);
        event("2", "die", Map.of("exitCode", "1"));
        String crash = "critical service-down container vikunja ended with exit code 1";

        assertThat(words(watch.look("vikunja", false, server, List.of(worker)))).contains(crash);
        assertThat(words(watch.look("vikunja", false, worker, List.of(server)))).contains(crash);

        event("2", "start", Map.of());
        Container again = container("2", State.RUNNING, 0, "sha256:a", 0);
        assertThat(words(watch.look("vikunja", false, server, List.of(again))))
                .as("within 20 seconds of the start")
                .noneMatch(words -> words.contains("service-down"));
        second(20);
        assertThat(words(watch.look("vikunja", false, server, List.of(again))))
                .contains("well service-down container vikunja runs");
    }

    @Test
    void oneThatHasDoneItsWorkIsNoNewsWhileAnotherRuns() {
        Container server = container("1", State.RUNNING, 0, "sha256:a", -3600);
        Container job = container("2", State.EXITED, 0, "sha256:a", -3600);
        event("2", "die", Map.of("exitCode", "0"));

        assertThat(words(watch.look("vikunja", false, job, List.of(server))))
                .contains("well service-down container vikunja runs");
    }

    @Test
    void theTroubleOfOneThatIsRemovedIsOverWhileAnotherRuns() {
        Container server = container("1", State.RUNNING, 0, "sha256:a", -3600);
        Container worker = container("worker", "2", State.EXITED, 1, "sha256:a", -3600);
        event("2", "die", Map.of("exitCode", "1"));

        assertThat(words(watch.gone("vikunja", false, worker, List.of(server), List.of(server))))
                .contains("well service-down container vikunja runs");
        assertThat(watch.waiting()).isEmpty();
    }

    /** The list shows one moment, and is processed a little later. */
    @Test
    void aLookFromBeforeTheEndDoesNotEndTheAlert() {
        Container server = container("1", State.RUNNING, 0, "sha256:a", -3600);
        event("1", "die", Map.of("exitCode", "1"));

        assertThat(look(server)).isEmpty();
    }

    @Test
    void memoryKillResolvesWhenTheContainerStops() {
        event("1", "oom", Map.of());
        Container stopped = container("1", State.EXITED, 143, "sha256:a", -3600);

        assertThat(words(watch.look("vikunja", false, stopped, List.of())))
                .contains("well memory-killed container vikunja no longer runs");
        second(60);
        event("1", "die", Map.of("exitCode", "143"));
        assertThat(watch.gone("vikunja", false, stopped, List.of(), List.of())).isEmpty();
        second(120);
        assertThat(words(watch.gone("vikunja", false, stopped, List.of(), List.of())))
                .contains("well memory-killed container vikunja no longer runs");
    }

    private void second(long second) {
        clock.set(NOON.plusSeconds(second));
    }

    private void event(String id, String action, Map<String, String> attributes) {
        watch.note(new ContainerEvent(clock.instant(), action, id, "vikunja", attributes));
    }

    /** Returns the conditions without those about memory kills, which every first reading has. */
    private List<Condition> look(Container container) {
        return watch.look("vikunja", false, container, List.of()).stream()
                .filter(condition -> !condition.kind().equals(MemoryKillRule.KIND))
                .filter(condition ->
                        container.id().equals("1") || !condition.kind().equals(StatusRule.KIND))
                .toList();
    }

    private static List<String> words(List<Condition> conditions) {
        // Figures are stored as JSON.
        assertThat(conditions)
                .flatExtracting(condition -> condition.figures().values())
                .allSatisfy(figure -> assertThat(figure).isInstanceOfAny(String.class, Number.class, Boolean.class));
        return conditions.stream()
                .map(condition ->
                        condition.severity().map(severity -> severity.word()).orElse("well") + " " + condition.kind()
                                + " " + condition.reason())
                .toList();
    }

    private static Container container(String id, State state, int exitCode, String imageId, long startedSecond) {
        return container("vikunja", id, state, exitCode, imageId, startedSecond);
    }

    private static Container container(
            String name, String id, State state, int exitCode, String imageId, long startedSecond) {
        Instant start = NOON.plusSeconds(startedSecond);
        return new Container(
                id,
                name,
                "vikunja:1",
                imageId,
                state,
                Health.NONE,
                exitCode,
                false,
                false,
                Map.of(),
                Map.of(),
                Map.of(),
                256 * MIB,
                start,
                Optional.of(start));
    }
}
