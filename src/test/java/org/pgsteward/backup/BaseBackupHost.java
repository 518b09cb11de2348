package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.pgsteward.ProcessSignal;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.TestCluster;

/** A host with a common PostgreSQL setup, and a base backup of it. */
final class BaseBackupHost implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(8);

    final TestHost host;
    final Wiring wiring;

    /** The file to which the archive command of the server writes. */
    final Path archived;

    private final Pipeline pipeline;
    private Optional<Backup> good = Optional.empty();

    BaseBackupHost() throws Exception {
        // The worker of the subscription would connect to its publisher. On this server a setting on the command
        // line prevents that, and pgsteward prevents it in the copy.
        host = TestHost.start(TestCluster.start(
                TestCluster.programs(), Map.of("max_logical_replication_workers", "0", "max_wal_size", "64MB")));
        wiring = host.wiring();
        wiring.house.order();
        host.cluster()
                .run("homelab", "CREATE ROLE vikunja LOGIN PASSWORD 'pw'", "CREATE DATABASE vikunja OWNER vikunja");
        host.cluster()
                .run(
                        "vikunja",
                        "CREATE TABLE public.tasks AS SELECT n, repeat(md5(n::text), 20) AS text"
                                + " FROM generate_series(1, 20000) AS n",
                        "CREATE TABLE public.long AS SELECT string_agg(md5(n::text), '') AS text"
                                + " FROM generate_series(1, 40000) AS n",
                        "CREATE UNLOGGED TABLE public.unlogged AS SELECT generate_series(1, 10) AS n",
                        "CREATE TABLE public.busy (n BIGINT, at TIMESTAMPTZ DEFAULT now())");
        archived = Files.createTempFile(Path.of("/tmp"), "pgsteward-archived-", "");
        Files.setPosixFilePermissions(archived, java.nio.file.attribute.PosixFilePermissions.fromString("rw-rw-rw-"));
        pipeline = wiring.backupPipeline().start();
    }

    @Override
    public void close() throws IOException {
        pipeline.close();
        host.close();
        Files.deleteIfExists(archived);
    }

    BackupTarget cluster() throws SQLException {
        return wiring.targets.all(BackupKind.BASE).get(0).target();
    }

    /** Returns a verified base backup. Tests that damage it must repair it. */
    Backup good() throws SQLException {
        if (good.isEmpty()) {
            Backup made = host.backUp(wiring, cluster());
            assertThat(made.error()).isEmpty();
            good = Optional.of(made);
        }
        return good.get();
    }

    /**
     * Inserts rows in a loop, with updates and deletes. Each statement is its own transaction.
     *
     * @return the number of inserted rows
     */
    long write(AtomicBoolean enough) {
        try (Connection connection = host.cluster().server().connect("vikunja");
                Statement statement = connection.createStatement()) {
            long n = 0;
            while (!enough.get()) {
                n++;
                statement.execute("INSERT INTO public.busy VALUES (" + n + ")");
                statement.execute(
                        "UPDATE public.tasks SET text = text WHERE n = 20000 AND " + n + " % 50 = 0 AND false");
                statement.execute("DELETE FROM public.busy WHERE n = " + (n - 20));
            }
            return n;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    CompletableFuture<Backup> running() throws SQLException {
        BackupTarget target = cluster();
        return CompletableFuture.supplyAsync(
                () -> host.backUp(wiring, target), work -> new Thread(work, "base").start());
    }

    /** Stops {@code pg_basebackup} with a signal as soon as the store has a part of its output. */
    ProcessHandle stopped(CompletableFuture<Backup> run) {
        ProcessHandle program = await().pollInterval(Duration.ofMillis(1))
                .atMost(PATIENCE)
                .until(BaseBackupHost::baseBackup, Optional::isPresent)
                .orElseThrow();
        await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(() -> {
            ProcessSignal.send("CONT", program.pid());
            ProcessSignal.send("STOP", program.pid());
            return hasGrown();
        });
        assertThat(run).isNotDone();
        return program;
    }

    static Optional<ProcessHandle> baseBackup() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .command()
                        .filter(path -> path.endsWith("/pg_basebackup"))
                        .isPresent())
                .findFirst();
    }

    boolean hasGrown() throws IOException {
        try (Stream<Path> files = Files.list(host.store().resolve("_base"))) {
            for (Path file : files.toList()) {
                if (file.toString().endsWith(".part") && Files.size(file) > 0) {
                    return true;
                }
            }
            return false;
        } catch (java.nio.file.NoSuchFileException notYet) {
            return false;
        }
    }

    Manifest manifest(Backup backup) throws IOException {
        return Manifests.of(wiring.store, "_base").stream()
                .filter(manifest -> manifest.identity().backupId().equals(backup.id()))
                .findFirst()
                .orElseThrow();
    }

    Path file(Backup backup) {
        return host.store().resolve(backup.path().orElseThrow());
    }

    /** Returns the files that verifications left in the scratch folder, without the empty template clusters. */
    List<Path> left() throws IOException {
        try (Stream<Path> files = Files.list(host.folder().resolve("state/scratch"))) {
            return files.filter(file -> !file.getFileName().toString().startsWith("template"))
                    .toList();
        }
    }

    static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
