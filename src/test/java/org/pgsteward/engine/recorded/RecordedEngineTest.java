package org.pgsteward.engine.recorded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.Event;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EventFeed;
import org.pgsteward.engine.FeedTimings;
import org.pgsteward.model.Container;

@Tag("fast")
class RecordedEngineTest {
    private final RecordedEngine recorded = new RecordedEngine(Clock.systemUTC());
    private final DockerEngine engine = DockerEngine.at(recorded.host());

    RecordedEngineTest() throws IOException {}

    @AfterEach
    void close() {
        engine.close();
        recorded.close();
    }

    @Test
    void isEmptyAndAnswersBeforeTheFirstScene() {
        assertThat(engine.answers()).isTrue();
        assertThat(engine.containers()).isEmpty();
        assertThat(engine.container("vikunja")).isEmpty();
        assertThat(engine.memory("vikunja")).isEmpty();
    }

    @Test
    void deploymentShowsTheWholeHomeLab() throws IOException {
        recorded.play("deploy");

        assertThat(engine.containers())
                .extracting(Container::name)
                .containsExactlyInAnyOrder("postgresql", "vikunja", "hedgedoc", "linkding", "navidrome");
        Container vikunja = engine.container("vikunja").orElseThrow();
        Container postgresql = engine.container("postgresql").orElseThrow();
        assertThat(vikunja.identity()).isEqualTo("homelab/vikunja");
        assertThat(vikunja.environment()).containsEntry("VIKUNJA_DATABASE_HOST", "postgresql");
        assertThat(vikunja.image()).startsWith("vikunja/vikunja:");
        assertThat(vikunja.sharesNetworkWith(postgresql)).isTrue();
        assertThat(postgresql.health()).isEqualTo(Container.Health.HEALTHY);
        assertThat(postgresql.memoryLimitBytes()).isEqualTo(256L << 20);
        assertThat(engine.container("navidrome").orElseThrow().label("pgsteward.password-file"))
                .contains("navidrome_password");
    }

    @Test
    void aCrashAndAReturnAreSeenInTheListAndAsEvents() throws IOException {
        recorded.play("deploy");
        List<String> heard = new CopyOnWriteArrayList<>();
        List<Long> times = new CopyOnWriteArrayList<>();
        Instant before = Instant.now();
        try (EventFeed feed = EventFeed.start(engine, Clock.systemUTC(), FeedTimings.USUAL, new EventFeed.Listener() {
            @Override
            public void connected() {
                heard.add("connected");
            }

            @Override
            public void heard(Event event) {
                heard.add(event.getAction());
                times.add(event.getTime());
            }
        })) {
            await().until(() -> heard.contains("connected"));
            heard.clear();
            times.clear();
            recorded.play("service-crash");
            await().untilAsserted(() -> assertThat(heard).contains("die"));
            assertThat(engine.container("hedgedoc").orElseThrow().state()).isEqualTo(Container.State.EXITED);
            assertThat(engine.container("hedgedoc").orElseThrow().exitCode()).isEqualTo(137);
            assertThat(engine.memory("hedgedoc")).isEmpty();

            recorded.play("service-back");
            await().untilAsserted(() -> assertThat(heard).endsWith("start"));
            assertThat(engine.container("hedgedoc").orElseThrow().state()).isEqualTo(Container.State.RUNNING);
            assertThat(times).allMatch(seconds -> seconds >= before.getEpochSecond());
            assertThat(feed.status().reconnects()).isZero();
        }
    }

    @Test
    void memoryGoesUpToWhereAnAlarmIsDueAndDownAgain() throws IOException {
        recorded.play("deploy");
        recorded.play("memory-high");
        assertThat(engine.memory("postgresql").orElseThrow().ratio()).isBetween(0.81, 0.89);

        recorded.play("memory-normal");
        assertThat(engine.memory("postgresql").orElseThrow().ratio()).isLessThan(0.5);
    }

    @Test
    void checkingPastEventsRepeatsNone() throws IOException {
        List<String> heard = new CopyOnWriteArrayList<>();
        FeedTimings quick = new FeedTimings(Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofMillis(300), 100);
        try (EventFeed feed = EventFeed.start(engine, Clock.systemUTC(), quick, new EventFeed.Listener() {
            @Override
            public void connected() {}

            @Override
            public void heard(Event event) {
                heard.add(event.getAction());
            }
        })) {
            await().until(() -> feed.status().connected());
            recorded.play("deploy");
            await().until(() -> heard.size() == 16);
            Instant played = Instant.now();

            await().until(() -> feed.status().lastProbe().orElseThrow().isAfter(played.plusSeconds(2)));
            assertThat(heard).hasSize(16);
            assertThat(feed.status().reconnects()).isZero();
        }
    }

    @Test
    void newContainerIsListedAndSendsAnEvent() throws IOException {
        recorded.play("deploy");
        List<Event> heard = new CopyOnWriteArrayList<>();
        try (EventFeed feed = EventFeed.start(engine, Clock.systemUTC(), FeedTimings.USUAL, new EventFeed.Listener() {
            @Override
            public void connected() {}

            @Override
            public void heard(Event event) {
                heard.add(event);
            }
        })) {
            await().until(() -> feed.status().connected());
            recorded.create(
                    "vikunja",
                    "second",
                    document -> document.put("Id", "2".repeat(64)).put("Name", "/second"));

            await().until(() -> heard.stream()
                    .anyMatch(event -> "create".equals(event.getAction())
                            && "2".repeat(64).equals(event.getActor().getId())));
            assertThat(engine.container("second").orElseThrow().identity()).isEqualTo("homelab/vikunja");
        }
    }

    @Test
    void unknownSceneIsReported() {
        assertThatThrownBy(() -> recorded.play("earthquake"))
                .isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("/recording/earthquake/contents");
    }
}
