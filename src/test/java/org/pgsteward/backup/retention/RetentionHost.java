package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.pgsteward.TestHost;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.app.Daemon;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.Reverification;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.io.Json;
import org.pgsteward.journal.Spool;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;

/** The daemon with the shipped routes on a real PostgreSQL, with a clock that the tests set. */
final class RetentionHost implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(8);
    static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    static final String RETENTION = "direct:retention";
    static final String NIGHT_OVER = "direct:backup-night";

    final SettableClock clock = new SettableClock();
    final TestHost host;
    Wiring wiring;
    Optional<Daemon> daemon = Optional.empty();

    RetentionHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring(settings(), clock);
    }

    @Override
    public void close() throws IOException {
        host.close();
    }

    /** Removes all leftovers of an earlier test. */
    void reset() throws Exception {
        clock.set(berlin("2026-03-02T03:00:05"));
        host.wiring().house.order();
        host.cluster().run("homelab", "TRUNCATE public.backup_log, public.service_configs");
        for (String database : host.rows(
                "homelab",
                "SELECT datname FROM pg_database WHERE datname NOT IN ('homelab', 'postgres')"
                        + " AND NOT datistemplate")) {
            host.cluster().run("homelab", "DROP DATABASE \"" + database + "\" WITH (FORCE)");
        }
        delete(host.store());
        delete(host.folder().resolve("state"));
        host.newState();
        delete(host.folder().resolve("mailbox"));
    }

    void stop() {
        daemon.ifPresent(Daemon::close);
        daemon = Optional.empty();
    }

    /**
     * Starts the whole daemon without a Docker Engine. The intervals of its timers are so long that they do not
     * interfere.
     */
    void start(String... settings) throws IOException {
        wiring = host.wiring(settings(settings), clock);
        daemon = Optional.of(wiring.daemon().start());
    }

    Map<String, String> settings(String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "pgsteward.docker.host", "unix://" + host.folder().resolve("no-engine.sock"),
                "pgsteward.http.port", "0",
                "pgsteward.backup.base.schedule", "",
                "pgsteward.timezone", "Europe/Berlin",
                "pgsteward.retention.tick", "0 0 0 1 1 ?",
                "pgsteward.reverification.tick", "0 0 0 1 1 ?",
                "pgsteward.interrupted.tick", "0 0 0 1 1 ?",
                "pgsteward.monitor.postgres.period", "1h",
                "pgsteward.monitor.backups.delay", "1h",
                "pgsteward.relist.period", "1h"));
        // Most tests are about backups that have a file each.
        settings.put("pgsteward.backup.unchanged.days", "0");
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        return settings;
    }

    static Instant berlin(String local) {
        return LocalDateTime.parse(local).atZone(BERLIN).toInstant();
    }

    Backup stored(String service) throws Exception {
        host.cluster().run("homelab", "CREATE DATABASE " + service);
        Backup backup = backUp(service);
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        return backup;
    }

    /**
     * Runs the retention. It first waits for all rows of the journal, since retention removes nothing while a row is
     * pending.
     */
    void retain() {
        awaitRows();
        wiring.routeClient.ask(RETENTION, "");
    }

    void verifyOldest() throws Exception {
        new Reverification(
                        wiring.store,
                        new StoreView(wiring.store),
                        wiring.shared,
                        wiring.rows,
                        wiring.house,
                        wiring.verification,
                        new ProcessDeaths(host.folder().resolve("state/under-way"), clock),
                        wiring.alerts,
                        wiring.reporter,
                        clock)
                .verifyOldest(1);
    }

    void awaitRows() {
        await().atMost(PATIENCE)
                .until(() -> new Spool(host.folder().resolve("state/spool"), Json.mapper(), clock)
                        .waiting()
                        .isEmpty());
    }

    List<Backup> backUpSeveral(String database, int count) throws Exception {
        List<Backup> backups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clock.pass(Duration.ofMinutes(1));
            backups.add(backUp(database));
            assertThat(backups.get(i).state()).isEqualTo(BackupState.VERIFIED);
        }
        return backups;
    }

    Backup backUp(String database) throws Exception {
        return backUp(host.target(wiring, database));
    }

    Backup backUp(BackupTarget target) {
        return wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
    }

    static List<String> files(Backup... backups) {
        List<String> files = new ArrayList<>();
        for (Backup backup : backups) {
            files.add(backup.id() + ".dump.zst");
            files.add(backup.id() + ".dump.zst.manifest.json");
        }
        return files;
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
