package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.pgsteward.SmallDisk;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.TestCluster;

/**
 * A host for failing dumps, with a database that takes some time to dump, and with replacements of PostgreSQL's
 * programs.
 */
final class FaultyHost implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(8);
    /**
     * The number of rows of the large table. Its 26 MB compress by half only, so the stored file grows from the
     * first moment.
     */
    static final int LARGE_ROWS = 80_000;

    final TestHost host;
    final Wiring wiring;

    /** The routes that a test runs. */
    Pipeline pipeline;

    private Optional<String> large = Optional.empty();

    FaultyHost() throws Exception {
        host = TestHost.start();
        // Some tests back up into a store of their own. With their rows, a missing store would be an error here.
        Files.createDirectories(host.store());
        wiring = host.wiring();
        wiring.house.order();
        pipeline = wiring.backupPipeline().start();
    }

    @Override
    public void close() throws IOException {
        pipeline.close();
        host.close();
    }

    /** Returns the name of a database that takes some time to dump. Creates it at the first call. */
    String large() throws SQLException {
        if (large.isEmpty()) {
            String made = host.cluster().newDatabase();
            host.cluster()
                    .run(
                            made,
                            "CREATE TABLE public.big AS SELECT n, (SELECT string_agg(md5(concat(n, k)), '')"
                                    + " FROM generate_series(1, 10) AS k) AS text"
                                    + " FROM generate_series(1, " + LARGE_ROWS + ") AS n",
                            "CREATE TABLE public.small AS SELECT 1 AS n");
            large = Optional.of(made);
        }
        return large.get();
    }

    Backup withPgDump(String script, String database) throws Exception {
        try (Elsewhere other = new Elsewhere("pgsteward.postgres.bindir", programs(script))) {
            return host.backUp(other.wiring, database);
        }
    }

    /**
     * Returns a folder with PostgreSQL's programs. Its {@code pg_dump} prints its version, and runs {@code script}
     * in all other cases.
     */
    String programs(String script) throws IOException {
        Path folder = Files.createTempDirectory(host.folder(), "programs-");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path real = TestCluster.programs().directory();
        for (String program : List.of("pg_restore", "psql", "initdb", "postgres", "pg_dumpall")) {
            Path wrapper = Files.writeString(
                    folder.resolve(program), "#!/bin/sh\nexec " + real.resolve(program) + " \"$@\"\n");
            Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Path dump = Files.writeString(
                folder.resolve("pg_dump"),
                "#!/bin/sh\nreal=" + real.resolve("pg_dump") + "\n[ \"$1\" = --version ] && exec \"$real\" --version\n"
                        + script + "\n");
        Files.setPosixFilePermissions(dump, PosixFilePermissions.fromString("rwxr-xr-x"));
        return folder.toString();
    }

    Elsewhere elsewhere(String key, String value) throws IOException {
        return new Elsewhere(key, value);
    }

    /** A pgsteward with one other setting, in this process. */
    final class Elsewhere implements AutoCloseable {
        final Wiring wiring;
        private final Pipeline pipeline;

        Elsewhere(String key, String value) throws IOException {
            wiring = host.wiring(key, value);
            pipeline = wiring.backupPipeline().start();
        }

        @Override
        public void close() {
            pipeline.close();
        }
    }

    /** Returns the relative paths of all files on the disk. */
    static List<String> files(SmallDisk disk) throws IOException {
        return TestHost.files(disk.folder(), "").stream()
                .map(file -> disk.folder().relativize(file).toString())
                .toList();
    }

    boolean answers() {
        try {
            return !host.rows("homelab", "SELECT 1").isEmpty();
        } catch (SQLException away) {
            return false;
        }
    }

    /** A fault that a test causes while the file of a run grows. */
    @FunctionalInterface
    interface Disturbance {
        void happen() throws Exception;
    }

    Backup duringTheDumpOf(String database, Disturbance disturbance) throws Exception {
        // pg_dump stops before its first output. Otherwise a small dump could end before the fault.
        String still = programs("kill -STOP $$\nexec \"$real\" \"$@\"");
        try (Elsewhere held = new Elsewhere("pgsteward.postgres.bindir", still)) {
            BackupTarget target = host.target(held.wiring, database);
            CompletableFuture<Backup> run = CompletableFuture.supplyAsync(
                    () -> held.wiring
                            .backups
                            .run(target, BackupRun.Patience.FAILS_AT_ONCE)
                            .backup(),
                    work -> new Thread(work, "dump").start());
            ProcessHandle dump = await().pollInterval(Duration.ofMillis(20))
                    .atMost(PATIENCE)
                    .until(FaultyHost::pgDump, Optional::isPresent)
                    .orElseThrow();
            // Runs pg_dump in short steps until the store has a part of the dump. It is stopped again during the
            // fault.
            try (Signals signals = new Signals(dump)) {
                await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(() -> {
                    signals.send("CONT");
                    signals.send("STOP");
                    return hasGrown(target.service());
                });
                assertThat(dump.isAlive()).as("pg_dump is still running").isTrue();
                try {
                    disturbance.happen();
                } finally {
                    signals.send("CONT");
                }
                return run.get();
            }
        }
    }

    static Optional<ProcessHandle> pgDump() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains("/pg_dump ") && line.contains("--snapshot="))
                        .isPresent())
                .findFirst();
    }

    /**
     * One shell for all signals to a process. A new process for each signal takes longer than the steps between
     * them.
     */
    static final class Signals implements AutoCloseable {
        private final ProcessHandle target;
        private final Process shell;
        private final BufferedReader answers;

        Signals(ProcessHandle target) throws IOException {
            this.target = target;
            shell = new ProcessBuilder("sh").redirectErrorStream(true).start();
            answers = shell.inputReader();
        }

        /** Sends a signal. Returns when it is sent. */
        void send(String signal) throws IOException {
            shell.getOutputStream()
                    .write(("kill -" + signal + " " + target.pid() + "; echo sent\n").getBytes(StandardCharsets.UTF_8));
            shell.getOutputStream().flush();
            String answer = answers.readLine();
            while (answer != null && !answer.equals("sent")) {
                answer = answers.readLine();
            }
        }

        @Override
        public void close() throws IOException {
            shell.getOutputStream().close();
            shell.onExit().join();
        }
    }

    boolean hasGrown(String service) throws IOException {
        Path folder = host.store().resolve(service);
        if (!Files.isDirectory(folder)) {
            return false;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                if (file.toString().endsWith(".part") && Files.size(file) > 0) {
                    return true;
                }
            }
        }
        return false;
    }

    Backup goodBackupOf(String database) throws SQLException {
        Backup good = host.backUp(wiring, database);
        assertThat(good.error()).isEmpty();
        assertThat(good.state()).isEqualTo(BackupState.VERIFIED);
        return good;
    }

    String copyOfLarge() throws SQLException {
        String copy = "c" + UUID.randomUUID().toString().substring(0, 8);
        host.cluster().run("homelab", "CREATE DATABASE " + copy + " TEMPLATE " + large());
        return copy;
    }

    Backup verify(Backup backup) {
        return verify(wiring, backup);
    }

    static Backup verify(Wiring wiring, Backup backup) {
        return wiring.backups.verify(backup);
    }
}
