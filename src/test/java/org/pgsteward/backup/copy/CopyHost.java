package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.TestHost;
import org.pgsteward.alert.SettableClock;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.BackupRun;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.Store;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.io.Json;
import org.pgsteward.journal.Spool;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;

/** A pgsteward with the shipped routes of targets on a real PostgreSQL, and a clock that the tests set. */
public final class CopyHost implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    public final SettableClock clock = new SettableClock();
    public final TestHost host;
    private final Map<String, String> settings = new HashMap<>();
    private Optional<Wiring> wiring = Optional.empty();
    private Optional<Pipeline> pipeline = Optional.empty();

    public CopyHost() throws IOException {
        host = TestHost.start();
    }

    /** Starts the routes of the targets, after another process has ended. */
    public Wiring start(Map<String, String> more) throws Exception {
        stop();
        settings.putAll(more);
        Wiring made = host.wiring(settings, clock);
        made.house.order();
        wiring = Optional.of(made);
        pipeline = Optional.of(made.copyPipeline().start());
        return made;
    }

    public Wiring wiring() {
        return wiring.orElseThrow();
    }

    public void stop() {
        pipeline.ifPresent(Pipeline::close);
        pipeline = Optional.empty();
    }

    /** Makes and verifies a backup of a database, which is created if it is missing. */
    public Backup backUp(String database) throws Exception {
        if (host.rows("homelab", "SELECT 1 FROM pg_database WHERE datname = '" + database + "'")
                .isEmpty()) {
            host.cluster().run("homelab", "CREATE DATABASE \"" + database + "\"");
            host.cluster()
                    .run(
                            database,
                            "CREATE TABLE public.notes AS SELECT n, md5(n::text) AS text FROM generate_series(1, 500) n");
        }
        return backUp(host.target(wiring(), database));
    }

    /** Makes and verifies a backup of the roles, or of the whole cluster. */
    public Backup backUp(BackupKind kind) throws Exception {
        return backUp(wiring().targets.all(kind).stream()
                .map(Targets.Found::target)
                .findFirst()
                .orElseThrow());
    }

    private Backup backUp(BackupTarget target) throws Exception {
        clock.pass(Duration.ofMinutes(1));
        Backup backup =
                wiring().backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
        assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.VERIFIED);
        awaitRows();
        return backup;
    }

    /** Runs one pass over a target. */
    public CopyPass.Result copyTo(String target) throws Exception {
        return copyTo(target, Optional.empty());
    }

    /** @param keep the policy of the store for all services */
    public CopyPass.Result copyTo(String target, Optional<RetentionPolicy> keep) throws Exception {
        awaitRows();
        CopyTarget found = wiring().copyTargets().all().stream()
                .filter(one -> one.name().equals(target))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no target " + target));
        CopyPass.Result result =
                wiring().copyPass().run(found, wiring().copyTargets().place(target), service -> keep);
        awaitRows();
        return result;
    }

    /** Returns the copies at a target from the journal, oldest first: the id of the backup and the state of its copy. */
    public List<String> copies(String target) throws Exception {
        return host.rows(
                "homelab",
                "SELECT backup_id || ' ' || state FROM public.backup_copy WHERE target = '" + target
                        + "' ORDER BY started_at, id");
    }

    /** Waits until the journal has all rows. */
    public void awaitRows() {
        await().atMost(PATIENCE)
                .until(() -> new Spool(host.folder().resolve("state/spool"), Json.mapper(), clock)
                        .waiting()
                        .isEmpty());
    }

    /** Returns the content of a file in the store. */
    public byte[] stored(String path) throws IOException {
        return Files.readAllBytes(host.store().resolve(path));
    }

    /** Asserts that a folder has the files of backups and their manifests as they are in the store. */
    public void assertCopied(Path folder, Backup... backups) throws IOException {
        for (Backup backup : backups) {
            String path = backup.path().orElseThrow();
            assertThat(folder.resolve(path)).hasBinaryContent(stored(path));
            assertThat(folder.resolve(Store.manifestOf(path))).hasBinaryContent(stored(Store.manifestOf(path)));
        }
    }

    /** Returns the paths of all files below a folder. */
    public static List<String> filesIn(Path folder) throws IOException {
        return TestHost.files(folder, "").stream()
                .map(file -> folder.relativize(file).toString())
                .toList();
    }

    @Override
    public void close() throws IOException {
        stop();
        host.close();
    }
}
