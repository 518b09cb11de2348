package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.Event;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.model.Container;

@NeedsEngine
class EventFeedIT {
    /** The test prints the delay. A slow machine must not make it fail. */
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private final Recorder heard = new Recorder();
    private final String name = "feed-it-" + UUID.randomUUID().toString().substring(0, 8);

    @Test
    void receivesContainerEventsWithoutHealthChecks() {
        try (DockerEngine engine = DockerEngine.at(NeedsEngine.Engine.host());
                EventFeed feed = EventFeed.start(engine, Clock.systemUTC(), FeedTimings.USUAL, heard)) {
            await().until(() -> heard.connects() == 1);
            DockerCli.docker(
                    "run",
                    "--detach",
                    "--name",
                    name,
                    "--health-cmd",
                    "true",
                    "--health-interval",
                    "1s",
                    "debian:bookworm-slim",
                    "sleep",
                    "600");
            await().until(() -> ofThisTest().contains("health_status: healthy"));
            DockerCli.docker("kill", name);
            DockerCli.docker("rm", name);

            await().untilAsserted(() -> assertThat(ofThisTest())
                    .containsExactly("create", "start", "health_status: healthy", "kill", "die", "destroy"));
            assertThat(heard.actions()).noneMatch(action -> action.startsWith("exec_"));
            assertThat(feed.status().reconnects()).isZero();
            List<Long> latencies = heard.notes().stream()
                    .map(note -> Duration.between(FeedPosition.timeOf(note.event()), note.at())
                            .toMillis())
                    .sorted()
                    .toList();
            System.out.println("event feed: engine's time to listener, ms: " + latencies);
        } finally {
            DockerCli.docker("rm", "--force", name);
        }
    }

    @ParameterizedTest(name = "the engine is {0}")
    @ValueSource(strings = {"killed", "stopped cleanly"})
    @EnabledIf("org.pgsteward.engine.PrivateEngine#isPossible")
    void everyChangeAcrossAnAbsenceOfTheEngineIsKnownAndNothingTwice(String way) throws IOException {
        List<String> listed = new CopyOnWriteArrayList<>();
        try (PrivateEngine bed = new PrivateEngine();
                DockerEngine engine = DockerEngine.at(bed.host())) {
            bed.fetch("debian:bookworm-slim");
            EventFeed.Listener listener = new EventFeed.Listener() {
                @Override
                public void connected() {
                    listed.clear();
                    engine.containers().forEach(seen -> listed.add(seen.name() + " " + seen.state()));
                    heard.connected();
                }

                @Override
                public void heard(Event event) {
                    heard.heard(event);
                }
            };
            try (EventFeed feed = EventFeed.start(engine, Clock.systemUTC(), FeedTimings.USUAL, listener)) {
                for (String container : List.of("one", "two")) {
                    bed.cli()
                            .run(
                                    "run",
                                    "--detach",
                                    "--stop-signal",
                                    "KILL",
                                    "--name",
                                    container,
                                    "debian:bookworm-slim",
                                    "sleep",
                                    "600");
                }
                await().until(() -> heard.actions().contains("start two"));
                String process = bed.cli().run("inspect", "--format", "{{.State.Pid}}", "one");

                if (way.equals("killed")) {
                    bed.kill();
                    PrivateEngine.run("kill", "-9", process);
                } else {
                    bed.down();
                }
                await().during(Duration.ofSeconds(12))
                        .atMost(PATIENCE)
                        .until(() -> !feed.status().connected());
                bed.up();
                bed.awaitEnd("two");
                Instant back = Instant.now();
                bed.start("two");
                bed.cli()
                        .run(
                                "run",
                                "--detach",
                                "--stop-signal",
                                "KILL",
                                "--name",
                                "three",
                                "debian:bookworm-slim",
                                "sleep",
                                "600");

                await().atMost(PATIENCE).untilAsserted(() -> {
                    assertThat(heard.connects()).isEqualTo(2);
                    assertThat(known(listed)).contains("three");
                });
                System.out.println("event feed: engine " + way + "; heard again after "
                        + Duration.between(back, feed.status().connectedSince().orElseThrow())
                                .toMillis()
                        + " ms, all known after "
                        + Duration.between(back, Instant.now()).toMillis() + " ms; "
                        + heard.actions());
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(heard.actions())
                                .filteredOn("start two"::equals)
                                .hasSize(2));
                assertThat(listed).contains("one " + Container.State.EXITED);
                assertThat(heard.actions()).filteredOn("start three"::equals).hasSize(1);
                assertThat(heard.notes())
                        .extracting(note -> FeedPosition.timeOf(note.event()) + text(note.event()))
                        .doesNotHaveDuplicates();
            }
        }
    }

    /** Returns the containers known from the list after the reconnect or from later events. */
    private List<String> known(List<String> listed) {
        return java.util.stream.Stream.concat(listed.stream(), heard.actions().stream())
                .flatMap(text -> java.util.stream.Stream.of(text.split(" ", 0)))
                .toList();
    }

    private static String text(Event event) {
        return event.getAction() + " " + event.getActor().getId();
    }

    private List<String> ofThisTest() {
        return heard.notes().stream()
                .map(Recorder.Note::event)
                .filter(event -> name.equals(event.getActor().getAttributes().get("name")))
                .map(Event::getAction)
                .toList();
    }
}
