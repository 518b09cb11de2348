package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.ChildJava;
import org.pgsteward.SmallDisk;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.dump.DumpRun;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.journal.RunRows;
import org.pgsteward.model.Activity;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.TestCluster;

/**
 * Every way in which others lost data, on a real PostgreSQL. After each: no file under a final name that is not whole, the
 * run is written down as failed and told once, the last good backup is untouched and can still be proved, and the next run
 * works.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class FaultsIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    /** Some 26 MB that compress by half, so that what is stored grows from the first moment. */
    private static final int LARGE_ROWS = 80_000;

    /** A password that no shell, URL, connection string or template reads as it was meant. */
    private static final String ODD_PASSWORD = "100%s $HOME `id` 'a\"b\\c {{x}} ${y} #;&@:/?=é ";

    private TestHost host;
    private Wiring wiring;
    private Pipeline pipeline;
    private String large;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        pipeline = wiring.backupPipeline().start();
        large = host.cluster().newDatabase();
        host.cluster()
                .run(
                        large,
                        "CREATE TABLE public.big AS SELECT n, (SELECT string_agg(md5(concat(n, k)), '')"
                                + " FROM generate_series(1, 10) AS k) AS text"
                                + " FROM generate_series(1, " + LARGE_ROWS + ") AS n",
                        "CREATE TABLE public.small AS SELECT 1 AS n");
    }

    @AfterAll
    void stopHost() throws Exception {
        pipeline.close();
        host.close();
    }

    /** Crash recovery of the whole server, as after a kill for memory. */
    @Test
    void aDumpWhoseBackendIsKilledIsNoBackupAndTheNextRunIsOne() throws Exception {
        String database = copyOfLarge();
        Backup good = goodBackupOf(database);

        Backup failed = duringTheDumpOf(database, () -> {
            String backend = host.rows(
                            "homelab",
                            "SELECT pid FROM pg_stat_activity WHERE datname = '" + database
                                    + "' AND query LIKE 'COPY %' AND application_name = 'pgsteward'")
                    .get(0);
            assertThat(ProcessHandle.of(Long.parseLong(backend)).orElseThrow().destroyForcibly())
                    .isTrue();
            await().atMost(PATIENCE).until(this::answers);
        });

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("pg_dump ended with exit code");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database))
                        .hasSize(2)
                        .last()
                        .asString()
                        .startsWith("failed: "));
        assertNothingIsLost(database, good);
    }

    /** pgbackweb #121 and many more: the file is there, and nobody had read it since. */
    @ParameterizedTest
    @EnumSource
    void aStoredFileThatCameToHarmFailsItsProofIsToldOnceAndTheNextBackupEndsIt(Harm harm) throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, md5(n::text) FROM generate_series(1, 5000) AS n");
        Backup backup = goodBackupOf(database);
        Path file = host.store().resolve(backup.path().orElseThrow());
        Files.write(file, harm.befallen(Files.readAllBytes(file)));

        assertThat(prove(backup).state()).isEqualTo(BackupState.FAILED);
        assertThat(prove(backup).error()).startsWith("restoring it failed: ");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");

        goodBackupOf(database);
        assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
    }

    /** What happens to a stored file on a bad disk or by a careless hand. */
    enum Harm {
        THE_FIRST_BYTE {
            @Override
            byte[] befallen(byte[] bytes) {
                bytes[0] ^= 1;
                return bytes;
            }
        },
        THE_FRAMES_HEAD {
            @Override
            byte[] befallen(byte[] bytes) {
                bytes[5] ^= 0x40;
                return bytes;
            }
        },
        THE_TABLE_OF_CONTENTS {
            @Override
            byte[] befallen(byte[] bytes) {
                bytes[200] ^= 4;
                return bytes;
            }
        },
        THE_LAST_BYTE {
            @Override
            byte[] befallen(byte[] bytes) {
                bytes[bytes.length - 1] ^= (byte) 0x80;
                return bytes;
            }
        },
        CUT_BY_ONE_BYTE {
            @Override
            byte[] befallen(byte[] bytes) {
                return Arrays.copyOf(bytes, bytes.length - 1);
            }
        },
        CUT_TO_ITS_HEAD {
            @Override
            byte[] befallen(byte[] bytes) {
                return Arrays.copyOf(bytes, 10);
            }
        },
        FILLED_WITH_ZEROS {
            @Override
            byte[] befallen(byte[] bytes) {
                Arrays.fill(bytes, bytes.length / 2, bytes.length, (byte) 0);
                return bytes;
            }
        };

        abstract byte[] befallen(byte[] bytes);
    }

    /** bcgov #137: 0 bytes on a full disk, and said to be a success. */
    @Test
    void aDiskThatIsFullDuringTheDumpFailsItAndIsFullNoMore() throws Exception {
        String database = copyOfLarge();
        try (SmallDisk disk = SmallDisk.of("1m");
                Elsewhere other =
                        new Elsewhere("pgsteward.backup.dir", disk.folder().toString())) {
            Backup failed = host.backUp(other.wiring, database);
            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            // Foreseen, where there is a history or a size to foresee it from.
            assertThat(failed.error()).containsPattern("No space left on device|free on");
            assertThat(files(disk)).noneMatch(file -> file.contains(".dump."));
            assertThat(disk.folder().toFile().getUsableSpace()).isGreaterThan(900_000);
        }
        assertThat(host.journal(database)).singleElement().asString().startsWith("failed: ");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        goodBackupOf(database);
    }

    @Test
    void verifyingAnOlderBackupDoesNotResolveTheAlertOfANewerFailure() throws Exception {
        String database = host.cluster().newDatabase();
        Backup good = goodBackupOf(database);
        host.cluster()
                .run(database, "CREATE TABLE public.big AS SELECT md5(n::text) FROM generate_series(1, 100000) AS n");
        try (SmallDisk disk = SmallDisk.of("1m");
                Elsewhere other =
                        new Elsewhere("pgsteward.backup.dir", disk.folder().toString())) {
            assertThat(host.backUp(other.wiring, database).state()).isEqualTo(BackupState.FAILED);
        }

        assertThat(prove(good).state()).isEqualTo(BackupState.VERIFIED);
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");

        goodBackupOf(database);
        assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
    }

    @Test
    void aDiskThatIsFullWhenTheManifestIsWrittenMakesNoBackupThatLooksWhole() throws Exception {
        String database = host.cluster().newDatabase();
        try (SmallDisk disk = SmallDisk.of("8m")) {
            Wiring other = host.wiring("pgsteward.backup.dir", disk.folder().toString());
            Files.createDirectories(disk.folder().resolve(database));
            try (DumpRun run = other.dumps.begin(host.target(other, database)).orElseThrow()) {
                Files.copy(run.stream(), disk.folder().resolve(run.partPath()));
                disk.fill();
                assertThat(org.assertj.core.api.Assertions.catchThrowable(run::finish))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("No space left on device");
            }
            assertThat(files(disk)).containsExactly("filler");
        }
    }

    @Test
    void aRowThatTheStateFoldersFullDiskDoesNotTakeIsWrittenAtOnceAndLeavesNothingBehind() throws Exception {
        String service = host.cluster().newDatabase();
        try (SmallDisk disk = SmallDisk.of("1m");
                Elsewhere other =
                        new Elsewhere("pgsteward.state.dir", disk.folder().toString())) {
            disk.fill();
            List<String> before = files(disk).stream()
                    .filter(file -> !file.startsWith("alerts/"))
                    .toList();
            for (int i = 0; i < 3; i++) {
                assertThat(other.wiring
                                .routeClient
                                .ask("direct:journal-write", Activity.ours(service, "action " + i, Instant.now()))
                                .getException())
                        .isNull();
            }
            // Beside it alerts may be looked at.
            assertThat(files(disk))
                    .filteredOn(file -> !file.startsWith("alerts/"))
                    .containsExactlyInAnyOrderElementsOf(before);
        }
        assertThat(host.rows(
                        "homelab",
                        "SELECT action FROM public.user_activity WHERE service_name = '" + service + "' ORDER BY id"))
                .containsExactly("action 0", "action 1", "action 2");
    }

    /** Its disk is that of the store and of PostgreSQL, too. */
    @Test
    void aDumpWhoseCodeFillsTheDiskWhileItIsVerifiedIsCancelledBeforeTheDiskIsFull() throws Exception {
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
                        // What it may take does not follow from the dump: that has 250 MB, and the database has 8.
                        "CREATE TABLE public.numbers AS SELECT " + "ARRAY[" + "1e131071::numeric, ".repeat(39)
                                + "0] AS n FROM generate_series(1, 50)");
        try (SmallDisk disk = SmallDisk.of("400m");
                Elsewhere other =
                        new Elsewhere("pgsteward.scratch.dir", disk.folder().toString())) {
            Backup backup = host.backUp(other.wiring, database);

            assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.UNVERIFIABLE);
            assertThat(backup.error())
                    .startsWith("restoring it took ")
                    .contains(" expected, and left ")
                    .contains(" free on " + disk.folder());
            assertThat(files(disk)).noneMatch(file -> file.contains("/base/") && !file.startsWith("template-"));
            goodBackupOf(copyOfLarge());
        }
    }

    /** A table has a new file after each TRUNCATE, and the old ones stay until the transaction ends. */
    @Test
    void aDumpWhoseCodeUsesUpTheFilesOfTheDiskWhileItIsVerifiedIsCancelled() throws Exception {
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
                Elsewhere other =
                        new Elsewhere("pgsteward.scratch.dir", disk.folder().toString())) {
            Backup backup = host.backUp(other.wiring, database);

            assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.UNVERIFIABLE);
            assertThat(backup.error()).startsWith("restoring it took ").contains(" files, and left ");
        }
    }

    /** The backup is as good as before: it is this host that could not look. */
    @Test
    void aScratchFolderThatIsFullLeavesABackupOpenAndDoesNotCondemnIt() throws Exception {
        String database = copyOfLarge();
        Backup good = goodBackupOf(database);
        try (SmallDisk disk = SmallDisk.of("76m");
                Elsewhere other =
                        new Elsewhere("pgsteward.scratch.dir", disk.folder().toString())) {
            Backup backup = prove(other.wiring, good);
            assertThat(backup.state()).as(backup.error()).isEqualTo(BackupState.UNVERIFIABLE);
            assertThat(backup.error())
                    .contains("this host could not restore it")
                    .contains("No space left on device");
            assertThat(files(disk)).noneMatch(file -> file.contains("/base/") && !file.startsWith("template-"));
            assertThat(prove(backup).state()).isEqualTo(BackupState.VERIFIED);
        }
        assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
    }

    /** The disk may be full at any step of a verification, from the start of the scratch server on. */
    @Test
    void aScratchFolderThatIsFullAtAnyStepCondemnsNoBackup() throws Exception {
        String database = host.cluster().newDatabase();
        Backup good = goodBackupOf(database);
        try (SmallDisk disk = SmallDisk.of("200m");
                Elsewhere other =
                        new Elsewhere("pgsteward.scratch.dir", disk.folder().toString())) {
            assertThat(prove(other.wiring, good).state()).isEqualTo(BackupState.VERIFIED);
            int left = 0;
            Backup backup;
            do {
                left += 3 << 20;
                disk.leave(left);
                backup = prove(other.wiring, good);
                assertThat(backup.state())
                        .as("%d bytes free: %s", left, backup.error())
                        .isNotEqualTo(BackupState.FAILED);
            } while (backup.state() == BackupState.UNVERIFIABLE);
            assertThat(left).isGreaterThan(7 << 20);
        }
    }

    @Test
    void aDiskThatTurnedReadOnlyFailsTheBackupAndWhatIsOnItStays() throws Exception {
        String database = host.cluster().newDatabase();
        try (SmallDisk disk = SmallDisk.of("64m");
                Elsewhere other =
                        new Elsewhere("pgsteward.backup.dir", disk.folder().toString())) {
            Backup good = host.backUp(other.wiring, database);
            assertThat(good.state()).isEqualTo(BackupState.VERIFIED);
            disk.remount("ro");

            Backup failed = host.backUp(other.wiring, database);

            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            assertThat(failed.error()).containsIgnoringCase("read-only");
            assertThat(files(disk))
                    .filteredOn(file -> !file.equals("RECOVERY.md"))
                    .hasSize(2);
            assertThat(prove(other.wiring, good).state()).isEqualTo(BackupState.VERIFIED);
        }
        assertThat(host.journal(database)).contains("verified").anyMatch(row -> row.startsWith("failed: "));
    }

    /** A volume that is not mounted is an empty place on another disk, and 44 days may pass (PageSpace #2372). */
    @Test
    void aStoreThatIsNoMoreThereIsToldAndNotMadeAnew() throws Exception {
        String database = host.cluster().newDatabase();
        goodBackupOf(database);
        Path gone = host.folder().resolve("not-mounted/backups");
        try (Elsewhere other = new Elsewhere("pgsteward.backup.dir", gone.toString())) {
            Backup failed = host.backUp(other.wiring, database);
            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            assertThat(failed.error()).contains(gone + " is not there").contains("is its volume mounted?");
        }
        assertThat(gone).doesNotExist();
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    /** A pgsteward that is killed while it proves leaves a server that nobody stops, and a disk that fills. */
    @Test
    void aProcessThatIsKilledWhileItProvesTakesItsScratchClusterWithIt() throws Exception {
        String database = copyOfLarge();
        Path scratch = host.folder().resolve("state/scratch");
        Process command = command(Map.of(), database);
        ProcessHandle server = await().pollInterval(Duration.ofMillis(5))
                .atMost(PATIENCE)
                .until(() -> postmasterIn(scratch), Optional::isPresent)
                .orElseThrow();
        String sockets = argument(server, "unix_socket_directories=");
        Path data = Path.of(argument(server, "-D"));
        assertThat(Path.of(sockets)).isDirectory();

        command.destroyForcibly().waitFor();

        await().atMost(PATIENCE).until(() -> !server.isAlive());
        await().untilAsserted(() -> {
            assertThat(data).doesNotExist();
            assertThat(Path.of(sockets)).doesNotExist();
        });
        // The backup is whole: its proof is what is missing.
        host.wiring().house.order();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database)).containsExactly("made"));
        assertThat(host.stored(database)).hasSize(2);
        goodBackupOf(database);
    }

    @Test
    void aCommandAndTheDaemonAtOnceMakeOneBackupAndNeitherDisturbsTheOther() throws Exception {
        String database = copyOfLarge();
        Path said = host.folder().resolve("said");
        List<Process> commands = new ArrayList<>();
        Backup first = duringTheDumpOf(database, () -> {
            commands.add(command(Map.of(), database, ProcessBuilder.Redirect.to(said.toFile())));
            await().atMost(PATIENCE).until(() -> Files.readString(said).contains("another run of it is under way"));
        });
        assertThat(first.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(commands.get(0).waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(host.journal(database)).containsExactly("verified");
        assertThat(host.stored(database)).hasSize(2);
    }

    @Test
    void aDatabaseThatIsDroppedUnderItsDumpLeavesNothingAndIsToldOnce() throws Exception {
        String database = copyOfLarge();
        Backup failed = duringTheDumpOf(
                database, () -> host.cluster().run("homelab", "DROP DATABASE " + database + " WITH (FORCE)"));
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(host.stored(database)).isEmpty();
        assertThat(host.journal(database)).singleElement().asString().startsWith("failed: ");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    /** It was left out without a word, and the status said that all is well. */
    @Test
    void theBackupOfADatabaseThatNobodyMayConnectToFailsWithTheStatementThatOpensIt() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run("homelab", "ALTER DATABASE " + database + " ALLOW_CONNECTIONS false");

        Backup failed = host.backUp(wiring, database);

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("database " + database + " allows no connections");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        String opening = failed.error().replaceFirst("(?s).*(ALTER DATABASE .* ALLOW_CONNECTIONS true).*", "$1");
        host.cluster().run("homelab", opening);
        goodBackupOf(database);
    }

    @Test
    void whatWasDroppedOrRenamedSinceItWasListedIsNoFailureAndWhatIsNewIsFound() throws Exception {
        String dropped = host.cluster().newDatabase();
        String renamed = host.cluster().newDatabase();
        List<BackupTarget> listed = List.of(host.target(wiring, dropped), host.target(wiring, renamed));
        host.cluster()
                .run("homelab", "DROP DATABASE " + dropped, "ALTER DATABASE " + renamed + " RENAME TO new_" + renamed);
        String created = host.cluster().newDatabase();
        for (BackupTarget target : listed) {
            Backup none =
                    wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
            assertThat(none.error()).isEqualTo("database " + target.database() + " is no longer there");
            assertThat(host.journal(target.service())).isEmpty();
            assertThat(host.notices(target.service())).isEmpty();
        }
        assertThat(wiring.targets.all(BackupKind.DUMP))
                .extracting(Targets.Found::target)
                .extracting(BackupTarget::database)
                .contains(created, "new_" + renamed)
                .doesNotContain(dropped, renamed);
        goodBackupOf("new_" + renamed);
        goodBackupOf(created);
    }

    /** An application that is updated at three in the morning: its ALTER TABLE waits, and the backup does not wait for it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE public.small ADD COLUMN m int",
                "DROP TABLE public.small",
                "TRUNCATE public.small",
                "ALTER TABLE public.big RENAME TO bigger"
            })
    void aTableThatIsChangedUnderADumpIsInItAsItWas(String change) throws Exception {
        String database = copyOfLarge();
        List<CompletableFuture<Void>> changes = new ArrayList<>();
        Backup backup = duringTheDumpOf(database, () -> {
            changes.add(changeThatWaits(database, change));
        });
        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        changes.get(0).get(8, TimeUnit.MINUTES);
        assertThat(Manifests.of(wiring.store, database).get(0).contents().rows())
                .isEqualTo(Map.of("public.big", (long) LARGE_ROWS, "public.small", 1L));
    }

    /** The session requests its lock after the snapshot has locked the table, and before pg_dump has. */
    @Test
    void aTableThatSomebodyWantsToChangeJustBeforePgDumpLocksItIsDumpedAfterTheChange() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.small AS SELECT 1 AS n", "CREATE TABLE public.other (n int)");
        Path begun = host.folder().resolve("begun-" + database);
        Path queued = host.folder().resolve("queued-" + database);
        String script =
                "touch " + begun + "; while [ ! -e " + queued + " ]; do sleep 0.01; done; exec \"$real\" \"$@\"";
        Files.createFile(begun);
        Files.setPosixFilePermissions(begun, PosixFilePermissions.fromString("rw-rw-rw-"));
        FileTime before = FileTime.fromMillis(0);
        Files.setLastModifiedTime(begun, before);

        CompletableFuture<Backup> run = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return withPgDump(script, database);
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                },
                work -> new Thread(work, "dump").start());
        await().atMost(PATIENCE).until(() -> Files.getLastModifiedTime(begun).compareTo(before) > 0);
        CompletableFuture<Void> change = changeThatWaits(database, "TRUNCATE public.small");
        Files.createFile(queued);

        Backup backup = run.get(8, TimeUnit.MINUTES);

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        change.get(8, TimeUnit.MINUTES);
        assertThat(Manifests.of(wiring.store, database).get(0).contents().rows())
                .isEqualTo(Map.of("public.small", 0L, "public.other", 0L));
    }

    /** pg_dump never gets a lock that nobody waits for. */
    @Test
    void aTableThatIsChangedAllTheTimeFailsTheBackupWithTheReasonAndIsFreeAfterIt() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.small AS SELECT 1 AS n");
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                try {
                    host.cluster().run(database, "TRUNCATE public.small");
                } catch (SQLException e) {
                    throw new CompletionException(e);
                }
            }
        });
        String waiting = "\"${real%pg_dump}psql\" -Atc \"SELECT count(*) FROM pg_locks WHERE NOT granted\"";

        Backup failed = withPgDump(
                "while [ \"$(" + waiting + ")\" = 0 ]; do sleep 0.01; done; exec \"$real\" \"$@\"", database);
        over.set(true);

        changes.get(8, TimeUnit.MINUTES);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("database " + database + " is changed too often");
        goodBackupOf(database);
    }

    /** Runs a statement in another thread, and returns when it waits for a lock. */
    private CompletableFuture<Void> changeThatWaits(String database, String statement) {
        CompletableFuture<Void> change = CompletableFuture.runAsync(() -> {
            try {
                host.cluster().run(database, statement);
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        });
        await().atMost(PATIENCE)
                .until(() -> host.rows(
                                        "homelab",
                                        "SELECT 1 FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database"
                                                + " WHERE NOT l.granted AND d.datname = '" + database + "'")
                                .size()
                        == 1);
        return change;
    }

    /** kobo-install #102: a "%" in the password, and backups of 0 bytes. */
    @Test
    void aPasswordMayHoldWhatItLikes() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run("homelab", "CREATE ROLE \"odd $user %s\" SUPERUSER LOGIN PASSWORD " + Quote.literal(ODD_PASSWORD));
        Path file = Files.writeString(host.folder().resolve("password"), ODD_PASSWORD + "\n");
        Map<String, String> odd =
                Map.of("PGSTEWARD_POSTGRES_USER", "odd $user %s", "PGSTEWARD_POSTGRES_PASSWORD_FILE", file.toString());
        Process command = command(odd, database);
        assertThat(command.waitFor()).isZero();
        Wiring other = new Wiring(Settings.from(host.environment())
                .with(Map.of("pgsteward.postgres.user", "odd $user %s", "pgsteward.postgres.password", ODD_PASSWORD)));
        try (Pipeline running = other.backupPipeline().start()) {
            assertThat(running).isNotNull();
            assertThat(host.backUp(other, database).state()).isEqualTo(BackupState.VERIFIED);
        }
        assertThat(host.journal(database)).containsExactly("verified", "verified");
    }

    /** kartoza #64: an empty list at the start, and then never a backup. */
    @Test
    void aServerThatComesUpLaterIsBackedUpWithoutAnybodysHelp() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.backup_log (service_name, backup_type, state, started_at)"
                                + " SELECT datname, 'dump', 'verified', now() FROM pg_database WHERE datname <> '"
                                + database
                                + "' UNION ALL SELECT '_globals', 'globals', 'verified', now()");
        pipeline.close();
        host.cluster().kill();
        // A base backup would be due, too, of all that the other tests left.
        Wiring daemon =
                host.wiring(Map.of("pgsteward.backup.tick", "* * * * * ?", "pgsteward.backup.base.schedule", ""));
        try (Pipeline scheduled = daemon.backupPipeline().start()) {
            assertThat(scheduled).isNotNull();
            host.cluster().startAgain();
            await().atMost(PATIENCE).until(() -> host.journal(database).contains("verified"));
        }
        assertThat(host.notices(database)).isEmpty();
        pipeline = wiring.backupPipeline().start();
    }

    /** A battery that ran out, and a clock that was in 2031 until the network told it better. */
    @Test
    void aRunFromWhatIsNowTheFutureDoesNotKeepTonightsFromBeingMade() throws Exception {
        Instant now = Instant.now();
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.backup_log (service_name, backup_type, state, started_at)"
                                + " VALUES ('clock', 'dump', 'verified', now() + interval '5 years')");
        assertThat(lastRunOfClock(now).startedAt()).isAfter(now);
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.backup_log (service_name, backup_type, state, started_at)"
                                + " VALUES ('clock', 'dump', 'failed', now() - interval '1 hour')");
        assertThat(lastRunOfClock(now).state()).isEqualTo("failed");
    }

    private RunRows.LastRun lastRunOfClock(Instant now) throws SQLException {
        return Objects.requireNonNull(wiring.tables.runs().lastRuns("dump", now).get("clock"));
    }

    /** nfrastack #366, #417, autopostgresqlbackup #2: months of empty dumps, each of them a success. */
    @Test
    void aPgDumpThatWritesNothingAndSaysThatAllIsWellMakesNoBackup() throws Exception {
        String database = host.cluster().newDatabase();
        Backup failed = withPgDump("exit 0", database);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("said that all is well and wrote nothing");
        assertThat(host.stored(database)).isEmpty();
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aPgDumpThatWritesHalfAndSaysThatAllIsWellMakesNoProvedBackup() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.t AS SELECT n FROM generate_series(1, 10000) AS n");
        Backup failed = withPgDump("\"$real\" \"$@\" | head -c 20000", database);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).startsWith("restoring it failed: pg_restore");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aPgDumpThatLeavesATableOutMakesNoProvedBackup() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.kept AS SELECT 1 AS n",
                        "CREATE TABLE public.lost AS SELECT 1 AS n");
        Backup failed = withPgDump("exec \"$real\" \"$@\" --exclude-table=public.lost", database);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("public.lost");
    }

    @Test
    void aPgDumpThatLeavesLargeObjectsOutMakesNoProvedBackup() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "SELECT lo_create(0)");
        Backup failed = withPgDump("exec \"$real\" \"$@\" --no-blobs", database);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("pg_largeobject_metadata has 0 rows, not 1");
    }

    @Test
    void whatPgDumpWarnsOfIsSaidThoughTheBackupIsProved() throws Exception {
        String database = host.cluster().newDatabase();
        assertThat(withPgDump("echo 'pg_dump: warning: a word of it' >&2; exec \"$real\" \"$@\"", database)
                        .state())
                .isEqualTo(BackupState.VERIFIED);
        Wiring other =
                host.wiring("pgsteward.postgres.bindir", programs("echo 'a word of it' >&2; exec \"$real\" \"$@\""));
        Files.createDirectories(host.store().resolve(database));
        try (DumpRun run = other.dumps.begin(host.target(other, database)).orElseThrow()) {
            Files.copy(run.stream(), host.store().resolve(run.partPath()));
            run.finish();
            assertThat(run.warnings()).isEqualTo("a word of it");
        }
    }

    /** Row security hides rows from whoever may not pass it: a dump of what is left is no dump. */
    @Test
    void aRoleThatMayNotReadEveryRowMakesNoBackup() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE half_blind LOGIN PASSWORD 'x' IN ROLE pg_read_all_data",
                        "GRANT ALL ON ALL TABLES IN SCHEMA public TO half_blind",
                        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO half_blind");
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.guarded AS SELECT generate_series(1, 10) AS n",
                        "ALTER TABLE public.guarded ENABLE ROW LEVEL SECURITY",
                        "CREATE POLICY few ON public.guarded USING (n < 3)");
        Wiring other = new Wiring(Settings.from(host.environment())
                .with(Map.of("pgsteward.postgres.user", "half_blind", "pgsteward.postgres.password", "x")));
        try (Pipeline running = other.backupPipeline().start()) {
            assertThat(running).isNotNull();
            Backup failed = host.backUp(other, database);
            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            assertThat(failed.error()).contains("row-level security");
        }
        assertThat(host.stored(database)).isEmpty();
        goodBackupOf(database);
    }

    private Backup withPgDump(String script, String database) throws Exception {
        try (Elsewhere other = new Elsewhere("pgsteward.postgres.bindir", programs(script))) {
            return host.backUp(other.wiring, database);
        }
    }

    /** PostgreSQL's programs but for pg_dump, which says its version and then does as {@code script} does. */
    private String programs(String script) throws IOException {
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

    /** A pgsteward with a setting of its own, in this process. */
    private final class Elsewhere implements AutoCloseable {
        private final Wiring wiring;
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

    /** All that is on it, by relative paths. */
    private static List<String> files(SmallDisk disk) throws IOException {
        return TestHost.files(disk.folder(), "").stream()
                .map(file -> disk.folder().relativize(file).toString())
                .toList();
    }

    /** {@code pgsteward backup DATABASE} as a process of its own. */
    private Process command(Map<String, String> environment, String database) throws IOException {
        return command(environment, database, ProcessBuilder.Redirect.INHERIT);
    }

    private Process command(Map<String, String> environment, String database, ProcessBuilder.Redirect errors)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(ChildJava.steward("backup", database));
        builder.environment().putAll(host.environment());
        if (!environment.isEmpty()) {
            builder.environment().remove("PGSTEWARD_POSTGRES_PASSWORD");
            builder.environment().putAll(environment);
        }
        return builder.redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors)
                .start();
    }

    private static Optional<ProcessHandle> postmasterIn(Path scratch) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .command()
                        .filter(path -> path.endsWith("/postgres"))
                        .isPresent())
                .filter(process -> argument(process, "-D").startsWith(scratch.toString()))
                .findFirst();
    }

    /** What follows {@code name} among a process's arguments, in the same one or in the next. */
    private static String argument(ProcessHandle process, String name) {
        List<String> arguments = List.of(process.info().arguments().orElse(new String[0]));
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).equals(name) && i + 1 < arguments.size()) {
                return arguments.get(i + 1);
            }
            if (arguments.get(i).startsWith(name)) {
                return arguments.get(i).substring(name.length());
            }
        }
        return "";
    }

    private boolean answers() {
        try {
            return !host.rows("homelab", "SELECT 1").isEmpty();
        } catch (SQLException away) {
            return false;
        }
    }

    /** Something done to a run while its file grows. */
    @FunctionalInterface
    private interface Disturbance {
        void happen() throws Exception;
    }

    private Backup duringTheDumpOf(String database, Disturbance disturbance) throws Exception {
        // It stands still before its first word, so that not even a small dump is over before something can happen to
        // it.
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
                    .until(FaultsIT::pgDump, Optional::isPresent)
                    .orElseThrow();
            // It goes on in short steps until some of it is stored, and stands still again while something happens to
            // it.
            try (Signals signals = new Signals(dump)) {
                await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(() -> {
                    signals.send("CONT");
                    signals.send("STOP");
                    return hasGrown(target.service());
                });
                assertThat(dump.isAlive()).as("pg_dump is still at it").isTrue();
                try {
                    disturbance.happen();
                } finally {
                    signals.send("CONT");
                }
                return run.get();
            }
        }
    }

    private static Optional<ProcessHandle> pgDump() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains("/pg_dump ") && line.contains("--snapshot="))
                        .isPresent())
                .findFirst();
    }

    /** One shell for all signals to a process: a new process for each costs more than the steps between them. */
    private static final class Signals implements AutoCloseable {
        private final ProcessHandle target;
        private final Process shell;
        private final BufferedReader answers;

        Signals(ProcessHandle target) throws IOException {
            this.target = target;
            shell = new ProcessBuilder("sh").redirectErrorStream(true).start();
            answers = shell.inputReader();
        }

        /** Returns when the signal is sent. */
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

    /** The last good one is untouched, it can be proved still, what was told was told once, and the next run works. */
    private void assertNothingIsLost(String database, Backup good) throws Exception {
        assertThat(host.stored(database))
                .containsExactly(good.id() + ".dump.zst", good.id() + ".dump.zst.manifest.json");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        assertThat(prove(good).state()).isEqualTo(BackupState.VERIFIED);
        goodBackupOf(database);
        assertThat(host.notices(database)).hasSize(2).anyMatch(notice -> notice.startsWith("resolved"));
    }

    private Backup goodBackupOf(String database) throws SQLException {
        Backup good = host.backUp(wiring, database);
        assertThat(good.error()).isEmpty();
        assertThat(good.state()).isEqualTo(BackupState.VERIFIED);
        return good;
    }

    private String copyOfLarge() throws SQLException {
        String copy = "c" + UUID.randomUUID().toString().substring(0, 8);
        host.cluster().run("homelab", "CREATE DATABASE " + copy + " TEMPLATE " + large);
        return copy;
    }

    private Backup prove(Backup backup) {
        return prove(wiring, backup);
    }

    private static Backup prove(Wiring wiring, Backup backup) {
        return wiring.backups.verify(backup);
    }
}
