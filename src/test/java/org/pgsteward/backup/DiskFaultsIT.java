package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pgsteward.SmallDisk;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.dump.DumpInProgress;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/** Disks that become full, read-only or unavailable during a backup or a verification. */
@NeedsPostgres
class DiskFaultsIT extends OnFaultyHost {
    /** bcgov #137: a full disk left a file of 0 bytes, and the tool reported success. */
    @Test
    void aFullDiskFailsTheDumpAndIsFreedAfterwards() throws Exception {
        String database = faulty.copyOfLarge();
        try (SmallDisk disk = SmallDisk.of("1m");
                FaultyHost.Elsewhere other =
                        faulty.elsewhere("pgsteward.backup.dir", disk.folder().toString())) {
            Backup failed = host.backUp(other.wiring, database);
            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            // pgsteward refuses the backup in advance if it can estimate the size.
            assertThat(failed.error()).containsPattern("No space left on device|free on");
            assertThat(FaultyHost.files(disk)).noneMatch(file -> file.contains(".dump."));
            assertThat(disk.folder().toFile().getUsableSpace()).isGreaterThan(900_000);
        }
        assertThat(host.journal(database)).singleElement().asString().startsWith("failed: ");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        faulty.goodBackupOf(database);
    }

    @Test
    void aDiskFullAtTheManifestLeavesNoFile() throws Exception {
        String database = host.cluster().newDatabase();
        try (SmallDisk disk = SmallDisk.of("8m")) {
            Wiring other = host.wiring("pgsteward.backup.dir", disk.folder().toString());
            Files.createDirectories(disk.folder().resolve(database));
            try (DumpInProgress run =
                    other.dumps.begin(host.target(other, database)).orElseThrow()) {
                Files.copy(run.stream(), disk.folder().resolve(run.partPath()));
                disk.fill();
                assertThat(org.assertj.core.api.Assertions.catchThrowable(run::finish))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("No space left on device");
            }
            assertThat(FaultyHost.files(disk)).containsExactly("filler");
        }
    }

    @Test
    void writesJournalRowsAtOnceIfTheStateDiskIsFull() throws Exception {
        String service = host.cluster().newDatabase();
        try (SmallDisk disk = SmallDisk.of("1m");
                FaultyHost.Elsewhere other =
                        faulty.elsewhere("pgsteward.state.dir", disk.folder().toString())) {
            disk.fill();
            List<String> before = FaultyHost.files(disk).stream()
                    .filter(file -> !file.startsWith("alerts/"))
                    .toList();
            for (int i = 0; i < 3; i++) {
                assertThat(other.wiring
                                .routeClient
                                .ask("direct:journal-write", Activity.ours(service, "action " + i, Instant.now()))
                                .getException())
                        .isNull();
            }
            // The daemon's alert checks may write files at the same time.
            assertThat(FaultyHost.files(disk))
                    .filteredOn(file -> !file.startsWith("alerts/"))
                    .containsExactlyInAnyOrderElementsOf(before);
        }
        assertThat(host.rows(
                        "homelab",
                        "SELECT action FROM public.user_activity WHERE service_name = '" + service + "' ORDER BY id"))
                .containsExactly("action 0", "action 1", "action 2");
    }

    /** The scratch folder may share its disk with the store and PostgreSQL. */
    @Test
    void cancelsAVerificationThatFillsTheScratchDisk() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE FUNCTION public.greedy(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE SET work_mem = '64kB' AS $$"
                                + " BEGIN IF current_database() LIKE 'proof%' THEN"
                                + " PERFORM count(*) FROM (SELECT repeat('x', 1000) AS t FROM generate_series(1, 100000000)"
                                + " ORDER BY random()) AS s; END IF; RETURN n; END $$",
                        "CREATE TABLE public.t (n int)",
                        "INSERT INTO public.t VALUES (1)",
                        "CREATE INDEX ON public.t (public.greedy(n))",
                        // The dump has 250 MB and the database only 8 MB, so the size of the dump is no limit for
                        // the verification.
                        "CREATE TABLE public.numbers AS SELECT " + "ARRAY[" + "1e131071::numeric, ".repeat(39)
                                + "0] AS n FROM generate_series(1, 50)");
        try (SmallDisk disk = SmallDisk.of("400m");
                FaultyHost.Elsewhere other =
                        faulty.elsewhere("pgsteward.scratch.dir", disk.folder().toString())) {
            Backup backup = host.backUp(other.wiring, database);

            assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.UNVERIFIABLE);
            assertThat(backup.error())
                    .startsWith("the restore took ")
                    .contains(" (expected in all: ", "), and left ")
                    .contains(" free on " + disk.folder());
            assertThat(FaultyHost.files(disk))
                    .noneMatch(file -> file.contains("/base/") && !file.startsWith("template-"));
            faulty.goodBackupOf(faulty.copyOfLarge());
        }
    }

    /** Each TRUNCATE gives a table a new file, and the old files stay until the transaction ends. */
    @Test
    void cancelsAVerificationThatUsesUpTheInodes() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE FUNCTION public.many(n int) RETURNS bool LANGUAGE plpgsql AS $$"
                                + " BEGIN IF current_database() LIKE 'proof%' THEN"
                                + " CREATE TEMP TABLE f (n int);"
                                + " FOR i IN 1..40 LOOP CREATE INDEX ON f (n); END LOOP;"
                                + " LOOP BEGIN TRUNCATE f; EXCEPTION WHEN division_by_zero THEN END; END LOOP;"
                                + " END IF; RETURN true; END $$",
                        "CREATE TABLE public.t (n int CHECK (public.many(n)))",
                        "INSERT INTO public.t VALUES (1)");
        try (SmallDisk disk = SmallDisk.of("4g,nr_inodes=45000");
                FaultyHost.Elsewhere other =
                        faulty.elsewhere("pgsteward.scratch.dir", disk.folder().toString())) {
            Backup backup = host.backUp(other.wiring, database);

            assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.UNVERIFIABLE);
            assertThat(backup.error()).startsWith("the restore took ").contains(" files, and left ");
        }
    }

    /** The backup is intact: only this host could not verify it. */
    @Test
    void aFullScratchFolderMakesABackupUnverifiableNotFailed() throws Exception {
        String database = faulty.copyOfLarge();
        Backup good = faulty.goodBackupOf(database);
        try (SmallDisk disk = SmallDisk.of("76m");
                FaultyHost.Elsewhere other =
                        faulty.elsewhere("pgsteward.scratch.dir", disk.folder().toString())) {
            Backup backup = FaultyHost.verify(other.wiring, good);
            assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.UNVERIFIABLE);
            assertThat(backup.error()).contains("this host cannot restore it").contains("No space left on device");
            assertThat(FaultyHost.files(disk))
                    .noneMatch(file -> file.contains("/base/") && !file.startsWith("template-"));
            assertThat(faulty.verify(backup).state()).isEqualTo(BackupState.VERIFIED);
        }
        assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
    }

    /** The disk may be full at any step of a verification, even at the start of the scratch server. */
    @Test
    void aScratchFolderFullAtAnyStepFailsNoBackup() throws Exception {
        String database = host.cluster().newDatabase();
        Backup good = faulty.goodBackupOf(database);
        try (SmallDisk disk = SmallDisk.of("200m");
                FaultyHost.Elsewhere other =
                        faulty.elsewhere("pgsteward.scratch.dir", disk.folder().toString())) {
            assertThat(FaultyHost.verify(other.wiring, good).state()).isEqualTo(BackupState.VERIFIED);
            int left = 0;
            Backup backup;
            do {
                left += 3 << 20;
                disk.leave(left);
                backup = FaultyHost.verify(other.wiring, good);
                assertThat(backup.state())
                        .as("%d bytes free: %s", left, backup.error())
                        .isNotEqualTo(BackupState.FAILED);
            } while (backup.state() == BackupState.UNVERIFIABLE);
            assertThat(left).isGreaterThan(7 << 20);
        }
    }

    @Test
    void aReadOnlyDiskFailsTheBackupAndKeepsItsFiles() throws Exception {
        String database = host.cluster().newDatabase();
        try (SmallDisk disk = SmallDisk.of("64m");
                FaultyHost.Elsewhere other =
                        faulty.elsewhere("pgsteward.backup.dir", disk.folder().toString())) {
            Backup good = host.backUp(other.wiring, database);
            assertThat(good.state()).isEqualTo(BackupState.VERIFIED);
            disk.remount("ro");

            Backup failed = host.backUp(other.wiring, database);

            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            assertThat(failed.error()).containsIgnoringCase("read-only");
            assertThat(FaultyHost.files(disk))
                    .filteredOn(file -> !file.equals("RECOVERY.md"))
                    .hasSize(2);
            assertThat(FaultyHost.verify(other.wiring, good).state()).isEqualTo(BackupState.VERIFIED);
        }
        assertThat(host.journal(database)).contains("verified").anyMatch(row -> row.startsWith("failed: "));
    }

    /**
     * A volume that is not mounted looks like an empty folder on another disk. PageSpace #2372 noticed it after 44
     * days.
     */
    @Test
    void aMissingStoreRaisesAnAlertAndIsNotCreated() throws Exception {
        String database = host.cluster().newDatabase();
        faulty.goodBackupOf(database);
        Path gone = host.folder().resolve("not-mounted/backups");
        try (FaultyHost.Elsewhere other = faulty.elsewhere("pgsteward.backup.dir", gone.toString())) {
            Backup failed = host.backUp(other.wiring, database);
            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            assertThat(failed.error()).contains(gone + " is missing").contains("mount its volume");
        }
        assertThat(gone).doesNotExist();
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }
}
