package org.pgsteward.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.camel.receivers.CapturedLog;
import org.pgsteward.config.Settings;
import org.pgsteward.engine.FakeDaemon;

/** The daemon's log while the Docker Engine is unavailable. Once, it repeated the same line every 20 seconds. */
@Tag("fast")
class EngineGoneTest {
    /** The number of attempts to reach the engine in some minutes. */
    private static final int ASKED = 40;

    @TempDir
    private Path folder;

    @Test
    void oneLineWhenItDisappearsAndOneWhenItReturns() throws Exception {
        try (FakeDaemon engine = new FakeDaemon()) {
            engine.listNone();
            try (CapturedLog log = new CapturedLog();
                    Daemon daemon = new Wiring(Settings.from(environment(engine))).daemon()) {
                daemon.start();
                await().until(() -> lines(log, engine).size() == 1);
                assertThat(lines(log, engine).get(0)).contains("receives Docker events from " + engine.host());

                engine.stop();
                askInVain(URI.create(engine.host()).getPort());
                assertThat(lines(log, engine)).hasSize(2);
                assertThat(lines(log, engine).get(1))
                        .contains("WARN")
                        .contains("cannot receive Docker events, and retries");

                engine.startAgain();
                await().until(() -> lines(log, engine).size() == 3);
                assertThat(lines(log, engine).get(2)).contains("INFO").contains("receives Docker events from", "again");
            }
        }
    }

    /** Accepts this number of connections and closes each. */
    private static void askInVain(int port) throws IOException {
        try (ServerSocket gone = new ServerSocket(port, 10, InetAddress.getLoopbackAddress())) {
            for (int asked = 0; asked < ASKED; asked++) {
                gone.accept().close();
            }
        }
    }

    /** Returns the lines about this engine, because the feed of another test may still be ending. */
    private static List<String> lines(CapturedLog log, FakeDaemon engine) {
        return log.text()
                .lines()
                .filter(line -> line.contains("Docker") && line.contains(engine.host()))
                .toList();
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
                Map.entry("PGSTEWARD_RELIST_PERIOD", "100ms"),
                Map.entry("PGSTEWARD_MONITOR_PERIOD", "100ms"),
                Map.entry("PGSTEWARD_HTTP_PORT", "0"));
    }
}
