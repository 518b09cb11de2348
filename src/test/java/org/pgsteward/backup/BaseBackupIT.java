package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.BaseRestore;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Replication;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/** The whole cluster in one file, on a real PostgreSQL that is set up as somebody's is. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class BaseBackupIT {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private static final Pattern HBA_LINE = Pattern.compile("add the line {2}(.*?) {2}to (\\S+)");

    private TestHost host;
    private Wiring wiring;
    private Pipeline pipeline;
    private Path archived;

    /** One that was proved, and that no test harms. */
    private Backup good;

    @BeforeAll
    void startHost() throws Exception {
        // The subscription's worker would call its publisher: here it is kept from that on the command line, and in a
        // copy by us.
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
        good = host.backUp(wiring, cluster());
        assertThat(good.error()).isEmpty();
    }

    @AfterAll
    void stopHost() throws Exception {
        pipeline.close();
        host.close();
        Files.deleteIfExists(archived);
    }

    private BackupTarget cluster() throws SQLException {
        return wiring.targets.all(BackupKind.BASE).get(0).target();
    }

    @Test
    void theWholeClusterIsBackedUpAndProvedWhileApplicationsWrite() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Long> writer = CompletableFuture.supplyAsync(() -> write(enough));

        Backup backup = host.backUp(wiring, cluster());

        enough.set(true);
        assertThat(writer.get()).isGreaterThan(10);
        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(backup.path().orElseThrow()).matches("_base/_base-\\d{8}T\\d{6}Z\\.tar\\.zst");
        assertThat(host.stored("_base")).contains(backup.id() + ".tar.zst", backup.id() + ".tar.zst.manifest.json");
        Manifest manifest = manifest(backup);
        assertThat(manifest.source().kind()).isEqualTo("base");
        assertThat(manifest.file().sha256()).isEqualTo(sha256(file(backup)));
        assertThat(manifest.contents().rows())
                .containsEntry("vikunja.public.tasks", 20000L)
                .containsKeys("vikunja.public.busy", "vikunja.public.long", "homelab.public.backup_log")
                .containsKeys("postgres.pg_catalog.pg_class", "template1.pg_catalog.pg_class")
                .doesNotContainKey("vikunja.public.unlogged");
        assertThat(manifest.contents().rows().entrySet())
                .as("the chunks of the long value")
                .anyMatch(table -> table.getKey().startsWith("vikunja.pg_toast.") && table.getValue() > 100);
        assertThat(host.journal("_base")).contains("verified");
        assertThat(left()).isEmpty();
        assertThat(host.rows("homelab", "SELECT slot_name::text FROM pg_replication_slots"))
                .isEmpty();
    }

    /** Rows in a loop, each its own transaction, updates and deletes among them. */
    private long write(AtomicBoolean enough) {
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

    @ParameterizedTest
    @ValueSource(ints = {15, 17})
    void theReadmesLinesBringItBackOnEachVersion(int major) throws Exception {
        Optional<Programs> programs = installed(major);
        assumeTrue(
                Zstd.isInstalled() && programs.isPresent(),
                () -> "skipped: there is no postgresql-" + major + " here, or no program zstd; install them");
        try (TestHost other = TestHost.start(TestCluster.start(programs.orElseThrow()))) {
            Wiring theirs = other.wiring();
            theirs.house.order();
            other.cluster().run("homelab", "CREATE DATABASE app");
            other.cluster().run("app", "CREATE TABLE public.t AS SELECT generate_series(1, 4711) AS n");
            Backup backup;
            try (Pipeline started = theirs.backupPipeline().start()) {
                assertThat(started).isNotNull();
                backup = other.backUp(
                        theirs, theirs.targets.all(BackupKind.BASE).get(0).target());
            }
            assertThat(backup.error()).isEmpty();
            assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
            assertThat(Manifests.of(theirs.store, "_base").get(0).run().clientVersion())
                    .isEqualTo(Integer.toString(major));
            assertThat(restoredByTheReadme(other, backup, programs.orElseThrow()))
                    .isEqualTo("4711");
        }
    }

    /** Does what the README says as an ordinary user, and counts the rows of {@code app}. */
    private static String restoredByTheReadme(TestHost host, Backup backup, Programs programs) throws Exception {
        String lines = BaseRestore.lines("_base-20260104T033000Z.tar.zst");
        assertThat(Files.readString(Path.of("README.md"))).contains(lines.indent(4));
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        Path folder = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-restored-"));
        Path file = folder.resolve("_base-20260104T033000Z.tar.zst");
        Files.copy(host.store().resolve(backup.path().orElseThrow()), file);
        user.give(file);
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        try {
            // The port may be taken here; everything else is as it stands there.
            assertThat(shell(user, programs, folder, lines.replace("-p 5433", "-p " + port)))
                    .isZero();
            try (Connection connection = new Server(
                                    new ServerAddress("127.0.0.1", port, "homelab", TestCluster.PASSWORD, "app"))
                            .connect("app");
                    Statement statement = connection.createStatement();
                    java.sql.ResultSet row = statement.executeQuery("SELECT count(*) FROM public.t")) {
                row.next();
                return row.getString(1);
            }
        } finally {
            shell(user, programs, folder, "pg_ctl -D restored -m immediate -w stop");
            ThrowawayCluster.remove(folder);
        }
    }

    private static int shell(UnprivilegedUser user, Programs programs, Path folder, String lines) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(user.command(List.of("sh", "-ec", lines)))
                .directory(folder.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().clear();
        builder.environment().put("PATH", programs.directory() + ":/usr/bin:/bin");
        return builder.start().waitFor();
    }

    private static Optional<Programs> installed(int major) {
        try {
            return Optional.of(Programs.find(Optional.empty(), major));
        } catch (IOException notHere) {
            return Optional.empty();
        }
    }

    @Test
    void whatTheServerIsSetUpForDoesNotHappenInTheCopyAndIsNoFalseAlarm() throws Exception {
        Path conf = host.cluster().cluster().data().resolve("postgresql.conf");
        String said = Files.readString(conf);
        try (ServerSocket publisher = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            host.cluster()
                    .run(
                            "vikunja",
                            "CREATE SUBSCRIPTION elsewhere CONNECTION 'host=127.0.0.1 port=" + publisher.getLocalPort()
                                    + " dbname=x user=x' PUBLICATION p WITH (connect = false, slot_name = 'elsewhere')",
                            "ALTER SUBSCRIPTION elsewhere ENABLE");
            host.cluster()
                    .run(
                            "homelab",
                            "ALTER SYSTEM SET archive_mode = 'on'",
                            "ALTER SYSTEM SET archive_command = 'pwd >> " + archived + "'",
                            "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'",
                            "ALTER SYSTEM SET ssl = 'on'",
                            "ALTER SYSTEM SET listen_addresses = '*'",
                            "ALTER SYSTEM SET shared_buffers = '100GB'",
                            "ALTER SYSTEM SET hba_file = '/nowhere/pg_hba.conf'",
                            "ALTER SYSTEM SET max_prepared_transactions = 0",
                            "ALTER ROLE homelab SET search_path = nowhere",
                            "ALTER DATABASE vikunja SET default_transaction_read_only = on");
            Files.writeString(conf, said + "\nsession_preload_libraries = 'a_library_that_is_not_here'\n");

            Backup backup = host.backUp(wiring, cluster());

            assertThat(backup.error()).isEmpty();
            assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
            assertThat(Files.readString(archived).lines().distinct())
                    .as("where anything was archived")
                    .isSubsetOf(host.cluster().cluster().data().toString());
            publisher.setSoTimeout(1);
            org.assertj.core.api.Assertions.assertThatThrownBy(publisher::accept)
                    .isInstanceOf(SocketTimeoutException.class);
        } finally {
            Files.writeString(conf, said);
            host.cluster()
                    .run(
                            "vikunja",
                            "SET default_transaction_read_only = off",
                            "ALTER SUBSCRIPTION elsewhere DISABLE",
                            "ALTER SUBSCRIPTION elsewhere SET (slot_name = NONE)",
                            "DROP SUBSCRIPTION elsewhere",
                            "ALTER DATABASE vikunja RESET ALL",
                            "ALTER ROLE homelab RESET ALL");
            host.cluster().run("homelab", "ALTER SYSTEM RESET ALL");
        }
    }

    @Test
    void whatAServicePutIntoItsIndexStartsNoProgramWhereItIsCountedNorInTheCopy() throws Exception {
        Path marker = Path.of("/tmp", "pgsteward-marker-" + java.util.UUID.randomUUID());
        Contents.runAs(
                host.cluster().server(),
                "vikunja",
                new Secret("pw"),
                "vikunja",
                "CREATE SCHEMA traps",
                "CREATE FUNCTION traps.act() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN"
                        + " COPY (SELECT 1) TO PROGRAM 'touch " + marker + "'; RETURN 1;"
                        + " EXCEPTION WHEN OTHERS THEN RETURN 1; END $f$",
                "CREATE FUNCTION traps.trap(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
                "CREATE TABLE traps.t AS SELECT generate_series(1, 7) AS n",
                "CREATE INDEX ON traps.t ((n + traps.trap(1)))",
                "CREATE OR REPLACE FUNCTION traps.trap(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
                        + " 'BEGIN PERFORM traps.act(); RETURN 1; END'");

        Backup backup = host.backUp(wiring, cluster());

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(manifest(backup).contents().rows()).containsEntry("vikunja.traps.t", 7L);
        assertThat(marker).doesNotExist();
        host.cluster().run("vikunja", "SELECT count(*) FROM traps.t", "DROP SCHEMA traps CASCADE");
        assertThat(Files.deleteIfExists(marker)).as("a trap that springs").isTrue();
    }

    /** In the copy only: on the server it is one that an index wants. */
    @Test
    void whatAServicePutIntoAnIndexOrAStatisticFailsNoProofOfTheWholeCluster() throws Exception {
        Contents.runAs(
                host.cluster().server(),
                "vikunja",
                new Secret("pw"),
                "vikunja",
                "CREATE SCHEMA traps",
                "CREATE FUNCTION traps.trap(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
                "CREATE TABLE traps.t AS SELECT generate_series(1, 7) AS n",
                "CREATE INDEX ON traps.t ((n + traps.trap(1)))",
                "CREATE TABLE traps.u AS SELECT generate_series(1, 8) AS n",
                "CREATE STATISTICS traps.s ON (n + traps.trap(1)), n FROM traps.u",
                "CREATE OR REPLACE FUNCTION traps.trap(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
                        + " 'BEGIN IF session_user LIKE ''pgsteward_count_of_a_copy'' THEN"
                        + " RAISE EXCEPTION ''in the copy''; END IF; RETURN 1; END'");

        Backup backup = host.backUp(wiring, cluster());

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(manifest(backup).contents().rows())
                .containsEntry("vikunja.traps.t", 7L)
                .containsEntry("vikunja.traps.u", 8L);
        host.cluster().run("vikunja", "DROP SCHEMA traps CASCADE");
    }

    @Test
    void sealedItIsOpenedForItsProofOrWhereNobodyCanStartedOnItsWay() throws Exception {
        Age age = Age.keys();
        Map<String, String> sealing = Map.of("pgsteward.backup.recipients", age.recipient());
        Wiring withIdentity = host.wiring(
                Map.of("pgsteward.backup.recipients", age.recipient(), "pgsteward.backup.identity", age.identity()));
        try (Pipeline other = withIdentity.backupPipeline().start()) {
            assertThat(other).isNotNull();
            Backup opened = host.backUp(withIdentity, cluster());
            assertThat(opened.error()).isEmpty();
            assertThat(opened.state()).isEqualTo(BackupState.VERIFIED);
            assertThat(opened.path().orElseThrow()).endsWith(".tar.zst.age");
            assertThat(BaseRestore.lines("x.tar.zst.age"))
                    .contains("age -d -i key.txt < x.tar.zst.age | zstd -d | tar");
        }
        Wiring withoutIdentity = host.wiring(sealing);
        try (Pipeline other = withoutIdentity.backupPipeline().start()) {
            assertThat(other).isNotNull();
            Backup made = host.backUp(withoutIdentity, cluster());
            assertThat(made.error()).isEmpty();
            assertThat(made.state()).isEqualTo(BackupState.MADE);
            assertThat(made.verification().inStream()).isTrue();
        }
        assertThat(left()).isEmpty();
    }

    @Test
    void preparedTransactionsComeBackWithTheirLocks() throws Exception {
        try (TestHost other =
                TestHost.start(TestCluster.start(TestCluster.programs(), Map.of("max_prepared_transactions", "7")))) {
            Wiring theirs = other.wiring();
            theirs.house.order();
            other.cluster().run("homelab", "CREATE TABLE public.t (n INT)");
            try (Connection connection = other.cluster().server().connect("homelab");
                    Statement statement = connection.createStatement()) {
                statement.execute("BEGIN");
                statement.execute("INSERT INTO public.t VALUES (1)");
                statement.execute("PREPARE TRANSACTION 'half way'");
            }
            try (Pipeline started = theirs.backupPipeline().start()) {
                assertThat(started).isNotNull();
                Backup backup = other.backUp(
                        theirs, theirs.targets.all(BackupKind.BASE).get(0).target());
                assertThat(backup.error()).isEmpty();
                assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
            }
        }
    }

    @Test
    void whateverDatabasesAndTablesAreCalledAndInWhicheverEncodingTheyAreCounted() throws Exception {
        List<String> databases = List.of("größe", "a=b", "a|b", "a\nb'\\", "dbname=x host='y'");
        for (String database : databases) {
            host.cluster()
                    .run(
                            "homelab",
                            "CREATE DATABASE " + Quote.identifier(database)
                                    + " TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
            host.cluster()
                    .run(database, "CREATE TABLE public.\"größe\" AS SELECT generate_series(1, 10) AS \"wörter\"");
        }

        Backup backup = host.backUp(wiring, cluster());

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        for (String database : databases) {
            assertThat(manifest(backup).contents().rows())
                    .containsEntry(Quote.identifier(database) + ".public.\"größe\"", 10L);
            host.cluster().run("homelab", "DROP DATABASE " + Quote.identifier(database));
        }
    }

    @Test
    void whereNoLineLetsReplicationInTheMissingOneIsSaidAndAddingItIsEnough() throws Exception {
        Path hba = host.cluster().cluster().data().resolve("pg_hba.conf");
        String before = Files.readString(hba);
        try {
            Files.writeString(hba, before.replaceAll("(?m)^.*\\breplication\\b.*$", ""));
            host.cluster().run("homelab", "SELECT pg_reload_conf()");
            Backup refused = awaitState(BackupState.FAILED);
            assertThat(refused.error())
                    .contains("pg_hba.conf lets no replication in")
                    .doesNotContain(TestCluster.PASSWORD.reveal());
            Matcher line = HBA_LINE.matcher(refused.error());
            assertThat(line.find()).as(refused.error()).isTrue();
            assertThat(line.group(1)).isEqualTo("host replication homelab 127.0.0.1/32 scram-sha-256");
            assertThat(line.group(2)).isEqualTo(hba.toString());
            assertThat(host.notices("_base")).last().asString().startsWith("firing");

            Files.writeString(hba, Files.readString(hba) + "\n" + line.group(1) + "\n");
            host.cluster().run("homelab", "SELECT pg_reload_conf()");
            assertThat(awaitState(BackupState.VERIFIED).error()).isEmpty();
            assertThat(host.notices("_base")).anyMatch(notice -> notice.startsWith("resolved"));
        } finally {
            Files.writeString(hba, before);
            host.cluster().run("homelab", "SELECT pg_reload_conf()");
        }
    }

    /** A reloaded file is in force a moment after it was asked for. */
    private Backup awaitState(BackupState state) {
        return await().atMost(PATIENCE).until(() -> host.backUp(wiring, cluster()), backup -> backup.state() == state);
    }

    @Test
    void aClusterWithTablespacesIsRefusedInWordsBeforeAnythingStarts() throws Exception {
        Path folder = UnprivilegedUser.ofThisProcess()
                .own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-tablespace-"));
        host.cluster().run("homelab", "CREATE TABLESPACE \"Fast disk\" LOCATION '" + folder + "'");
        int before = host.stored("_base").size();

        Backup refused = host.backUp(wiring, cluster());

        host.cluster().run("homelab", "DROP TABLESPACE \"Fast disk\"");
        Files.delete(folder);
        assertThat(refused.state()).isEqualTo(BackupState.FAILED);
        assertThat(refused.error())
                .contains("tablespaces of its own (\"Fast disk\")")
                .contains("pg_default");
        assertThat(host.stored("_base")).hasSize(before);
    }

    @Test
    void aServerThatKeepsTooLittleLogIsToldWhatToSet() throws Exception {
        for (Map<String, String> settings :
                List.of(Map.of("wal_level", "minimal", "max_wal_senders", "0"), Map.of("max_wal_senders", "0"))) {
            try (TestCluster cluster = TestCluster.start(TestCluster.programs(), settings)) {
                assertThat(Replication.hindrance(cluster.server()))
                        .hasValueSatisfying(why -> assertThat(why)
                                .contains(
                                        settings.containsKey("wal_level")
                                                ? "set wal_level = replica"
                                                : "set max_wal_senders = 10"));
            }
        }
    }

    @Test
    void aRoleThatMayNotReplicateIsToldHow() throws Exception {
        host.cluster().run("homelab", "CREATE ROLE plain LOGIN PASSWORD 'pw'");
        ServerAddress address = host.cluster().server().address();
        Server plain =
                new Server(new ServerAddress(address.host(), address.port(), "plain", new Secret("pw"), "postgres"));
        assertThat(Replication.hindrance(plain))
                .hasValueSatisfying(why -> assertThat(why).contains("ALTER ROLE \"plain\" REPLICATION"));
    }

    @Test
    void oneThatIsKilledHalfWayLeavesNothingAndIsTold() throws Exception {
        List<String> before = host.stored("_base");
        CompletableFuture<Backup> run = running();
        stopped(run).destroyForcibly();

        Backup failed = run.get();

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("pg_basebackup ended with exit code");
        assertThat(host.stored("_base")).isEqualTo(before);
        assertThat(host.journal("_base")).last().asString().startsWith("failed: pg_basebackup");
        await().atMost(PATIENCE)
                .until(() -> host.rows("homelab", "SELECT slot_name::text FROM pg_replication_slots")
                        .isEmpty());
    }

    @Test
    void theLogIsKeptWhileABusyServerWouldHaveRecycledIt() throws Exception {
        CompletableFuture<Backup> run = running();
        ProcessHandle program = stopped(run);
        recycleTheLog();
        signal("-CONT", program);

        assertThat(run.get().error()).isEmpty();
        assertThat(run.get().state()).isEqualTo(BackupState.VERIFIED);
    }

    @Test
    void whereNoSlotIsFreeAndTheLogIsGoneItFailsAndIsTriedAgainThreeTimesInAll() throws Exception {
        takeTheSlots();
        Backup failed;
        try {
            CompletableFuture<Backup> run = running();
            ProcessHandle program = stopped(run);
            recycleTheLog();
            signal("-CONT", program);
            failed = run.get();
        } finally {
            freeTheSlots();
        }
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).containsIgnoringCase("WAL").contains("pg_basebackup");

        for (int failures = 1; failures <= 4; failures++) {
            journalSays(failures);
            assertThat(isBaseDue())
                    .as("after %s failures, half an hour ago", failures)
                    .isEqualTo(failures != 3);
        }
        host.cluster().run("homelab", "DELETE FROM public.backup_log WHERE service_name = '_base'");
    }

    /** He who asked for it need not ask again. */
    @Test
    void oneThatWasAskedForIsTriedAgainWhenTheLogIsGone() throws Exception {
        takeTheSlots();
        try {
            BackupTarget target = cluster();
            CompletableFuture<Backup> run = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return wiring.asked
                                    .backUp(SetKeeper.COMMAND, List.of(target))
                                    .get(0);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    work -> new Thread(work, "asked").start());
            ProcessHandle program = stopped(run);
            recycleTheLog();
            signal("-CONT", program);

            assertThat(run.get().error()).isEmpty();
            assertThat(run.get().state()).isEqualTo(BackupState.VERIFIED);
        } finally {
            freeTheSlots();
        }
        assertThat(host.journal("_base")).hasSizeGreaterThanOrEqualTo(2).last().isEqualTo("verified");
    }

    private void takeTheSlots() throws SQLException {
        for (int slot = 0; slot < 10; slot++) {
            host.cluster().run("homelab", "SELECT pg_create_physical_replication_slot('taken_" + slot + "')");
        }
    }

    private void freeTheSlots() throws SQLException {
        host.cluster().run("homelab", "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    }

    private void journalSays(int failures) throws SQLException {
        host.cluster()
                .run(
                        "homelab",
                        "DELETE FROM public.backup_log WHERE service_name = '_base'",
                        "INSERT INTO public.backup_log (service_name, backup_type, state, started_at)"
                                + " SELECT '_base', 'base', 'failed', now() - interval '31 minutes' * n"
                                + " FROM generate_series(1, " + failures + ") AS n");
    }

    private boolean isBaseDue() throws IOException {
        // So that its next time is far away.
        try (Pipeline daemon = host.wiring("pgsteward.backup.base.schedule", "0 0 1 1 *")
                .backupPipeline()
                .start()) {
            BackupNight night = daemon.context().getRegistry().lookupByNameAndType("backups", BackupNight.class);
            return night.due().stream().anyMatch(target -> target.kind() == BackupKind.BASE);
        }
    }

    @Test
    void withoutAScheduleNoneIsDue() throws Exception {
        try (Pipeline daemon = host.wiring("pgsteward.backup.base.schedule", "")
                .backupPipeline()
                .start()) {
            BackupNight night = daemon.context().getRegistry().lookupByNameAndType("backups", BackupNight.class);
            assertThat(night.due()).isNotEmpty().noneMatch(target -> target.kind() == BackupKind.BASE);
        }
    }

    /** What happens to a stored file on a bad disk or by somebody's hand. */
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
        EMPTIED("damaged: it is cut off") {
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
        A_TABLE_CHANGED_AND_ALL_HASHES_OF_OURS_MADE_ANEW("pg_verifybackup") {
            @Override
            void befall(Path file) throws IOException {
                forge(file, "base/1/");
            }
        },
        THE_LOG_CHANGED_AND_ALL_HASHES_OF_OURS_MADE_ANEW("pg_verifybackup") {
            @Override
            void befall(Path file) throws IOException {
                forge(file, "pg_wal/0000");
            }
        },
        SOMETHING_ELSE_UNDER_ITS_NAME("should be an archive") {
            @Override
            void befall(Path file) throws IOException {
                store(
                        file,
                        new ByteArrayInputStream(
                                "no archive at all".repeat(1000).getBytes(StandardCharsets.UTF_8)));
            }
        };

        /** Bytes of a file of the log. */
        private static final int SEGMENT = 16 * 1024 * 1024;

        private final String reason;

        Harm(String reason) {
            this.reason = reason;
        }

        abstract void befall(Path file) throws IOException;

        /**
         * Changes the first file in the archive that is called so and is not small. An archive is as large as the cluster and
         * its log, so it is never held in memory.
         */
        static void forge(Path file, String name) throws IOException {
            Path tar = Path.of(file + ".tar");
            try (InputStream stored = new ZstdInputStream(Files.newInputStream(file))) {
                Files.copy(stored, tar);
            }
            try (RandomAccessFile archive = new RandomAccessFile(tar.toFile(), "rw")) {
                change(archive, name);
            }
            try (InputStream changed = Files.newInputStream(tar)) {
                store(file, changed);
            }
            Files.delete(tar);
        }

        /**
         * Changes one byte in each 64 of a file. Of several files it takes the first by name, in which the log of the backup
         * begins. Where exactly depends on what others wrote, and nothing reads what is before that.
         */
        private static void change(RandomAccessFile archive, String name) throws IOException {
            byte[] header = new byte[512];
            String first = "";
            long content = 0;
            byte[] bytes = {};
            for (long at = 0; at < archive.length(); ) {
                archive.seek(at);
                archive.readFully(header);
                // The archive ends in blocks of zeros.
                String digits = new String(header, 124, 11, StandardCharsets.UTF_8).replaceAll("\\D", "");
                long size = digits.isEmpty() ? 0 : Long.parseLong(digits, 8);
                String file = new String(header, 0, 100, StandardCharsets.UTF_8).replaceAll("\0.*", "");
                if (size > 8192 && file.startsWith(name) && (first.isEmpty() || file.compareTo(first) < 0)) {
                    first = file;
                    content = at + 512;
                    bytes = new byte[(int) Math.min(size, SEGMENT)];
                }
                at += 512 + (size + 511) / 512 * 512;
            }
            assertThat(first).as("a file that is called " + name + "…").isNotEmpty();
            archive.seek(content);
            archive.readFully(bytes);
            for (int at = 41; at < bytes.length; at += 64) {
                bytes[at] ^= 0x10;
            }
            archive.seek(content);
            archive.write(bytes);
        }

        static void store(Path file, InputStream content) throws IOException {
            try (OutputStream compressed = new ZstdOutputStream(Files.newOutputStream(file))) {
                content.transferTo(compressed);
            }
            Path manifest = Path.of(file + ".manifest.json");
            Manifests.write(
                    manifest,
                    Files.readString(manifest)
                            .replaceFirst("\"size_bytes\" : \\d+", "\"size_bytes\" : " + Files.size(file))
                            .replaceFirst(
                                    "\"sha256\" : \"\\w+\"", "\"sha256\" : \"" + BaseBackupIT.sha256(file) + "\""));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStoredFileThatCameToHarmFailsItsProofWithAReason(Harm harm) throws Exception {
        Path file = file(good);
        Path manifest = Path.of(file + ".manifest.json");
        byte[] whole = Files.readAllBytes(file);
        String said = Files.readString(manifest);
        harm.befall(file);

        Backup failed = prove(good);

        Files.write(file, whole);
        Manifests.write(manifest, said);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains(harm.reason);
        assertThat(left()).isEmpty();
    }

    @Test
    void rowsThatAreMissingInTheCopyAndTablesAndDatabasesFailTheProof() throws Exception {
        Path manifest = Path.of(file(good) + ".manifest.json");
        String said = Files.readString(manifest);
        Manifests.write(manifest, said.replace("\"vikunja.public.tasks\" : 20000", "\"vikunja.public.tasks\" : 20001"));
        assertThat(prove(good).error()).contains("vikunja.public.tasks has 20000 rows, and 20001 were there");
        Manifests.write(manifest, said.replace("\"vikunja.public.tasks\"", "\"vikunja.public.chores\""));
        assertThat(prove(good).error()).contains("\"public.chores\" does not exist");
        Manifests.write(manifest, said.replace("\"vikunja.public.tasks\"", "\"\\\"Gone\\\".public.tasks\""));
        assertThat(prove(good).error()).contains("not in it: \"Gone\".public.tasks");
        Manifests.write(manifest, said);
        assertThat(prove(good).state()).isEqualTo(BackupState.VERIFIED);
    }

    @Test
    void whatThisHostLacksIsNoFalseAlarm() throws Exception {
        Path manifest = Path.of(file(good) + ".manifest.json");
        String said = Files.readString(manifest);
        Manifests.write(manifest, said.replaceFirst("\"client_version\" : \"\\d+\"", "\"client_version\" : \"9\""));
        Backup older = prove(good);
        Manifests.write(manifest, said.replaceFirst("\"source_bytes\" : \\d+", "\"source_bytes\" : 9000000000000000"));
        Backup huge = prove(good);
        Manifests.write(manifest, said);
        assertThat(older.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(older.error()).contains("install postgresql-9");
        assertThat(huge.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(huge.error()).contains("9000000067108864").contains("pgsteward.scratch.dir");
    }

    @Test
    void aLocaleThatIsNotHereIsNoFalseAlarm() throws Exception {
        CompletableFuture<Backup> run = running();
        ProcessHandle program = stopped(run);
        // Meanwhile, so that it is in the copy and not counted here, where nobody could connect to it either.
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE elsewhere",
                        "UPDATE pg_catalog.pg_database SET datcollate = 'tlh_KX.utf8' WHERE datname = 'elsewhere'");
        signal("-CONT", program);
        Backup backup = run.get();
        host.cluster().run("homelab", "DROP DATABASE elsewhere");

        assertThat(backup.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(backup.error()).contains("it cannot be started here").contains("locale");
    }

    private Backup prove(Backup backup) {
        return wiring.backups.verify(backup);
    }

    private CompletableFuture<Backup> running() throws SQLException {
        BackupTarget target = cluster();
        return CompletableFuture.supplyAsync(
                () -> host.backUp(wiring, target), work -> new Thread(work, "base").start());
    }

    /** The program of a run, once some of it is stored, standing still. */
    private ProcessHandle stopped(CompletableFuture<Backup> run) {
        ProcessHandle program = await().pollInterval(Duration.ofMillis(1))
                .atMost(PATIENCE)
                .until(BaseBackupIT::baseBackup, Optional::isPresent)
                .orElseThrow();
        await().pollInterval(Duration.ofMillis(1)).atMost(PATIENCE).until(() -> {
            signal("-CONT", program);
            signal("-STOP", program);
            return hasGrown();
        });
        assertThat(run).isNotDone();
        return program;
    }

    private static Optional<ProcessHandle> baseBackup() {
        return ProcessHandle.current()
                .descendants()
                .filter(process -> process.info()
                        .command()
                        .filter(path -> path.endsWith("/pg_basebackup"))
                        .isPresent())
                .findFirst();
    }

    private boolean hasGrown() throws IOException {
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

    private static void signal(String signal, ProcessHandle process) throws Exception {
        new ProcessBuilder("kill", signal, Long.toString(process.pid()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** More than the server keeps by itself. */
    private void recycleTheLog() throws SQLException {
        for (int i = 0; i < 8; i++) {
            host.cluster()
                    .run(
                            "homelab",
                            "SELECT pg_logical_emit_message(true, 'x', repeat('x', 1000000))",
                            "SELECT pg_switch_wal()");
        }
        host.cluster().run("homelab", "CHECKPOINT", "CHECKPOINT");
    }

    private Manifest manifest(Backup backup) throws IOException {
        return Manifests.of(wiring.store, "_base").stream()
                .filter(manifest -> manifest.identity().backupId().equals(backup.id()))
                .findFirst()
                .orElseThrow();
    }

    private Path file(Backup backup) {
        return host.store().resolve(backup.path().orElseThrow());
    }

    /** What proofs have left in the scratch folder, the empty cluster for dumps aside. */
    private List<Path> left() throws IOException {
        try (Stream<Path> files = Files.list(host.folder().resolve("state/scratch"))) {
            return files.filter(file -> !file.getFileName().toString().startsWith("template"))
                    .toList();
        }
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
