package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/** Several backups at once, disks that are too small for them, and databases that hold more than tables. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class BackupNightIT {
    private TestHost host;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        host.wiring().house.order();
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    private String filled(int rows) throws SQLException {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, repeat(md5(n::text), 30) AS text FROM generate_series(1, "
                                + rows + ") AS n");
        return database;
    }

    @Test
    void dumpsTheNextDatabaseWhileTheLastIsVerified() throws Exception {
        Wiring wiring = host.wiring();
        List<BackupTarget> targets = List.of(
                host.target(wiring, filled(30_000)),
                host.target(wiring, filled(30_000)),
                host.target(wiring, filled(30_000)));
        List<Backup> asked;
        try (Pipeline pipeline = wiring.backupPipeline().start()) {
            assertThat(pipeline).isNotNull();
            asked = backUp(wiring, targets);
        }

        assertThat(asked)
                .extracting(Backup::service)
                .containsExactlyElementsOf(
                        targets.stream().map(BackupTarget::service).toList());
        assertThat(asked).extracting(Backup::state).containsOnly(BackupState.VERIFIED);
        List<Backup> backups = asked.stream()
                .sorted(Comparator.comparing(made -> made.times().startedAt()))
                .toList();
        for (int i = 1; i < backups.size(); i++) {
            Backup before = backups.get(i - 1);
            Backup next = backups.get(i);
            // One dump and one verification run at a time, and both at the same time.
            assertThat(next.times().startedAt())
                    .isAfterOrEqualTo(before.times().finishedAt().orElseThrow());
            assertThat(verificationBegan(next))
                    .isAfterOrEqualTo(before.verification().at().orElseThrow());
            assertThat(next.times().startedAt())
                    .isBefore(before.verification().at().orElseThrow());
        }
    }

    private static List<Backup> backUp(Wiring wiring, List<BackupTarget> targets) throws InterruptedException {
        return wiring.backupPair.all(targets, BackupRun.Patience.FAILS_AT_ONCE).stream()
                .map(BackupRun.Outcome::backup)
                .toList();
    }

    private static Instant verificationBegan(Backup backup) {
        // The duration is measured slightly after the recorded end.
        return backup.verification()
                .at()
                .orElseThrow()
                .minus(backup.verification().took())
                .plusMillis(5);
    }

    @Test
    void reportsAFailedBackupInItsPlaceAmongTheOthers() throws Exception {
        Wiring wiring = host.wiring();
        BackupTarget first = host.target(wiring, filled(10));
        BackupTarget gone = new BackupTarget("gone", "there_is_no_such_database", "homelab", BackupKind.DUMP, "");
        BackupTarget last = host.target(wiring, filled(10));
        try (Pipeline pipeline = wiring.backupPipeline().start()) {
            assertThat(pipeline).isNotNull();
            assertThat(backUp(wiring, List.of(gone, first, gone, last)))
                    .extracting(
                            backup -> backup.service() + " " + backup.state().word())
                    .containsExactly(
                            "gone failed", first.service() + " verified", "gone failed", last.service() + " verified");
            assertThat(backUp(wiring, List.of())).isEmpty();
        }
    }

    @Test
    void aBackupThatCannotFitTheStoreIsRefusedBeforeAnythingIsWritten() throws Exception {
        String database = filled(60_000);
        try (SmallDisk disk = SmallDisk.mount(host.folder().resolve("small-store"), 8)) {
            Wiring wiring = host.wiring("pgsteward.backup.dir", disk.path().toString());
            Backup refused = backUp(wiring, database);

            assertThat(refused.state()).isEqualTo(BackupState.FAILED);
            assertThat(refused.error())
                    .matches("(cannot start the backup: )?needs about \\d+ MiB, 8 MiB free on " + disk.path());
            assertThat(disk.path()).isEmptyDirectory();
            assertThat(host.journal(database)).singleElement().asString().matches("failed: .*needs about .*");
            assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        }
    }

    @Test
    void refusesABackupWhoseVerificationExceedsTheScratchDisk() throws Exception {
        String database = filled(60_000);
        try (SmallDisk disk = SmallDisk.mount(host.folder().resolve("small-scratch"), 90)) {
            Wiring wiring = host.wiring("pgsteward.scratch.dir", disk.path().toString());
            Backup refused = backUp(wiring, database);

            assertThat(refused.error()).contains(" for its verification, 90 MiB free on " + disk.path());
            assertThat(disk.path()).isEmptyDirectory();
            assertThat(host.stored(database)).isEmpty();
        }
    }

    @Test
    void estimatesTheNeedOfABackupFromThePreviousOnes() throws Exception {
        String database = filled(60_000);
        try (SmallDisk disk = SmallDisk.mount(host.folder().resolve("last-time"), 64)) {
            Wiring wiring = host.wiring("pgsteward.backup.dir", disk.path().toString());
            Backup first = backUp(wiring, database);
            assertThat(first.error()).isEmpty();
            // The estimate for a first backup exceeds the free space. The estimate from the previous backup fits.
            long free = Files.getFileStore(disk.path()).getUsableSpace();
            long left = first.file().sizeBytes() * 3 / 2;
            Files.write(disk.path().resolve("in-the-way"), new byte[(int) (free - left)]);

            // A backup of an unchanged database would need no space.
            host.cluster().run(database, "CREATE TABLE public.second (n INT)");
            assertThat(backUp(wiring, database).error()).isEmpty();
            host.cluster().run(database, "CREATE TABLE public.third (n INT)");
            assertThat(backUp(wiring, database).error()).contains("needs about");
            assertThat(Manifests.of(wiring.store, database)).hasSize(2);
        }
    }

    @Test
    void verifiesPublicationsSubscriptionsAndLargeObjects() throws Exception {
        String database = filled(100);
        host.cluster()
                .run(
                        database,
                        "CREATE PUBLICATION everything FOR ALL TABLES",
                        "CREATE PUBLICATION one FOR TABLE public.notes",
                        "CREATE SUBSCRIPTION elsewhere CONNECTION 'host=127.0.0.1 port=1 dbname=nowhere'"
                                + " PUBLICATION one WITH (connect = false)",
                        "SELECT lo_from_bytea(0, decode(repeat('00ff', 5000), 'hex')) FROM generate_series(1, 7)");
        Wiring wiring = host.wiring();
        Backup backup = backUp(wiring, database);

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        Manifest manifest = Manifests.of(wiring.store, database).get(0);
        assertThat(manifest.contents().rows()).containsEntry("pg_catalog.pg_largeobject_metadata", 7L);
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        assertThat(contents(host.store().resolve(backup.path().orElseThrow())))
                .contains(" PUBLICATION - everything ")
                .contains(" PUBLICATION - one ")
                .contains(" PUBLICATION TABLE public one notes ")
                .contains(" SUBSCRIPTION - elsewhere ");
        host.cluster()
                .run(
                        database,
                        "ALTER SUBSCRIPTION elsewhere DISABLE",
                        "ALTER SUBSCRIPTION elsewhere SET (slot_name = NONE)",
                        "DROP SUBSCRIPTION elsewhere");
    }

    @Test
    void aMissingLargeObjectFailsTheVerification() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "SELECT lo_from_bytea(0, '\\x00')");
        Wiring wiring = host.wiring();
        Backup backup = backUp(wiring, database);
        Path manifest = host.store().resolve(backup.path().orElseThrow() + ".manifest.json");
        Manifests.write(
                manifest,
                Files.readString(manifest).replace("largeobject_metadata\" : 1", "largeobject_metadata\" : 2"));
        try (Pipeline pipeline = wiring.backupPipeline().start()) {
            assertThat(pipeline).isNotNull();
            assertThat(wiring.backups.verify(backup).error()).contains("pg_largeobject_metadata has 1 row, not 2");
        }
    }

    @Test
    void aPasswordOfEveryAwkwardCharacterIsNoObstacle() throws Exception {
        String name = "odd";
        String password = "% $ ' \" \\ space €&=;";
        host.cluster().run("homelab", "CREATE ROLE odd SUPERUSER LOGIN PASSWORD '" + password.replace("'", "''") + "'");
        Wiring wiring = host.wiring(Map.of("pgsteward.postgres.user", name, "pgsteward.postgres.password", password));
        Backup backup = backUp(wiring, filled(10));
        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
    }

    private Backup backUp(Wiring wiring, String database) throws SQLException {
        try (Pipeline pipeline = wiring.backupPipeline().start()) {
            assertThat(pipeline).isNotNull();
            return host.backUp(wiring, database);
        }
    }

    private static String contents(Path file) throws Exception {
        ProcessBuilder list = new ProcessBuilder(
                org.pgsteward.postgres.TestCluster.programs().path("pg_restore").toString(), "--list");
        List<Process> pipe = ProcessBuilder.startPipeline(
                List.of(new ProcessBuilder("zstd", "--decompress", "--stdout", file.toString()), list));
        return new String(pipe.get(1).getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }

    /** A file system of a few megabytes, in memory. */
    private record SmallDisk(Path path) implements AutoCloseable {
        static SmallDisk mount(Path path, int mebibytes) throws IOException, InterruptedException {
            Files.createDirectories(path);
            boolean mounted = new ProcessBuilder(
                                    "mount",
                                    "-t",
                                    "tmpfs",
                                    "-o",
                                    "mode=755,size=" + mebibytes + "m",
                                    "tmpfs",
                                    path.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
            assumeTrue(mounted, "skipped: no tmpfs can be mounted here; run as root");
            if (path.toString().contains("scratch")) {
                org.pgsteward.postgres.UnprivilegedUser.ofThisProcess().own(path);
            }
            return new SmallDisk(path);
        }

        @Override
        public void close() throws IOException {
            try {
                new ProcessBuilder("umount", path.toString()).start().waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
