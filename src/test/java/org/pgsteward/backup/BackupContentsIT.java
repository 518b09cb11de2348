package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.io.Json;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Backups of databases with unusual contents and names. */
@NeedsPostgres
class BackupContentsIT extends OnBackupHost {
    /** Statements for a database with odd names and every kind of object. */
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

    @Test
    void verifiesADatabaseWithOddNamesAndEveryKindOfObject() throws Exception {
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
                .isEqualTo(host.cluster().server().version().full());
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
    void publicToolsRestoreABackupRowForRow() throws Exception {
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

        assertThat(night.content(restored)).isEqualTo(night.content(database)).hasSizeGreaterThan(14);
    }

    @Test
    void verifiesTheGlobals() throws Exception {
        host.cluster().run("homelab", "CREATE ROLE \"a \"\"role\"\"; --\" LOGIN PASSWORD 'pw'");
        BackupTarget target = wiring.targets.all(BackupKind.GLOBALS).get(0).target();

        Backup backup =
                wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(backup.path().orElseThrow()).matches("_globals/_globals-\\d{8}T\\d{6}Z\\.sql\\.zst");
    }

    @Test
    void codeInADumpDoesNotRunAsASuperuser() throws Exception {
        Path marker = Path.of("/tmp", "pgsteward-marker-" + java.util.UUID.randomUUID());
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "SET search_path = public",
                        "CREATE FUNCTION fine(INT) RETURNS BOOLEAN LANGUAGE plpgsql AS 'BEGIN RETURN true; END'",
                        "CREATE TABLE trap (n INT CHECK (fine(n)))",
                        "INSERT INTO trap VALUES (1)",
                        // A service can replace the function by this one, which starts a program.
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
    void verifiesATableTenTimesLargerThanTheHeap() throws Exception {
        String database = night.copyOfLarge();
        host.cluster().run(database, "INSERT INTO public.big SELECT big.* FROM public.big, generate_series(1, 3)");
        Path printed = host.folder().resolve("printed.json");

        Process command = night.command("", database, printed);

        assertThat(command.waitFor(8, TimeUnit.MINUTES)).isTrue();
        assertThat(command.exitValue()).isZero();
        JsonNode backup =
                Json.mapper().readTree(printed.toFile()).path("backups").path(0);
        assertThat(backup.path("state").asText()).isEqualTo("verified");
        assertThat(backup.path("source_bytes").asLong()).isGreaterThan(10 * BackupHost.HEAP_MEGABYTES * 1024L * 1024L);
    }

    @Test
    void collidingAndOverlongNamesGetDistinctServiceNames() throws Exception {
        String unknown = host.cluster().newDatabase();
        String servicesOwn = host.cluster().newDatabase();
        String longest = "l" + "x".repeat(62);
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE " + longest,
                        // The service has the name of the first database, but owns the second one.
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

    private static String sha256(Path file) throws Exception {
        return java.util.HexFormat.of()
                .formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
