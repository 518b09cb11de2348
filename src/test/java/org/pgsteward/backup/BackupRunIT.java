package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.ProcessSignal;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.dump.DumpInProgress;
import org.pgsteward.backup.dump.Dumps;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.UnprivilegedUser;

/** The shipped routes on a real PostgreSQL, and the faults of a bad night. */
@NeedsPostgres
class BackupRunIT extends OnBackupHost {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    @Test
    void twoRunsWithinASecondAreTwoBackups() throws Exception {
        String database = host.cluster().newDatabase();
        Dumps dumps = new Dumps(
                wiring.server,
                Optional.empty(),
                UnprivilegedUser.ofThisProcess(),
                wiring.store,
                AgeKeys.NONE,
                wiring.unchanged,
                wiring.verification,
                new DiskSpace(host.store(), host.folder()),
                wiring.runs,
                host.folder().resolve("state/locks"),
                Set.of(),
                Clock.fixed(Instant.parse("2026-03-01T03:00:00Z"), ZoneOffset.UTC));
        Files.createDirectories(host.store().resolve(database));
        for (int i = 0; i < 2; i++) {
            try (DumpInProgress run = dumps.begin(host.target(wiring, database)).orElseThrow()) {
                Files.copy(run.stream(), host.store().resolve(run.partPath()));
                run.finish();
            }
        }
        assertThat(Manifests.of(wiring.store, database))
                .extracting(manifest -> manifest.identity().backupId())
                .containsExactly(database + "-20260301T030001Z", database + "-20260301T030000Z");
    }

    @Test
    void aKilledPgDumpLeavesNoFileAndRaisesAnAlert() throws Exception {
        Backup good = goodBackupOf(night.large());

        Backup failed = duringTheDumpOf(
                night.large(),
                () -> assertThat(pgDump().orElseThrow().destroyForcibly()).isTrue());

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("pg_dump ended with exit code");
        assertOnlyTheGoodOneIsThere(night.large(), good);
        assertThat(host.journal(night.large())).last().asString().startsWith("failed: pg_dump ended with exit code");
        assertThat(host.notices(night.large())).singleElement().asString().startsWith("firing");
    }

    @Test
    void aServerKilledDuringADumpLeavesNoFileAndRaisesAnAlert() throws Exception {
        String database = night.copyOfLarge();
        Backup failed = duringTheDumpOf(database, () -> host.cluster().kill());
        host.cluster().startAgain();

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).isNotBlank();
        assertThat(host.stored(database)).isEmpty();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database))
                        .singleElement()
                        .asString()
                        .startsWith("failed: "));
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aBackupWhileTheServerIsAwayFailsInWordsAndIsWrittenDownLater() throws Exception {
        String database = host.cluster().newDatabase();
        BackupTarget target = host.target(wiring, database);
        host.cluster().kill();
        Backup failed =
                wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
        host.cluster().startAgain();

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("no server listens at");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database))
                        .singleElement()
                        .asString()
                        .startsWith("failed: cannot start the backup"));
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aDumpThatIsNotReadToItsEndFailsWithThatReason() throws Exception {
        String database = host.cluster().newDatabase();
        Backup failed = night.backUp(database, (path, content) -> Files.createFile(place(path)));

        assertThat(failed.error()).isEqualTo("the dump of " + database + " was not read completely");
        assertFailed(database, failed);
    }

    @Test
    void aFailingWriterFailsTheBackupWithItsReason() throws Exception {
        String database = host.cluster().newDatabase();
        Backup failed = night.backUp(database, (path, content) -> {
            Files.write(place(path), content.readNBytes(10));
            throw new IOException("the disk went away");
        });

        assertThat(failed.error()).isEqualTo("the disk went away");
        assertFailed(database, failed);
    }

    @Test
    void anInterruptedRunIsRecordedAndRaisesAnAlert() throws Exception {
        String database = host.cluster().newDatabase();
        Backup failed = night.backUp(database, (path, content) -> {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        });

        assertThat(Thread.interrupted()).as("the thread stays interrupted").isTrue();
        assertThat(failed.error()).isEqualTo("interrupted");
        assertFailed(database, failed);
    }

    private Path place(String path) throws IOException {
        Path file = wiring.store.root().resolve(path);
        Files.createDirectories(file.getParent());
        return file;
    }

    private void assertFailed(String database, Backup failed) throws Exception {
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(host.stored(database)).isEmpty();
        assertThat(host.journal(database)).containsExactly("failed: " + failed.error());
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void anUnwritableStoreFailsTheBackupWithAnAlert() throws Exception {
        String database = host.cluster().newDatabase();
        Path blocked = host.folder().resolve("blocked");
        Files.writeString(blocked, "a file where the store should be");
        Wiring elsewhere = host.wiring("pgsteward.backup.dir", blocked.toString());
        try (Pipeline other = elsewhere.backupPipeline().start()) {
            assertThat(other).isNotNull();
            Backup failed = host.backUp(elsewhere, database);
            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            assertThat(failed.error()).contains("blocked");
        }
        assertThat(host.journal(database)).singleElement().asString().startsWith("failed: ");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aSecondRunOfAServiceStepsAsideAndTheFirstIsNotDisturbed() throws Exception {
        String database = night.copyOfLarge();
        List<Backup> second = new ArrayList<>();

        Backup first = duringTheDumpOf(database, () -> second.add(host.backUp(wiring, database)));

        assertThat(second)
                .singleElement()
                .satisfies(backup -> assertThat(backup.error()).isEqualTo("another run of this service is under way"));
        assertThat(first.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(host.journal(database)).containsExactly("verified");
        assertThat(host.stored(database)).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "My App ü"})
    void startUpClosesADeadRunAndRemovesOnlyItsFile(String service) throws Exception {
        Backup good = goodBackupOf("homelab");
        String folder = service.equals("plain") ? "plain" : "My%20App%20%C3%BC";
        Path half = Files.createDirectories(host.store().resolve(folder))
                .resolve(folder + "-20260301T030000Z.dump.zst.part");
        Files.writeString(half, "half a dump");
        wiring.routeClient.ask(
                "direct:journal-write", Backup.starting("x", service, service, BackupKind.DUMP, Instant.now(), "15.0"));

        // This wiring stands for the next process that starts.
        host.wiring().house.order();

        assertThat(half).doesNotExist();
        assertThat(host.journal(service)).containsExactly("failed: its process ended before the backup was finished");
        assertThat(host.store().resolve(good.path().orElseThrow())).exists();
    }

    @Test
    void startUpLeavesARunThatIsStillAtWork() throws Exception {
        Path half =
                Files.createDirectories(host.store().resolve("busy")).resolve("busy-20260301T030000Z.dump.zst.part");
        Files.writeString(half, "half a dump");
        wiring.routeClient.ask(
                "direct:journal-write", Backup.starting("y", "busy", "busy", BackupKind.DUMP, Instant.now(), "15.0"));

        try (RunLock lock =
                RunLock.take(host.folder().resolve("state/locks"), "busy").orElseThrow()) {
            assertThat(lock).isNotNull();
            host.wiring().house.order();
            assertThat(half).exists();
            assertThat(host.journal("busy")).containsExactly("running");
        }
        host.wiring().house.order();
        assertThat(half).doesNotExist();
    }

    @Test
    void refusesAPgDumpOlderThanTheServer() throws Exception {
        String database = host.cluster().newDatabase();
        Path older = Files.createDirectories(host.folder().resolve("older"));
        for (String program : List.of("pg_dump", "pg_restore")) {
            Path file = older.resolve(program);
            Files.writeString(file, "#!/bin/sh\necho \"" + program + " (PostgreSQL) 9.6\"\n");
            Files.setPosixFilePermissions(file, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Wiring outdated = host.wiring("pgsteward.postgres.bindir", older.toString());
        try (Pipeline other = outdated.backupPipeline().start()) {
            assertThat(other).isNotNull();
            Backup failed = host.backUp(outdated, database);
            assertThat(failed.error()).contains("only 9 in " + older).contains("install postgresql-");
        }
        assertThat(host.stored(database)).isEmpty();
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void startUpCleansUpAfterAKilledBackupProcess() throws Exception {
        String database = night.copyOfLarge();
        Backup good = goodBackupOf(database);
        Process command = night.command("", database, host.folder().resolve("killed.json"));
        await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(() -> hasGrown(database));
        Optional<ProcessHandle> dump = pgDump();

        command.destroyForcibly().waitFor();

        // pg_dump ends because the reader of its output is gone.
        await().until(() -> dump.filter(ProcessHandle::isAlive).isEmpty());
        host.wiring().house.order();
        assertOnlyTheGoodOneIsThere(database, good);
        assertThat(host.journal(database))
                .containsExactly("verified", "failed: its process ended before the backup was finished");
    }

    @Test
    void aFullDiskFailsTheBackupAndKeepsThePreviousOne() throws Exception {
        String database = night.copyOfLarge();
        Backup good = goodBackupOf(database);

        // The shell limits each file of this process to 1 MiB.
        Process command =
                night.command("ulimit -f 2048; ", database, host.folder().resolve("full.json"));

        assertThat(command.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(command.exitValue()).isEqualTo(1);
        assertOnlyTheGoodOneIsThere(database, good);
        assertThat(host.journal(database)).hasSize(2).last().asString().matches("failed: .*[Ff]ile too large.*");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aFailingBackupDelaysNoOtherScheduledBackup() throws Exception {
        String first = "a" + host.cluster().newDatabase();
        String last = "z" + host.cluster().newDatabase();
        host.cluster().run("homelab", "CREATE DATABASE " + first, "CREATE DATABASE " + last);
        host.cluster().run(first, "CREATE TABLE public.locked (id INT)");
        night.stop();
        // Backups of the other tests' databases count as made, so that only these two databases are due.
        for (Targets.Found found : wiring.targets.all(BackupKind.DUMP)) {
            if (!List.of(first, last).contains(found.target().database())) {
                host.cluster()
                        .run(
                                "homelab",
                                "INSERT INTO public.backup_log (service_name, backup_type, state, started_at) VALUES ('"
                                        + found.target().service().replace("'", "''")
                                        + "', 'dump', 'verified', now())");
            }
        }
        // Without this setting a base backup of all the other tests' databases would be due, too.
        Wiring daemon =
                host.wiring(Map.of("pgsteward.backup.tick", "* * * * * ?", "pgsteward.backup.base.schedule", ""));
        // A file in the place of the folder prevents this backup.
        Files.createDirectories(host.store());
        Files.writeString(host.store().resolve(first), "in the way");
        try (Pipeline scheduled = daemon.backupPipeline().start()) {
            assertThat(scheduled).isNotNull();
            await().atMost(PATIENCE).until(() -> host.journal(last).contains("verified"));
            await().atMost(PATIENCE)
                    .until(() -> host.rows(
                                    "homelab",
                                    "SELECT state FROM public.backup_log WHERE backup_type = 'globals'"
                                            + " AND started_at > now() - interval '1 minute'")
                            .contains("verified"));
        }
        assertThat(host.journal(first)).singleElement().asString().startsWith("failed: ");
        assertThat(host.journal(last)).containsExactly("verified");
        Files.delete(host.store().resolve(first));
        night.start();
    }

    /** A fault that a test causes while the file of a run grows. */
    @FunctionalInterface
    private interface Disturbance {
        void happen() throws Exception;
    }

    private Backup duringTheDumpOf(String database, Disturbance disturbance) throws Exception {
        BackupTarget target = host.target(wiring, database);
        CompletableFuture<Backup> run = CompletableFuture.supplyAsync(
                () -> wiring.backups
                        .run(target, BackupRun.Patience.FAILS_AT_ONCE)
                        .backup(),
                work -> new Thread(work, "dump").start());
        ProcessHandle dump = await().pollInterval(Duration.ofMillis(5))
                .atMost(PATIENCE)
                .until(BackupRunIT::pgDump, Optional::isPresent)
                .orElseThrow();
        // Runs pg_dump in short steps until the store has a part of the dump, and leaves it stopped for the fault.
        await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(() -> {
            ProcessSignal.send("CONT", dump.pid());
            ProcessSignal.send("STOP", dump.pid());
            return hasGrown(target.service());
        });
        disturbance.happen();
        ProcessSignal.send("CONT", dump.pid());
        return run.get();
    }

    private static Optional<ProcessHandle> pgDump() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .command()
                        .filter(path -> path.endsWith("/pg_dump"))
                        .isPresent())
                .findFirst();
    }

    private boolean hasGrown(String service) throws IOException {
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

    private Backup goodBackupOf(String database) throws SQLException {
        Backup good = host.backUp(wiring, database);
        assertThat(good.state()).isEqualTo(BackupState.VERIFIED);
        return good;
    }

    private void assertOnlyTheGoodOneIsThere(String service, Backup good) throws IOException {
        assertThat(host.stored(service))
                .containsExactly(good.id() + ".dump.zst", good.id() + ".dump.zst.manifest.json");
    }
}
