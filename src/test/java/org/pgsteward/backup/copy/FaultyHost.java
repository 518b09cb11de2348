package org.pgsteward.backup.copy;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.model.Backup;

/** A daemon that all cases share, with three verified backups. Its own schedules of copies do not begin. */
final class FaultyHost implements AutoCloseable {
    /** The schedules of the daemon that could begin or resolve something beside the cases. */
    private static final List<String> SCHEDULES =
            List.of("pgsteward.copies.tick", "pgsteward.copies.drill.tick", "pgsteward.copies.overdue.tick");

    final CopyHost copies = new CopyHost();
    final Wiring wiring;
    private final List<Backup> backups = new ArrayList<>();
    private final Daemon daemon;

    FaultyHost() throws Exception {
        copies.start(Map.of());
        copies.host.cluster().run("homelab", "CREATE DATABASE app");
        copies.host
                .cluster()
                .run(
                        "app",
                        "CREATE TABLE public.notes AS"
                                + " SELECT n, md5(random()::text) AS text FROM generate_series(1, 20000) n");
        for (int i = 0; i < CopyFaultCase.MOST_BACKUPS; i++) {
            copies.host.cluster().run("app", "UPDATE public.notes SET text = md5(random()::text)");
            copies.clock.pass(Duration.ofHours(2));
            backups.add(0, copies.backUp("app"));
        }
        copies.stop();
        Map<String, String> settings = new HashMap<>(Map.of(
                "pgsteward.docker.host",
                "unix://" + copies.host.folder().resolve("no-engine.sock"),
                "pgsteward.http.port",
                "0"));
        SCHEDULES.forEach(schedule -> settings.put(schedule, "0 0 0 1 1 ?"));
        wiring = copies.host.wiring(settings, copies.clock);
        daemon = wiring.daemon().start();
        await().until(() -> !daemon.hears());
    }

    /** Returns the backups, the newest first. */
    List<Backup> backups() {
        return List.copyOf(backups);
    }

    @Override
    public void close() throws IOException {
        daemon.close();
        copies.close();
    }
}
