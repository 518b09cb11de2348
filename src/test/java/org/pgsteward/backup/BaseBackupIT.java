package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.store.BaseRestore;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/** Base backups of the whole cluster, on a real PostgreSQL with a common setup. */
@NeedsPostgres
class BaseBackupIT extends OnBaseBackupHost {
    @Test
    void verifiesABaseBackupMadeWhileApplicationsWrite() throws Exception {
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Long> writer = CompletableFuture.supplyAsync(() -> base.write(enough));

        Backup backup = host.backUp(wiring, base.cluster());

        enough.set(true);
        assertThat(writer.get()).isGreaterThan(10);
        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(backup.path().orElseThrow()).matches("_base/_base-\\d{8}T\\d{6}Z\\.tar\\.zst");
        assertThat(host.stored("_base")).contains(backup.id() + ".tar.zst", backup.id() + ".tar.zst.manifest.json");
        Manifest manifest = base.manifest(backup);
        assertThat(manifest.source().kind()).isEqualTo("base");
        assertThat(manifest.file().sha256()).isEqualTo(BaseBackupHost.sha256(base.file(backup)));
        assertThat(manifest.contents().rows())
                .containsEntry("vikunja.public.tasks", 20000L)
                .containsKeys("vikunja.public.busy", "vikunja.public.long", "homelab.public.backup_log")
                .containsKeys("postgres.pg_catalog.pg_class", "template1.pg_catalog.pg_class")
                .doesNotContainKey("vikunja.public.unlogged");
        assertThat(manifest.contents().rows().entrySet())
                .as("the chunks of the long value")
                .anyMatch(table -> table.getKey().startsWith("vikunja.pg_toast.") && table.getValue() > 100);
        assertThat(host.journal("_base")).contains("verified");
        assertThat(base.left()).isEmpty();
        assertThat(host.rows("homelab", "SELECT slot_name::text FROM pg_replication_slots"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 17})
    void theLinesOfThePageRestoreABaseBackupOfEachVersion(int major) throws Exception {
        Optional<Programs> programs = installed(major);
        assumeTrue(
                Zstd.isInstalled() && programs.isPresent(),
                () -> "skipped: postgresql-" + major + " or the program zstd is missing; install them");
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
            assertThat(restoredByThePage(other, backup, programs.orElseThrow())).isEqualTo("4711");
        }
    }

    /** Runs the page's lines as an unprivileged user, and returns the number of rows of {@code app}. */
    private static String restoredByThePage(TestHost host, Backup backup, Programs programs) throws Exception {
        String lines = BaseRestore.lines("_base-20260104T033000Z.tar.zst");
        assertThat(Files.readString(Path.of("src/docs/restore.md"))).contains(lines.indent(4));
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
            // Port 5433 may be in use on this machine. All other lines are unchanged.
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
    void serverSettingsNeitherActNorFailInTheCopy() throws Exception {
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
                            "ALTER SYSTEM SET archive_command = 'pwd >> " + base.archived + "'",
                            "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'",
                            "ALTER SYSTEM SET ssl = 'on'",
                            "ALTER SYSTEM SET listen_addresses = '*'",
                            "ALTER SYSTEM SET shared_buffers = '100GB'",
                            "ALTER SYSTEM SET hba_file = '/nowhere/pg_hba.conf'",
                            "ALTER SYSTEM SET max_prepared_transactions = 0",
                            "ALTER ROLE homelab SET search_path = nowhere",
                            "ALTER DATABASE vikunja SET default_transaction_read_only = on");
            Files.writeString(conf, said + "\nsession_preload_libraries = 'a_library_that_is_not_here'\n");

            Backup backup = host.backUp(wiring, base.cluster());

            assertThat(backup.error()).isEmpty();
            assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
            assertThat(Files.readString(base.archived).lines().distinct())
                    .as("data directories that archived a segment")
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
    void codeInAnIndexStartsNoProgramOnTheServerOrInTheCopy() throws Exception {
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

        Backup backup = host.backUp(wiring, base.cluster());

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(base.manifest(backup).contents().rows()).containsEntry("vikunja.traps.t", 7L);
        assertThat(marker).doesNotExist();
        host.cluster().run("vikunja", "SELECT count(*) FROM traps.t", "DROP SCHEMA traps CASCADE");
        assertThat(Files.deleteIfExists(marker))
                .as("control: the trap works outside the backup")
                .isTrue();
    }

    /** The function raises an error in the copy only. On the server it is a valid function for an index. */
    @Test
    void codeInAnIndexOrStatisticFailsNoVerification() throws Exception {
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

        Backup backup = host.backUp(wiring, base.cluster());

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(base.manifest(backup).contents().rows())
                .containsEntry("vikunja.traps.t", 7L)
                .containsEntry("vikunja.traps.u", 8L);
        host.cluster().run("vikunja", "DROP SCHEMA traps CASCADE");
    }

    @Test
    void verifiesAnEncryptedBaseBackupWithAndWithoutIdentity() throws Exception {
        Age age = Age.keys();
        Map<String, String> encrypting = Map.of("pgsteward.backup.recipients", age.recipient());
        Wiring withIdentity = host.wiring(
                Map.of("pgsteward.backup.recipients", age.recipient(), "pgsteward.backup.identity", age.identity()));
        try (Pipeline other = withIdentity.backupPipeline().start()) {
            assertThat(other).isNotNull();
            Backup opened = host.backUp(withIdentity, base.cluster());
            assertThat(opened.error()).isEmpty();
            assertThat(opened.state()).isEqualTo(BackupState.VERIFIED);
            assertThat(opened.path().orElseThrow()).endsWith(".tar.zst.age");
            assertThat(BaseRestore.lines("x.tar.zst.age"))
                    .contains("age -d -i key.txt < x.tar.zst.age | zstd -d | tar");
        }
        Wiring withoutIdentity = host.wiring(encrypting);
        try (Pipeline other = withoutIdentity.backupPipeline().start()) {
            assertThat(other).isNotNull();
            Backup made = host.backUp(withoutIdentity, base.cluster());
            assertThat(made.error()).isEmpty();
            assertThat(made.state()).isEqualTo(BackupState.MADE);
            assertThat(made.verification().inStream()).isTrue();
        }
        assertThat(base.left()).isEmpty();
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
    void countsTablesInDatabasesOfAnyNameAndEncoding() throws Exception {
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

        Backup backup = host.backUp(wiring, base.cluster());

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        for (String database : databases) {
            assertThat(base.manifest(backup).contents().rows())
                    .containsEntry(Quote.identifier(database) + ".public.\"größe\"", 10L);
            host.cluster().run("homelab", "DROP DATABASE " + Quote.identifier(database));
        }
    }
}
