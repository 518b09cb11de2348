package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.EventType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class EventFeedTest {
    private static final FeedTimings QUICK =
            new FeedTimings(Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofMillis(300), 100);

    private final FakeDaemon daemon = new FakeDaemon();
    private final DockerEngine engine = DockerEngine.at(daemon.host(), Duration.ofSeconds(1), Duration.ofMillis(800));
    private final Recorder heard = new Recorder();
    private EventFeed feed = EventFeed.start(engine, Clock.systemUTC(), QUICK, heard);

    @BeforeEach
    void connected() {
        await().until(() -> feed.status().connected() && heard.connects() == 1);
    }

    @AfterEach
    void close() {
        feed.close();
        engine.close();
        daemon.close();
    }

    @Test
    void bringsEventsInOrder() {
        daemon.happens("create", "web");
        Instant last = daemon.happens("start", "web");

        await().untilAsserted(() -> assertThat(heard.actions()).containsExactly("create web", "start web"));
        assertThat(feed.status().lastEvent()).contains(last);
        assertThat(feed.status().reconnects()).isZero();
    }

    @Test
    void requestsOnlyContainerAndNetworkEvents() {
        String asked = daemon.requests().stream()
                .filter(path -> path.startsWith("/events"))
                .findFirst()
                .orElseThrow();

        assertThat(asked).matches("/events\\?since=\\d{10}\\.\\d{9}&filters=.*");
        assertThat(asked).contains("\"type\":[\"container\",\"network\"]").contains("\"health_status\"");
        assertThat(asked).doesNotContain("exec_").doesNotContain("attach");
    }

    @Test
    void cutStreamIsReplacedAndMissedEventsReplayedOnce() {
        daemon.happens("start", "before");
        await().until(() -> heard.actions().size() == 1);
        daemon.stop();
        await().until(() -> !feed.status().connected());
        daemon.happens("die", "meanwhile");
        daemon.startAgain();
        await().until(() -> heard.connects() == 2);
        daemon.happens("start", "after");

        await().untilAsserted(() ->
                assertThat(heard.actions()).containsExactly("start before", "die meanwhile", "start after"));
        assertThat(feed.status().why()).isNotEmpty();
        assertThat(feed.status().reconnects()).isEqualTo(1);
    }

    @Test
    void aStreamThatAProxyEndsCleanlyIsReplaced() {
        daemon.endStreams();

        await().until(() -> heard.connects() == 2);
        daemon.happens("start", "web");
        await().untilAsserted(() -> assertThat(heard.actions()).containsExactly("start web"));
        assertThat(feed.status().why()).contains("closed by the engine or a proxy");
    }

    /** docker-java #1369: a handler received no more events, although its stream looked healthy. */
    @Test
    void silentStreamIsReportedAsStaleAndReplaced() {
        daemon.goSilent();
        daemon.happens("die", "web");

        await().until(() -> heard.connects() == 2);
        await().untilAsserted(() -> assertThat(heard.actions()).containsExactly("die web"));
        // On a busy machine a late answer to the ping may be the reason instead.
        assertThat(feed.status().why()).contains("stale").containsAnyOf("'die'", "did not answer /_ping");
    }

    @Test
    void anEventThatAloneGotLostOnALivingStreamIsFound() {
        daemon.goSilent();
        daemon.happens("oom", "web");
        daemon.speakAgain();
        daemon.happens("start", "other");

        await().untilAsserted(() -> assertThat(heard.actions()).containsExactly("start other", "oom web"));
    }

    @Test
    void quietIsNotStale() {
        Instant first = feed.status().lastProbe().orElseThrow();

        await().until(() -> feed.status().lastProbe().orElseThrow().isAfter(first.plusMillis(600)));

        assertThat(heard.connects()).isEqualTo(1);
        assertThat(feed.status().lastEvent()).isEmpty();
    }

    @Test
    void aFrozenDaemonIsNoticedAndTheFeedComesBackWhenItThaws() {
        daemon.freeze();
        await().until(() -> !feed.status().connected());
        assertThat(feed.status().why()).contains("did not answer");

        daemon.happens("start", "meanwhile");
        daemon.thaw();

        await().untilAsserted(() -> assertThat(heard.actions()).containsExactly("start meanwhile"));
    }

    @Test
    void aRestartedDaemonThatForgotItsEventsLeadsToAFreshList() {
        daemon.happens("start", "web");
        await().until(() -> heard.actions().size() == 1);
        daemon.stop();
        daemon.forgetEvents();
        daemon.startAgain();

        await().until(() -> heard.connects() == 2);
        assertThat(heard.actions()).containsExactly("start web");
    }

    @Test
    void theEnginesOwnTimeIsUsedWhenItsClockIsAnHourOff() {
        for (Duration ahead : List.of(Duration.ofHours(1), Duration.ofHours(-1))) {
            daemon.clockAheadBy(ahead);
            daemon.cut();
            String name = "clock" + ahead.toHours();
            await().until(() -> feed.status().connected());
            daemon.goSilent();
            daemon.happens("start", name);
            await().untilAsserted(() -> assertThat(heard.actions()).containsOnlyOnce("start " + name));
            daemon.speakAgain();
        }
    }

    @Test
    void worksBehindAProxyThatTakesTheDateAway() {
        daemon.tellNoDate();
        daemon.cut();
        await().until(() -> heard.connects() == 2);
        daemon.happens("start", "web");

        await().untilAsserted(() -> assertThat(heard.actions()).containsExactly("start web"));
    }

    @Test
    void unknownTypesAndBrokenDocumentsDoNotEndTheStream() {
        daemon.happens(
                "{\"Type\":\"builder\",\"Action\":\"prune\",\"Actor\":{\"ID\":\"\",\"Attributes\":{\"name\":\"b\"}},");
        daemon.happens("{\"Type\":\"container\",\"Action\":[\"not\",\"text\"],");
        daemon.happens("start", "web");

        await().untilAsserted(() -> assertThat(heard.actions()).containsExactly("prune b", "start web"));
        assertThat(heard.connects()).isEqualTo(1);
    }

    @Test
    void newEnginesThatLeaveOutStatusIdAndFromAreUnderstood() {
        daemon.happens(
                "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"abc\",\"Attributes\":{\"name\":\"web\",\"exitCode\":\"137\"}},");

        await().until(() -> heard.notes().size() == 1);
        Event event = heard.notes().get(0).event();
        assertThat(event.getType()).isEqualTo(EventType.CONTAINER);
        assertThat(event.getStatus()).isNull();
        assertThat(event.getActor().getAttributes()).containsEntry("exitCode", "137");
    }

    @Test
    void podmansBareHealthStatusKeepsItsValue() {
        daemon.happens(
                "{\"Type\":\"container\",\"Action\":\"health_status\",\"HealthStatus\":\"unhealthy\",\"Actor\":{\"ID\":\"abc\",\"Attributes\":{\"name\":\"web\"}},");

        await().until(() -> heard.notes().size() == 1);
        assertThat(heard.notes().get(0).event().getRawValues()).containsEntry("HealthStatus", "unhealthy");
    }

    @Test
    void aSlowListenerLosesNothingWhenMoreComesThanMayWait() {
        feed.close();
        CountDownLatch gate = new CountDownLatch(1);
        FeedTimings narrow = new FeedTimings(Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofSeconds(30), 4);
        feed = EventFeed.start(engine, Clock.systemUTC(), narrow, new EventFeed.Listener() {
            @Override
            public void connected() {
                heard.connected();
            }

            @Override
            public void heard(Event event) {
                awaitOpen(gate);
                heard.heard(event);
            }
        });
        await().until(() -> heard.connects() == 2);
        for (int i = 0; i < 20; i++) {
            daemon.happens("start", "c" + i);
        }
        await().until(() -> feed.status().why().contains("4 events were waiting"));
        gate.countDown();

        await().untilAsserted(() -> assertThat(heard.actions()).hasSize(20).doesNotHaveDuplicates());
        assertThat(heard.connects()).isGreaterThan(2);
    }

    @Test
    void aListenerThatThrowsDoesNotEndTheFeed() {
        feed.close();
        feed = EventFeed.start(engine, Clock.systemUTC(), QUICK, new EventFeed.Listener() {
            @Override
            public void connected() {
                heard.connected();
                throw new IllegalStateException("cannot list containers");
            }

            @Override
            public void heard(Event event) {
                heard.heard(event);
                throw new IllegalStateException("this event is bad");
            }
        });
        await().until(() -> heard.connects() == 2);
        daemon.happens("start", "one");
        daemon.happens("start", "two");

        await().untilAsserted(() -> assertThat(heard.actions()).containsExactly("start one", "start two"));
    }

    @Test
    void closingReallyClosesTheConnectionAndEveryThread() {
        assertThat(daemon.openStreams()).isEqualTo(1);

        feed.close();

        await().untilAsserted(() -> assertThat(daemon.openStreams()).isZero());
        daemon.happens("start", "late");
        assertThat(feed.status().connected()).isFalse();
        assertThat(heard.actions()).isEmpty();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("docker-events"));
    }

    /** traefik #13549: a watcher gave up on Docker without a message. This feed keeps trying. */
    @Test
    void startsBeforeTheEngineDoes() {
        feed.close();
        daemon.stop();
        feed = EventFeed.start(engine, Clock.systemUTC(), QUICK, heard);
        await().until(() -> feed.status().why().contains("cannot query"));

        daemon.startAgain();

        await().until(() -> heard.connects() == 2);
    }

    private static void awaitOpen(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
