package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
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
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * Dumps as hostile input: code that a service put into its database runs during a restore of the dump.
 *
 * <p>Such code runs as a role that may start no program and read no file. Other ways in are the archive's own
 * statements and a file of globals. They never reach a superuser.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class HostileDumpIT {
    private TestHost host;
    private Wiring wiring;
    private Pipeline pipeline;
    private Path marker;
    private Path secret;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        pipeline = wiring.backupPipeline().start();
        host.cluster().run("homelab", "CREATE ROLE shop LOGIN");
        marker = Path.of("/tmp", "pgsteward-marker-" + UUID.randomUUID());
        // Every operating system user can read this file, so only missing rights in PostgreSQL prevent an access.
        secret = Files.writeString(Path.of("/tmp", "pgsteward-secret-" + UUID.randomUUID()), "the secret");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r--r--"));
    }

    @AfterAll
    void stopHost() throws Exception {
        pipeline.close();
        host.close();
        Files.deleteIfExists(secret);
    }

    /** Returns a block that makes each attempt separately, so that a refused attempt does not prevent the others. */
    private String attempts() {
        List<String> attempts = List.of(
                "COPY (SELECT 1) TO PROGRAM ''touch " + marker + "''",
                "COPY public.loot FROM PROGRAM ''touch " + marker + "''",
                "COPY (SELECT 1) TO ''" + marker + "''",
                "COPY public.loot FROM ''" + secret + "''",
                "INSERT INTO public.loot SELECT pg_read_file(''" + secret + "'')",
                "SELECT lo_import(''" + secret + "'')",
                "SELECT lo_export(4711, ''" + marker + "'')",
                "SELECT pg_ls_dir(''/tmp'')",
                "ALTER SYSTEM SET archive_command = ''touch " + marker + "''",
                "SET SESSION AUTHORIZATION pgsteward_proof",
                "SET ROLE pgsteward_proof",
                "ALTER ROLE CURRENT_USER SUPERUSER",
                "ALTER ROLE pgsteward_proof PASSWORD NULL",
                "GRANT pg_execute_server_program TO CURRENT_USER",
                "CREATE ROLE another",
                "CREATE FUNCTION public.c() RETURNS int LANGUAGE c AS ''" + marker + "''",
                "CREATE FUNCTION public.i() RETURNS int LANGUAGE internal AS ''pg_backend_pid''",
                "CREATE EXTENSION file_fdw",
                "CREATE EXTENSION adminpack",
                "CREATE LANGUAGE plpython3u",
                "LOAD ''" + marker + "''",
                "SET session_preload_libraries = ''x''",
                "DO $d$ BEGIN EXECUTE format(''ALTER DATABASE %I SET session_preload_libraries = x'', current_database());"
                        + " END $d$",
                "CREATE TABLESPACE x LOCATION ''/tmp''",
                "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.e()",
                "SELECT public.dblink_connect(''host='' || current_setting(''unix_socket_directories'')"
                        + " || '' user=pgsteward_proof dbname='' || current_database())",
                "SELECT public.dblink_connect(''host=/tmp user=pgsteward_proof dbname='' || current_database())",
                "SELECT public.dblink_connect_u(''user=pgsteward_proof dbname='' || current_database())");
        StringBuilder tried = new StringBuilder();
        for (String attempt : attempts) {
            tried.append("BEGIN EXECUTE '")
                    .append(attempt)
                    .append("'; done := done || '")
                    .append(attempt)
                    .append("; '; EXCEPTION WHEN OTHERS THEN refused := refused + 1; END; ");
        }
        return "DECLARE done text := ''; refused int := 0; BEGIN " + tried
                + "RAISE EXCEPTION 'sprung as %, superuser %, % refused, done: [%]', session_user,"
                + " current_setting('is_superuser'), refused, done; END";
    }

    /** Objects of a database with code that runs during a restore. */
    enum Trap {
        A_CHECK("CREATE TABLE public.t (n int CHECK (public.trap(n) IS NOT NULL))", "INSERT INTO public.t VALUES (1)"),
        A_DOMAIN(
                "CREATE DOMAIN public.d AS int CHECK (public.trap(VALUE) IS NOT NULL)",
                "CREATE TABLE public.t (n public.d)",
                "INSERT INTO public.t VALUES (1)"),
        AN_INDEX("CREATE TABLE public.t AS SELECT 1 AS n", "CREATE INDEX ON public.t (public.trap(n))"),
        A_GENERATED_COLUMN(
                "CREATE TABLE public.t (n int, m int GENERATED ALWAYS AS (public.trap(n)) STORED)",
                "INSERT INTO public.t VALUES (1)"),
        A_MATERIALIZED_VIEW("CREATE MATERIALIZED VIEW public.m AS SELECT public.trap(1)"),
        A_TYPES_OWN_CAST(
                "CREATE TYPE public.c AS (n int)",
                "CREATE FUNCTION public.cast_it(public.c) RETURNS int LANGUAGE sql IMMUTABLE AS"
                        + " 'SELECT public.trap(($1).n)'",
                "CREATE CAST (public.c AS int) WITH FUNCTION public.cast_it(public.c) AS IMPLICIT",
                "CREATE TABLE public.t (c public.c, CHECK (c::int IS NOT NULL))",
                "INSERT INTO public.t VALUES (ROW(1)::public.c)");

        private final String statements;

        Trap(String... statements) {
            this.statements = String.join("\n", statements);
        }
    }

    @ParameterizedTest
    @EnumSource
    void codeInADumpMayStartNoProgramAndReadNoFile(Trap trap) throws Exception {
        String database = "h" + UUID.randomUUID().toString().substring(0, 8);
        host.cluster().run("homelab", "CREATE DATABASE " + database + " OWNER shop TEMPLATE template0");
        host.cluster()
                .run(
                        database,
                        "CREATE EXTENSION dblink SCHEMA public",
                        "CREATE TABLE public.loot (line text)",
                        "SELECT lo_from_bytea(4711, 'x')",
                        "CREATE FUNCTION public.e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                        "CREATE FUNCTION public.trap(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
                                + " 'BEGIN RETURN n; END'");
        host.cluster().run(database, trap.statements.split("\n"));
        // A service can replace the function by this one, which makes the attempts.
        host.cluster()
                .run(
                        database,
                        "CREATE OR REPLACE FUNCTION public.trap(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $trap$ "
                                + attempts() + " $trap$");

        Backup backup = host.backUp(wiring, database);

        boolean rowsAreThere = trap == Trap.A_MATERIALIZED_VIEW;
        assertThat(backup.error() + backup.caveats()).contains("sprung as shop, superuser off, 28 refused, done: []");
        assertThat(backup.state()).isEqualTo(rowsAreThere ? BackupState.VERIFIED : BackupState.FAILED);
        assertThat(marker).doesNotExist();
        assertThat(host.notices(rowsAreThere ? "restore-caveat" : "backup-failed", database))
                .singleElement()
                .asString()
                .startsWith("firing");
    }

    /**
     * pg_restore runs the statements of an archive one by one, and a program other than pg_dump may have written
     * them.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET SESSION AUTHORIZATION pgsteward_proof; COPY (SELECT 1) TO PROGRAM 'touch @'",
                "COPY (SELECT 1) TO PROGRAM 'touch @'",
                "SET ROLE pgsteward_proof; ALTER SYSTEM SET archive_command = 'touch @'",
                "SELECT pg_catalog.pg_read_file('/etc/passwd')",
                "CREATE FUNCTION public.i() RETURNS int LANGUAGE internal AS 'pg_backend_pid'"
            })
    void statementsInTheArchiveRunAsTheOwner(String smuggled) throws Exception {
        String database = host.cluster().newDatabase();
        String placeholder = "x".repeat(200);
        host.cluster().run(database, "CREATE VIEW public.v AS SELECT '" + placeholder + "'::text AS t");
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        Path file = host.store().resolve(backup.path().orElseThrow());
        String archive = new String(
                new ZstdInputStream(new ByteArrayInputStream(Files.readAllBytes(file))).readAllBytes(),
                StandardCharsets.ISO_8859_1);
        String view = archive.substring(archive.indexOf("CREATE VIEW public.v"));
        view = view.substring(0, view.indexOf(';'));
        String hostile = smuggled.replace("@", marker.toString());
        replace(backup, archive.replace(view, hostile + " ".repeat(view.length() - hostile.length())));

        Backup verified = verify(backup);

        assertThat(verified.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(verified.error()).containsPattern("permission denied|must be superuser");
        assertThat(marker).doesNotExist();
    }

    /** A psql command in a plain file of roles. This classic attack was closed in psql itself by CVE-2025-8714. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\! touch @\n",
                "COPY (SELECT 1) TO PROGRAM 'touch @';\n",
                "ALTER ROLE shop SET work_mem TO '1MB'; \\! touch @\n",
                "SET standard_conforming_strings = off;\n"
            })
    void aFileOfRolesIsReadBeforeAStatementOfItIsRun(String smuggled) throws Exception {
        BackupTarget target = wiring.targets.all(BackupKind.GLOBALS).get(0).target();
        Backup backup =
                wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        Path file = host.store().resolve(backup.path().orElseThrow());
        String roles = new String(
                new ZstdInputStream(new ByteArrayInputStream(Files.readAllBytes(file))).readAllBytes(),
                StandardCharsets.ISO_8859_1);
        replace(backup, roles + smuggled.replace("@", marker.toString()));

        Backup verified = verify(backup);

        assertThat(verified.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(verified.error()).contains("has a form that pg_dumpall does not write");
        assertThat(marker).doesNotExist();
    }

    /**
     * pgsteward checks the hash of the file before its first statement. An attacker without write access to the
     * manifest therefore cannot run anything.
     */
    @Test
    void anAlteredFileOfRolesIsNotRun() throws Exception {
        BackupTarget target = wiring.targets.all(BackupKind.GLOBALS).get(0).target();
        Backup backup =
                wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
        Path file = host.store().resolve(backup.path().orElseThrow());
        Files.write(file, Zstd.compress(("\\! touch " + marker + "\n").getBytes(StandardCharsets.UTF_8)));

        Backup verified = verify(backup);

        assertThat(verified.state()).isEqualTo(BackupState.FAILED);
        assertThat(verified.error()).contains("SHA-256");
        assertThat(marker).doesNotExist();
    }

    /**
     * The owner creates an aggregate "count" and puts its schema first in the search path. pgsteward still calls the
     * built-in function.
     */
    @Test
    void countsRowsByTheBuiltInCountFunction() throws Exception {
        String database = "h" + UUID.randomUUID().toString().substring(0, 8);
        host.cluster().run("homelab", "CREATE DATABASE " + database + " OWNER shop TEMPLATE template0");
        host.cluster()
                .run(
                        database,
                        "CREATE SCHEMA evil AUTHORIZATION shop",
                        "CREATE FUNCTION evil.seven(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 7::bigint'",
                        "CREATE AGGREGATE evil.count(*) (SFUNC = evil.seven, STYPE = bigint, INITCOND = '7')",
                        "CREATE FUNCTION evil.paths() RETURNS int LANGUAGE plpgsql AS"
                                + " $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = evil, pg_catalog',"
                                + " pg_catalog.current_database()); RETURN 1; END $$",
                        "CREATE MATERIALIZED VIEW public.m AS SELECT evil.paths()",
                        "CREATE TABLE public.t AS SELECT generate_series(1, 3)");
        Backup backup = host.backUp(wiring, database);
        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(Manifests.of(wiring.store, database).get(0).contents().rows())
                .containsEntry("public.t", 3L);
    }

    /**
     * Replaces the file and its hash in the manifest, like an attacker with write access to the store and with the
     * key.
     */
    private void replace(Backup backup, String content) throws Exception {
        Path file = host.store().resolve(backup.path().orElseThrow());
        byte[] stored = Zstd.compress(content.getBytes(StandardCharsets.ISO_8859_1));
        Files.write(file, stored);
        Path manifest = file.resolveSibling(file.getFileName() + ".manifest.json");
        String hash =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(stored));
        String written = Files.readString(manifest);
        assertThat(written).contains(backup.file().sha256());
        Manifests.write(manifest, written.replace(backup.file().sha256(), hash));
    }

    private Backup verify(Backup backup) {
        return wiring.backups.verify(backup);
    }
}
