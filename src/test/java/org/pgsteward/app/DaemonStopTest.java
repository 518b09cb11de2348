package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.config.Settings;
import org.pgsteward.engine.FakeDaemon;

/** A stop of the daemon waits for work that has begun. */
@Tag("fast")
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DaemonStopTest {
    @TempDir
    private Path folder;

    /** Working through a list may create a database, so a stop must not interrupt it. */
    @Test
    void waitsForTheListThatIsReadAfterAReconnectToDocker() throws Exception {
        try (FakeDaemon engine = new FakeDaemon()) {
            engine.listNone();
            Daemon daemon =
                    new Wiring(Settings.from(environment(engine))).daemon().start();
            await().until(() -> lists(engine) >= 2 && daemon.hears());
            CountDownLatch held = engine.holdLists();
            long before = lists(engine);
            engine.endStreams();
            await().until(() -> lists(engine) > before);

            CompletableFuture<Void> stopped = CompletableFuture.runAsync(daemon::close);
            await().during(Duration.ofSeconds(2)).until(() -> !stopped.isDone());
            held.countDown();

            assertThat(stopped).succeedsWithin(Duration.ofSeconds(30));
        }
    }

    /** A list is read at the start by a timer and for the first connection, and after that only for a connection. */
    private static long lists(FakeDaemon engine) {
        return engine.requests().stream()
                .filter(path -> path.startsWith("/containers/json"))
                .count();
    }

    private Map<String, String> environment(FakeDaemon engine) {
        return Map.ofEntries(
                Map.entry("PGSTEWARD_POSTGRES_HOST", "127.0.0.1"),
                Map.entry("PGSTEWARD_POSTGRES_PORT", "1"),
                Map.entry("PGSTEWARD_POSTGRES_PASSWORD", "secret"),
                Map.entry("PGSTEWARD_DOCKER_HOST", engine.host()),
                Map.entry("PGSTEWARD_STATE_DIR", folder.resolve("state").toString()),
                Map.entry("PGSTEWARD_BACKUP_DIR", folder.resolve("backups").toString()),
                Map.entry("PGSTEWARD_REQUESTS_DIR", folder.resolve("requests").toString()),
                Map.entry("PGSTEWARD_RELIST_PERIOD", "1h"),
                Map.entry("PGSTEWARD_MONITOR_PERIOD", "1h"),
                Map.entry("PGSTEWARD_WATCH_DELAY", "1h"),
                Map.entry("PGSTEWARD_OVERVIEW_DELAY", "1h"),
                Map.entry("PGSTEWARD_HTTP_PORT", "0"));
    }
}
