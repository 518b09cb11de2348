package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.ChildJava;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.dump.DumpRun;
import org.pgsteward.backup.dump.Dumps;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.AgeKeys;
import org.pgsteward.backup.store.DiskSpace;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.backup.store.PartWriter;
import org.pgsteward.backup.underway.RunLock;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.io.Json;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/** The shipped routes on a real PostgreSQL, and what may happen to them on a bad night. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class BackupRunIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    /** Of a table that takes most of a second to dump: 100,000 rows of about 960 bytes. */
    private static final int LARGE_ROWS = 100_000;

    private static final int HEAP_MEGABYTES = 32;

    /** Whatever the names of its tables and the kinds of its objects, a database comes back. */
    private static final String[] ODD_DATABASE = {
        "SET search_path = public",
        "CREATE EXTENSION citext",
        "CREATE EXTENSION hstore",
        "CREATE TYPE mood AS ENUM ('fine', 'not so fine')",
        "CREATE DOMAIN short AS text CHECK (length(VALUE) < 50)",
        "CREATE TABLE \"MixedCase\" (id SERIAL PRIMARY KEY, name CITEXT UNIQUE, tags HSTORE, how MOOD, what SHORT)",
        "INSERT INTO \"MixedCase\" (name, tags, how, what)"
                + " SELECT 'Name ' || n, hstore('k', n::text), 'fine', 'x' FROM generate_series(1, 100) AS n",
        "CREATE TABLE \"Grüße 漢字 🐘\" (\"ключ\" INT, content BYTEA)",
        "INSERT INTO \"Grüße 漢字 🐘\" SELECT n, decode(md5(n::text), 'hex') FROM generate_series(1, 50) AS n",
        "CREATE TABLE \"a \"\"quoted\"\" name; DROP TABLE x; -- |\\\" (\"a\"\"b\" TEXT)",
        "INSERT INTO \"a \"\"quoted\"\" name; DROP TABLE x; -- |\\\" VALUES ('it''s \\ | \n \t here'), (NULL)",
        "CREATE TABLE \"select\" (\"from\" INT GENERATED ALWAYS AS IDENTITY, \"where\" INT)",
        "INSERT INTO \"select\" (\"where\") SELECT n FROM generate_series(1, 7) AS n",
        "CREATE TABLE measured (at DATE NOT NULL, value NUMERIC) PARTITION BY RANGE (at)",
        "CREATE TABLE measured_2025 PARTITION OF measured FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
        "CREATE TABLE measured_2026 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "INSERT INTO measured SELECT DATE '2025-12-01' + n, n FROM generate_series(0, 59) AS n",
        "CREATE TABLE parent (id INT)",
        "CREATE TABLE child (more TEXT) INHERITS (parent)",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO child VALUES (2, 'two'), (3, 'three')",
        "CREATE TABLE generated (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED)",
        "INSERT INTO generated (a) SELECT n FROM generate_series(1, 30) AS n",
        "CREATE UNLOGGED TABLE unlogged (id INT)",
        "INSERT INTO unlogged VALUES (1)",
        "CREATE TABLE no_columns ()",
        "INSERT INTO no_columns DEFAULT VALUES",
        "CREATE TABLE empty (id INT REFERENCES \"MixedCase\")",
        "CREATE VIEW seen AS SELECT count(*) FROM \"MixedCase\"",
        "CREATE MATERIALIZED VIEW kept AS SELECT * FROM generated WITH DATA",
        "CREATE SEQUENCE counter START 41",
        "SELECT nextval('counter')",
        "CREATE SCHEMA \"Other Schema\"",
        "CREATE TABLE \"Other Schema\".\"MixedCase\" (id INT)",
        "INSERT INTO \"Other Schema\".\"MixedCase\" VALUES (1), (2), (3)",
        "CREATE TABLE guarded (id INT)",
        "INSERT INTO guarded VALUES (1), (2)",
        "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        "CREATE POLICY nobody ON guarded USING (false)",
        "CREATE FUNCTION twice(n INT) RETURNS INT LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'",
        "CREATE INDEX ON generated (twice(a))",
        "COMMENT ON TABLE generated IS 'with a comment'",
        "SELECT lo_from_bytea(4711, '\\xdeadbeef')"
    };

    private TestHost host;
    private Wiring wiring;
    private Pipeline pipeline;
    private String large;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        large = host.cluster().newDatabase();
        host.cluster()
                .run(
                        large,
                        "CREATE TABLE public.big AS SELECT n, repeat(md5(n::text), 30) AS text"
                                + " FROM generate_series(1, " + LARGE_ROWS + ") AS n");
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    @BeforeEach
    void start() {
        pipeline = wiring.backupPipeline().start();
    }

    @AfterEach
    void stop() {
        pipeline.close();
    }

    @Test
    void whatAKilledVerificationLeftGoesWithTheNextOne() throws Exception {
        Path scratch = Files.createDirectories(host.folder().resolve("state/scratch"));
        Path left = Files.createDirectories(scratch.resolve(UUID.randomUUID().toString()));
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(120)));
        Path begun = Files.createDirectories(scratch.resolve(UUID.randomUUID().toString()));
        Files.setLastModifiedTime(begun, FileTime.from(Instant.now().plusSeconds(3600)));

        assertThat(host.backUp(wiring, host.cluster().newDatabase()).state()).isEqualTo(BackupState.VERIFIED);

        assertThat(left).doesNotExist();
        assertThat(begun).exists();
        Files.delete(begun);
    }

    @Test
    void aDatabaseWithOddNamesAndEveryKindOfObjectIsDumpedAndProved() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, ODD_DATABASE);
        Instant before = Instant.now();

        Backup backup = host.backUp(wiring, database);

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        Path file = host.store().resolve(backup.path().orElseThrow());
        assertThat(host.stored(database))
                .containsExactly(backup.id() + ".dump.zst", backup.id() + ".dump.zst.manifest.json");
        assertThat(file).hasSize(backup.file().sizeBytes());
        assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
        Manifest manifest = Manifests.of(wiring.store, database).get(0);
        assertThat(manifest.file().sha256()).isEqualTo(backup.file().sha256()).isEqualTo(sha256(file));
        assertThat(manifest.run().startedAt()).isAfter(before.minusSeconds(2));
        assertThat(manifest.run().serverVersion())
                .isEqualTo(host.cluster().server().version());
        assertThat(manifest.contents().extensions()).containsOnlyKeys("citext", "hstore");
        assertThat(manifest.contents().rows())
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("public.\"MixedCase\"", 100L),
                        Map.entry("public.\"Grüße 漢字 🐘\"", 50L),
                        Map.entry("public.\"a \"\"quoted\"\" name; DROP TABLE x; -- |\\\"", 2L),
                        Map.entry("public.\"select\"", 7L),
                        Map.entry("public.measured_2025", 31L),
                        Map.entry("public.measured_2026", 29L),
                        Map.entry("public.parent", 1L),
                        Map.entry("public.child", 2L),
                        Map.entry("public.generated", 30L),
                        Map.entry("public.unlogged", 1L),
                        Map.entry("public.no_columns", 1L),
                        Map.entry("public.empty", 0L),
                        Map.entry("public.guarded", 2L),
                        Map.entry("pg_catalog.pg_largeobject_metadata", 1L),
                        Map.entry("\"Other Schema\".\"MixedCase\"", 3L)));
        assertThat(host.journal(database)).containsExactly("verified");
        assertThat(host.rows(
                        "homelab",
                        "SELECT concat_ws(' ', backup_type, backup_path, success, size_bytes, sha256, backup_id)"
                                + " FROM public.backup_log WHERE service_name = '" + database + "'"))
                .containsExactly(String.join(
                        " ",
                        "dump",
                        backup.path().orElseThrow(),
                        "t",
                        Long.toString(backup.file().sizeBytes()),
                        backup.file().sha256(),
                        backup.id()));
        assertThat(host.notices(database)).isEmpty();
    }

    @Test
    void publicToolsAloneRestoreItRowForRow() throws Exception {
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        String database = host.cluster().newDatabase();
        host.cluster().run(database, ODD_DATABASE);
        Backup backup = host.backUp(wiring, database);
        String restored = host.cluster().newDatabase();

        Path file = host.store().resolve(backup.path().orElseThrow());
        ProcessBuilder restore = new ProcessBuilder(
                        TestCluster.programs().path("pg_restore").toString(),
                        "--exit-on-error",
                        "--no-owner",
                        "--dbname=" + restored)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        restore.environment()
                .putAll(Map.of(
                        "PGHOST", host.cluster().server().address().host(),
                        "PGPORT",
                                Integer.toString(
                                        host.cluster().server().address().port()),
                        "PGUSER", "homelab",
                        "PGPASSWORD", TestCluster.PASSWORD.reveal()));
        for (Process process : ProcessBuilder.startPipeline(
                List.of(new ProcessBuilder("zstd", "--decompress", "--stdout", file.toString()), restore))) {
            assertThat(process.waitFor()).isZero();
        }

        assertThat(content(restored)).isEqualTo(content(database)).hasSizeGreaterThan(14);
    }

    @Test
    void theGlobalsAreDumpedAndProvedToo() throws Exception {
        host.cluster().run("homelab", "CREATE ROLE \"a \"\"role\"\"; --\" LOGIN PASSWORD 'pw'");
        BackupTarget target = wiring.targets.all(BackupKind.GLOBALS).get(0).target();

        Backup backup =
                wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(backup.path().orElseThrow()).matches("_globals/_globals-\\d{8}T\\d{6}Z\\.sql\\.zst");
    }

    @Test
    void twoRunsWithinASecondAreTwoBackups() throws Exception {
        String database = host.cluster().newDatabase();
        Dumps dumps = new Dumps(
                wiring.server,
                Optional.empty(),
                UnprivilegedUser.ofThisProcess(),
                wiring.store,
                AgeKeys.NONE,
                wiring.proof,
                new DiskSpace(host.store(), host.folder()),
                wiring.runs,
                host.folder().resolve("state/locks"),
                Set.of(),
                Clock.fixed(Instant.parse("2026-03-01T03:00:00Z"), ZoneOffset.UTC));
        Files.createDirectories(host.store().resolve(database));
        for (int i = 0; i < 2; i++) {
            try (DumpRun run = dumps.begin(host.target(wiring, database)).orElseThrow()) {
                Files.copy(run.stream(), host.store().resolve(run.partPath()));
                run.finish();
            }
        }
        assertThat(Manifests.of(wiring.store, database))
                .extracting(manifest -> manifest.identity().backupId())
                .containsExactly(database + "-20260301T030001Z", database + "-20260301T030000Z");
    }

    @Test
    void aDumpWhoseProgramIsKilledHalfWayLeavesNothingAndIsTold() throws Exception {
        Backup good = goodBackupOf(large);

        Backup failed = duringTheDumpOf(
                large,
                () -> assertThat(pgDump().orElseThrow().destroyForcibly()).isTrue());

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("pg_dump ended with exit code");
        assertOnlyTheGoodOneIsThere(large, good);
        assertThat(host.journal(large)).last().asString().startsWith("failed: pg_dump ended with exit code");
        assertThat(host.notices(large)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aDumpWhoseServerIsKilledHalfWayLeavesNothingAndIsToldWhenItIsBack() throws Exception {
        String database = copyOfLarge();
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
        assertThat(failed.error()).contains("nothing listens at");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(host.journal(database))
                        .singleElement()
                        .asString()
                        .startsWith("failed: it could not begin"));
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aStreamThatIsNotReadToItsEndMakesNoBackupAndSaysSo() throws Exception {
        String database = host.cluster().newDatabase();
        Backup failed = backUp(database, (path, content) -> Files.createFile(place(path)));

        assertThat(failed.error()).isEqualTo("the dump of " + database + " was not read to its end");
        assertFailed(database, failed);
    }

    @Test
    void aWriterThatFailsHalfWayMakesNoBackupAndSaysSo() throws Exception {
        String database = host.cluster().newDatabase();
        Backup failed = backUp(database, (path, content) -> {
            Files.write(place(path), content.readNBytes(10));
            throw new IOException("the disk went away");
        });

        assertThat(failed.error()).isEqualTo("the disk went away");
        assertFailed(database, failed);
    }

    @Test
    void aRunWhoseThreadIsInterruptedIsRecordedAndTold() throws Exception {
        String database = host.cluster().newDatabase();
        Backup failed = backUp(database, (path, content) -> {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted");
        });

        assertThat(Thread.interrupted()).as("the thread still knows it").isTrue();
        assertThat(failed.error()).isEqualTo("interrupted");
        assertFailed(database, failed);
    }

    private Path place(String path) throws IOException {
        Path file = wiring.store.root().resolve(path);
        Files.createDirectories(file.getParent());
        return file;
    }

    private Backup backUp(String database, PartWriter writer) throws Exception {
        BackupNotices notices = new BackupNotices(
                wiring.tables,
                new ShrinkCheck(wiring.rows, new ShrinkRule(0.5, 0), wiring.clock),
                new CaveatCheck(wiring.rows, wiring.clock),
                wiring.reporter,
                wiring.clock);
        return new BackupRun(
                        wiring.dumps,
                        wiring.targets,
                        wiring.house,
                        writer,
                        wiring.proof,
                        wiring.card,
                        notices,
                        wiring.reporter,
                        wiring.clock)
                .run(host.target(wiring, database), BackupRun.Patience.FAILS_AT_ONCE)
                .backup();
    }

    private void assertFailed(String database, Backup failed) throws Exception {
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(host.stored(database)).isEmpty();
        assertThat(host.journal(database)).containsExactly("failed: " + failed.error());
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aStoreThatCannotBeWrittenFailsTheBackupAndNothingElse() throws Exception {
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
        String database = copyOfLarge();
        List<Backup> second = new ArrayList<>();

        Backup first = duringTheDumpOf(database, () -> second.add(host.backUp(wiring, database)));

        assertThat(second)
                .singleElement()
                .satisfies(backup -> assertThat(backup.error()).isEqualTo("another run of it is under way"));
        assertThat(first.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(host.journal(database)).containsExactly("verified");
        assertThat(host.stored(database)).hasSize(2);
    }

    /** What happens to a stored file on a bad disk or by a careless hand. */
    enum Harm {
        A_BYTE_FLIPPED("damaged") {
            @Override
            void befall(Path file) throws IOException {
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length / 2] ^= 0x10;
                Files.write(file, bytes);
            }
        },
        TRUNCATED("damaged") {
            @Override
            void befall(Path file) throws IOException {
                byte[] bytes = Files.readAllBytes(file);
                Files.write(file, Arrays.copyOf(bytes, bytes.length - 10));
            }
        },
        A_LENGTH_CHANGED("damaged") {
            @Override
            void befall(Path file) throws IOException {
                byte[] bytes;
                try (InputStream plain = new ZstdInputStream(Files.newInputStream(file))) {
                    bytes = plain.readAllBytes();
                }
                // A block of the table begins with its length: a sign and four bytes. Of a negative one pg_restore says
                // "out of memory".
                String firstRow = "1\tc4ca4238a0b923820dcc509a6f75849b";
                int row = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(firstRow);
                bytes[row - 5] = 1;
                Files.write(file, com.github.luben.zstd.Zstd.compress(bytes));
            }
        },
        EMPTIED("damaged") {
            @Override
            void befall(Path file) throws IOException {
                Files.write(file, new byte[0]);
            }
        },
        DELETED("is not there") {
            @Override
            void befall(Path file) throws IOException {
                Files.delete(file);
            }
        },
        SOMETHING_ADDED("SHA-256") {
            @Override
            void befall(Path file) throws IOException {
                byte[] bytes = Files.readAllBytes(file);
                // An empty frame that every reader of zstd skips.
                byte[] nothing = {0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0};
                byte[] longer = Arrays.copyOf(bytes, bytes.length + nothing.length);
                System.arraycopy(nothing, 0, longer, bytes.length, nothing.length);
                Files.write(file, longer);
            }
        };

        private final String reason;

        Harm(String reason) {
            this.reason = reason;
        }

        abstract void befall(Path file) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void aStoredFileThatCameToHarmFailsItsProofWithAReasonAndIsTold(Harm harm) throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, md5(n::text) FROM generate_series(1, 5000) AS n");
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        harm.befall(host.store().resolve(backup.path().orElseThrow()));

        Backup first = prove(backup);

        assertThat(first.state()).isEqualTo(BackupState.FAILED);
        assertThat(first.error()).startsWith("restoring it failed: ").contains(harm.reason);
        assertThat(host.journal(database)).singleElement().asString().startsWith("failed: restoring it failed: ");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aManifestThatSaysOtherCountsThanTheFileFailsTheProof() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.notes AS SELECT generate_series(1, 10)");
        Backup backup = host.backUp(wiring, database);
        Path manifest = host.store().resolve(backup.path().orElseThrow() + ".manifest.json");
        Manifests.write(manifest, Files.readString(manifest).replace("\"public.notes\" : 10", "\"public.notes\" : 11"));

        assertThat(prove(backup).error()).contains("public.notes has 10 rows, not 11");
    }

    @Test
    void aProofThatFailsTwiceIsToldOnceAndOneThatSucceedsAgainEndsTheAlarm() throws Exception {
        String database = host.cluster().newDatabase();
        Backup backup = host.backUp(wiring, database);
        Path file = host.store().resolve(backup.path().orElseThrow());
        byte[] whole = Files.readAllBytes(file);
        Harm.TRUNCATED.befall(file);
        prove(backup);
        prove(backup);
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        Files.write(file, whole);

        assertThat(prove(backup).state()).isEqualTo(BackupState.VERIFIED);

        assertThat(host.notices(database))
                .hasSize(2)
                .anyMatch(notice -> notice.startsWith("firing"))
                .anyMatch(notice -> notice.startsWith("resolved"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "My App ü"})
    void aRunThatDiedWithItsProcessIsClosedAndItsFileRemovedAndNothingElseIsTouched(String service) throws Exception {
        Backup good = goodBackupOf("homelab");
        String folder = service.equals("plain") ? "plain" : "My%20App%20%C3%BC";
        Path half = Files.createDirectories(host.store().resolve(folder))
                .resolve(folder + "-20260301T030000Z.dump.zst.part");
        Files.writeString(half, "half a dump");
        wiring.routeClient.ask(
                "direct:journal-write", Backup.starting("x", service, service, BackupKind.DUMP, Instant.now(), "15.0"));

        // The next process to start.
        host.wiring().house.order();

        assertThat(half).doesNotExist();
        assertThat(host.journal(service)).containsExactly("failed: the process that made it ended before it was done");
        assertThat(host.store().resolve(good.path().orElseThrow())).exists();
    }

    @Test
    void aRunThatIsStillAtWorkIsLeftToIt() throws Exception {
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
    void whatADumpSmugglesInDoesNotRunAsASuperuser() throws Exception {
        Path marker = Path.of("/tmp", "pgsteward-marker-" + java.util.UUID.randomUUID());
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "SET search_path = public",
                        "CREATE FUNCTION fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS 'BEGIN RETURN true; END'",
                        "CREATE TABLE trap (n INT CHECK (fine(n)))",
                        "INSERT INTO trap VALUES (1)",
                        // From here on the function is what a service might make of it.
                        "CREATE OR REPLACE FUNCTION fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$ BEGIN"
                                + " EXECUTE $x$ COPY (SELECT 1) TO PROGRAM 'touch " + marker + "' $x$;"
                                + " RETURN true; END $$");

        Backup backup = host.backUp(wiring, database);

        assertThat(marker).doesNotExist();
        assertThat(backup.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(backup.error()).contains("superuser");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void anExtensionInASchemaOfItsOwnIsNoFalseAlarm() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE SCHEMA extensions",
                        "CREATE EXTENSION citext SCHEMA extensions",
                        "CREATE TABLE public.people (name extensions.citext)",
                        "INSERT INTO public.people VALUES ('Ann')");
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
    }

    @Test
    void rolesThatAreNotThereAndAPublicSchemaThatIsAreNoFalseAlarms() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE ROLE reader_of_" + database,
                        "DROP SCHEMA public CASCADE",
                        "CREATE SCHEMA public",
                        "CREATE TABLE public.t AS SELECT 1 AS n",
                        "GRANT SELECT ON public.t TO reader_of_" + database,
                        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader_of_" + database,
                        "CREATE SCHEMA private AUTHORIZATION reader_of_" + database);
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
    }

    @Test
    void wherePgDumpIsNotTheServersItIsRefusedInWordsAndTold() throws Exception {
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
    void aTableTenTimesLargerThanTheHeapIsDumpedAndProved() throws Exception {
        String database = copyOfLarge();
        host.cluster().run(database, "INSERT INTO public.big SELECT big.* FROM public.big, generate_series(1, 3)");
        Path printed = host.folder().resolve("printed.json");

        Process command = command("", database, printed);

        assertThat(command.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(command.exitValue()).isZero();
        JsonNode backup =
                Json.mapper().readTree(printed.toFile()).path("backups").path(0);
        assertThat(backup.path("state").asText()).isEqualTo("verified");
        assertThat(backup.path("source_bytes").asLong()).isGreaterThan(10 * HEAP_MEGABYTES * 1024L * 1024L);
    }

    @Test
    void aProcessThatIsKilledHalfWayLeavesNothingThatTheNextDoesNotClearUp() throws Exception {
        String database = copyOfLarge();
        Backup good = goodBackupOf(database);
        Process command = command("", database, host.folder().resolve("killed.json"));
        await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(() -> hasGrown(database));
        Optional<ProcessHandle> dump = pgDump();

        command.destroyForcibly().waitFor();

        // Its output has nowhere to go.
        await().until(() -> dump.filter(ProcessHandle::isAlive).isEmpty());
        host.wiring().house.order();
        assertOnlyTheGoodOneIsThere(database, good);
        assertThat(host.journal(database))
                .containsExactly("verified", "failed: the process that made it ended before it was done");
    }

    @Test
    void aDiskThatTakesNoMoreFailsTheBackupAndTheLastGoodOneStays() throws Exception {
        String database = copyOfLarge();
        Backup good = goodBackupOf(database);

        // 1 MiB is the most that a file of this process may have.
        Process command = command("ulimit -f 2048; ", database, host.folder().resolve("full.json"));

        assertThat(command.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(command.exitValue()).isEqualTo(1);
        assertOnlyTheGoodOneIsThere(database, good);
        assertThat(host.journal(database)).hasSize(2).last().asString().matches("failed: .*[Ff]ile too large.*");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    /** {@code pgsteward backup DATABASE --json} with a small heap. */
    private Process command(String before, String database, Path printed) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", before + "exec \"$@\"", "sh"));
        command.addAll(ChildJava.run(
                List.of("-Xmx" + HEAP_MEGABYTES + "m", "-XX:+ExitOnOutOfMemoryError"),
                "org.pgsteward.Steward",
                "backup",
                database,
                "--json"));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(host.environment());
        return builder.redirectOutput(printed.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void namesThatCollideOrAreTooLongForTheJournalAreToldApart() throws Exception {
        String unknown = host.cluster().newDatabase();
        String servicesOwn = host.cluster().newDatabase();
        String longest = "l" + "x".repeat(62);
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE " + longest,
                        // A service that is called as the other database, whose own database is called otherwise.
                        "INSERT INTO public.service_configs (service_name, database_name) VALUES ('" + unknown + "', '"
                                + servicesOwn + "')");
        assertThat(host.target(wiring, servicesOwn).service()).isEqualTo(unknown);
        assertThat(host.target(wiring, unknown).service()).startsWith(unknown).isNotEqualTo(unknown);
        assertThat(host.target(wiring, longest).service()).startsWith("lxxx").hasSize(50);

        Backup backup = host.backUp(wiring, longest);
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(wiring.tables.runs().lastRuns("dump")).containsKey(backup.service());
        host.cluster().run("homelab", "DELETE FROM public.service_configs", "DROP DATABASE " + longest);
    }

    @Test
    void whatIsDueIsBackedUpOnceThoughNobodyAskedAndOneThatFailsHoldsUpNone() throws Exception {
        String first = "a" + host.cluster().newDatabase();
        String last = "z" + host.cluster().newDatabase();
        host.cluster().run("homelab", "CREATE DATABASE " + first, "CREATE DATABASE " + last);
        host.cluster().run(first, "CREATE TABLE public.locked (id INT)");
        pipeline.close();
        // What the other tests made counts as done: it is not this one's subject.
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
        // A base backup would be due, too, of all that the other tests left.
        Wiring daemon =
                host.wiring(Map.of("pgsteward.backup.tick", "* * * * * ?", "pgsteward.backup.base.schedule", ""));
        // In its place there is a file, so that this one cannot be stored.
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
        pipeline = wiring.backupPipeline().start();
    }

    /** Something done to a run while its file grows. */
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
        // It goes on in short steps until some of it is stored, and stands still while something happens to it.
        await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(() -> {
            signal("-CONT", dump);
            signal("-STOP", dump);
            return hasGrown(target.service());
        });
        disturbance.happen();
        signal("-CONT", dump);
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

    private static void signal(String signal, ProcessHandle process) throws Exception {
        new ProcessBuilder("kill", signal, Long.toString(process.pid()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
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

    private String copyOfLarge() throws SQLException {
        String copy = host.cluster().newDatabase();
        host.cluster().run("homelab", "DROP DATABASE " + copy, "CREATE DATABASE " + copy + " TEMPLATE " + large);
        return copy;
    }

    private Backup prove(Backup backup) {
        return wiring.backups.verify(backup);
    }

    private static String sha256(Path file) throws Exception {
        return java.util.HexFormat.of()
                .formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    /** By table, how many rows it has and their hash; with the sequences' and large objects' values. */
    private Map<String, String> content(String database) throws SQLException {
        Map<String, String> content = new java.util.TreeMap<>();
        for (String table : host.rows(
                database,
                "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.relkind IN ('r', 'm', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
                        + " AND n.nspname NOT LIKE 'pg\\_toast%'")) {
            content.put(
                    table,
                    host.rows(
                                    database,
                                    "SELECT count(*) || ' ' || COALESCE(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '')"
                                            + " FROM ONLY " + table + " AS t")
                            .get(0));
        }
        content.put(
                "sequences",
                host.rows(
                                database,
                                "SELECT string_agg(concat_ws(' ', schemaname, sequencename, last_value), ', ' ORDER BY"
                                        + " schemaname, sequencename) FROM pg_sequences")
                        .get(0));
        content.put(
                "large objects",
                host.rows(
                                database,
                                "SELECT string_agg(loid || encode(data, 'hex'), ' ' ORDER BY loid, pageno) FROM"
                                        + " pg_largeobject")
                        .get(0));
        return content;
    }
}
