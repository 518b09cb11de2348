package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.TestHost;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.postgres.NeedsPostgres;

/** The {@code verify} and {@code restore} commands as processes, on a real PostgreSQL and a store with one backup. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RestoreCommandIT {
    private final ObjectMapper json = new ObjectMapper();
    private TestHost host;
    private String id;

    @BeforeAll
    void backUpWiki() throws Exception {
        host = TestHost.start();
        host.environment().put("PGSTEWARD_TIMEZONE", "Europe/Berlin");
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE wiki LOGIN",
                        "CREATE DATABASE wiki OWNER wiki TEMPLATE template0",
                        "REVOKE ALL ON DATABASE wiki FROM PUBLIC");
        host.cluster()
                .run(
                        "wiki",
                        "CREATE TABLE public.pages AS SELECT generate_series(1, 1234) AS n",
                        "ALTER TABLE public.pages OWNER TO wiki");
        CommandRun backup = run("backup", "--json", "wiki");
        assertThat(backup.code()).as(backup.toString()).isZero();
        id = json.readTree(backup.out())
                .path("backups")
                .path(0)
                .path("backup_id")
                .asText();
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    @Test
    void restoresBesideAndThenInThePlaceOfTheLiveOneAndWritesItDown() throws Exception {
        CommandRun beside = run("restore", "wiki", "--into", "wiki_back");
        assertThat(beside.code()).as(beside.toString()).isZero();
        assertThat(beside.out())
                .startsWith("wiki: restored " + id + " of 20")
                .contains("into database wiki_back: 1,234 rows in 1 table, as in the manifest, in ");
        assertThat(beside.err()).isEmpty();

        CommandRun odd = run("restore", "wiki", "--into", "Bad Name; drop");
        assertThat(odd.code()).isEqualTo(2);
        assertThat(odd.err())
                .isEqualTo(
                        "pgsteward: 'Bad Name; drop' is an unusual name for a database; did you mean 'bad_name_drop'?"
                                + " (--force accepts it)");

        CommandRun again = run("restore", "wiki", "--into", "wiki_back");
        assertThat(again.code()).isEqualTo(2);
        assertThat(again.err())
                .hasLineCount(1)
                .startsWith("pgsteward: cannot create database wiki_back: it exists; choose another name");

        host.cluster().run("wiki", "DELETE FROM public.pages WHERE n > 3");
        CommandRun replaced = run("restore", "--replace", "--backup", id);
        assertThat(replaced.code()).as(replaced.toString()).isZero();
        assertThat(replaced.out())
                .containsPattern(
                        "wiki: previous database kept as wiki_before_\\d{8}T\\d{6}Z \\(connections disabled\\);"
                                + " connections were blocked for \\d+ ms; to drop it: docker exec [^ ]+ psql .*DROP DATABASE \"wiki_before_");
        assertThat(host.rows("wiki", "SELECT count(*) FROM public.pages")).containsExactly("1234");
        assertThat(host.rows(
                        "homelab", "SELECT action FROM public.user_activity WHERE service_name = 'wiki' ORDER BY id"))
                .containsExactly("restored from " + id, "replaced by " + id);

        // Both databases remain visible until they are dropped or renamed, but neither is a service.
        CommandRun backup = run("backup", "wiki_back");
        assertThat(backup.code()).isEqualTo(2);
        assertThat(backup.err()).contains("there is no service or database wiki_back");
        JsonNode status = json.readTree(run("status", "--json").out());
        assertThat(status.path("kept_databases").findValuesAsText("database"))
                .hasSize(2)
                .contains("wiki_back")
                .anyMatch(database -> database.matches("wiki_before_\\d{8}T\\d{6}Z"));
        assertThat(status.path("services").findValuesAsText("service")).noneMatch(name -> name.startsWith("wiki_"));
        String size = "\\d+(\\.\\d+)? [KM]iB";
        String age = "\\d+ (s|min|h)";
        assertThat(run("status").out())
                .contains("Left by restores and not backed up: ")
                .containsPattern("wiki_back \\(" + size + ", restored " + age + " ago\\)")
                .containsPattern("wiki_before_\\d{8}T\\d{6}Z \\(" + size + ", replaced " + age + " ago\\)");
        assertThat(run("backups").out())
                .containsPattern("Not backed up: database wiki_back \\(" + size + "\\), made by a restore of wiki "
                        + age + " ago\\.")
                .containsPattern("database wiki_before_\\S+ \\(" + size + "\\), replaced by a restore of wiki " + age
                        + " ago\\.");
        host.cluster().run("homelab", "ALTER DATABASE wiki_back RENAME TO wiki_copy");
        assertThat(run("backup", "wiki_copy").code()).isZero();
        assertThat(json.readTree(run("status", "--json").out())
                        .path("kept_databases")
                        .findValuesAsText("database"))
                .hasSize(1);
        host.cluster().run("homelab", "DROP DATABASE wiki_copy");
    }

    @Test
    void aDatabaseThatIsReplacedStaysWithItsPresentOwner() throws Exception {
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE seller LOGIN",
                        "CREATE ROLE buyer LOGIN",
                        "CREATE DATABASE shop OWNER seller");
        host.cluster().run("shop", "CREATE TABLE public.t AS SELECT 1 AS n", "ALTER TABLE public.t OWNER TO seller");
        assertThat(run("backup", "shop").code()).isZero();
        host.cluster().run("homelab", "ALTER DATABASE shop OWNER TO buyer");

        CommandRun replaced = run("restore", "shop", "--replace");

        assertThat(replaced.code()).as(replaced.toString()).isZero();
        assertThat(host.rows(
                        "shop",
                        "SELECT pg_get_userbyid(datdba) || ' ' || (SELECT tableowner FROM pg_tables WHERE tablename = 't')"
                                + " FROM pg_database WHERE datname = 'shop'"))
                .as("the current owner owns the database and the seller's tables")
                .containsExactly("buyer buyer");
        assertThat(replaced.out()).contains("its owner is buyer, and was seller when it was backed up");
    }

    /** It was dumped before it belonged to a service, and was adopted under another name. */
    @Test
    void theOldNameOfAServiceFindsTheNewestOfItsDatabase() throws Exception {
        host.cluster().run("homelab", "CREATE ROLE git LOGIN", "CREATE DATABASE git OWNER git TEMPLATE template0");
        host.cluster().run("git", "CREATE TABLE public.t AS SELECT 1 AS n", "ALTER TABLE public.t OWNER TO git");
        assertThat(run("backup", "git").code()).isZero();
        host.cluster()
                .run(
                        "homelab",
                        "INSERT INTO public.service_configs (service_name, database_name, role_name)"
                                + " VALUES ('webapp', 'git', 'git')");
        host.cluster().run("git", "INSERT INTO public.t SELECT generate_series(2, 5000)");
        assertThat(run("backup", "webapp").code()).isZero();

        CommandRun beside = run("restore", "git", "--into", "git_back");
        assertThat(beside.code()).as(beside.toString()).isZero();
        assertThat(beside.out())
                .startsWith("webapp: restored webapp-20")
                .contains("into database git_back: 5,000 rows in 1 table");
        CommandRun replaced = run("restore", "git", "--replace");
        assertThat(replaced.code()).as(replaced.toString()).isZero();
        assertThat(host.rows("git", "SELECT count(*) FROM public.t")).containsExactly("5000");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "restore wiki --into a --at 2001-01-01T03:00         | there is no backup of 'wiki' from 2001-01-01T02:00:00Z or earlier; the oldest is from 20",
                "restore wiki --into a --at yesterday                | --at 'yesterday' is not a time: write 2026-01-31T03:00:00Z",
                "restore --backup wiki-20010101T030000Z --into a     | there is no backup 'wiki-20010101T030000Z' with a manifest in ",
                "restore --all --from /nowhere/at/all                | there is no store at /nowhere/at/all",
            })
    void impossibleCommandIsReportedInOneLineWithTheNextStep(String line, String because) throws Exception {
        CommandRun ended = run(line.split(" +"));
        assertThat(ended.code()).as(ended.toString()).isEqualTo(2);
        assertThat(ended.err()).hasLineCount(1).startsWith("pgsteward: " + because);
        assertThat(ended.out()).isEmpty();
    }

    /** The password of a lost server may be unknown. */
    @Test
    void theStoreIsListedAndVerifiedWithoutAPassword() throws Exception {
        Map<String, String> none = Map.of("PGSTEWARD_POSTGRES_PASSWORD", "");
        CommandRun verified = CommandRun.on(host, none, "verify", "wiki");
        assertThat(verified.code()).as(verified.toString()).isZero();
        assertThat(verified.out()).contains(id, "verified");
        assertThat(verified.err())
                .contains(
                        "no connection to PostgreSQL: PGSTEWARD_POSTGRES_PASSWORD, or PGSTEWARD_POSTGRES_PASSWORD_FILE,"
                                + " is not set");

        Path state = host.folder().resolve("no-state");
        CommandRun listed = CommandRun.on(
                host, Map.of("PGSTEWARD_POSTGRES_PASSWORD", "", "PGSTEWARD_STATE_DIR", state.toString()), "backups");
        assertThat(listed.code()).as(listed.toString()).isZero();
        assertThat(listed.out()).contains(id, "unknown");
        assertThat(listed.err()).contains("no connection to PostgreSQL: ");
        assertThat(state).doesNotExist();

        assertThat(CommandRun.on(host, "backups", "wikki"))
                .isEqualTo(new CommandRun(
                        2,
                        "",
                        "pgsteward: there is no backup of 'wikki' in " + host.store() + "; did you mean 'wiki'?"));
        Map<String, String> elsewhere = Map.of("PGSTEWARD_BACKUP_DIR", "/nowhere/at/all");
        for (String what : List.of("backups", "backups --sets")) {
            assertThat(CommandRun.on(host, elsewhere, what.split(" ")))
                    .isEqualTo(new CommandRun(
                            0,
                            "There is no folder /nowhere/at/all yet (PGSTEWARD_BACKUP_DIR); 'pgsteward backup --all'"
                                    + " makes backups.",
                            ""));
        }
    }

    @Test
    void verifyWorksWithoutPostgresAndReportsADamagedFile() throws Exception {
        host.cluster().kill();
        CommandRun away = run("verify", "--json", "wiki");
        host.cluster().startAgain();
        assertThat(away.code()).as(away.toString()).isZero();
        assertThat(away.err())
                .contains("PostgreSQL does not answer")
                .contains("the result is recorded when PostgreSQL is available again");
        JsonNode verified = json.readTree(away.out()).path("backups").path(0);
        assertThat(verified.path("backup_id").asText()).isEqualTo(id);
        assertThat(verified.path("state").asText()).isEqualTo("verified");
        assertThat(verified.path("verify_seconds").asDouble()).isPositive();

        Path file = host.store().resolve("wiki").resolve(id + ".dump.zst");
        byte[] whole = Files.readAllBytes(file);
        byte[] damaged = whole.clone();
        damaged[damaged.length / 2] ^= 4;
        Files.write(file, damaged);
        CommandRun failed = run("verify", "--json", "--backup", id);
        Files.write(file, whole);
        assertThat(failed.code()).as(failed.toString()).isEqualTo(1);
        assertThat(json.readTree(failed.out())
                        .path("backups")
                        .path(0)
                        .path("error")
                        .asText())
                .startsWith("the restore failed: ");

        CommandRun all = run("verify", "--all");
        assertThat(all.code()).as(all.toString()).isZero();
        assertThat(host.journal("wiki")).containsExactly("verified");
    }

    /** A program with write access to the store and without the key claims that its file is the newest. */
    @Test
    void unsignedNewerBackupIsNamedAndSkipped() throws Exception {
        Path folder = host.store().resolve("wiki");
        String forged = "wiki-20991231T030000Z";
        Path file = folder.resolve(forged + ".dump.zst");
        Path manifest = folder.resolve(forged + ".dump.zst.manifest.json");
        Path torn = folder.resolve("wiki-20991231T040000Z.dump.zst.manifest.json");
        Files.copy(folder.resolve(id + ".dump.zst"), file);
        Files.writeString(
                manifest,
                Manifests.unsigned(Files.readString(folder.resolve(id + ".dump.zst.manifest.json")))
                        .replace(id, forged)
                        .replaceFirst("\"started_at\" : \"[^\"]+\"", "\"started_at\" : \"2099-12-31T03:00:00Z\"")
                        // The manifest of a service's newest backup names its database. With this one, a restore would
                        // take another service's database.
                        .replaceFirst("\"database\" : \"[^\"]+\"", "\"database\" : \"homelab\""));
        Files.writeString(torn, "{");
        assertThat(run("backup", "homelab").code()).isZero();
        try {
            for (String[] which : List.of(new String[0], new String[] {"--at", "2099-12-31T23:00:00Z"})) {
                List<String> arguments = new ArrayList<>(List.of("restore", "wiki", "--into", "wiki_forged"));
                arguments.addAll(List.of(which));
                CommandRun restored = run(arguments.toArray(String[]::new));

                assertThat(restored.code()).as(restored.toString()).isZero();
                assertThat(restored.out()).startsWith("wiki: restored " + id + " of 20");
                assertThat(restored.err())
                        .hasLineCount(2)
                        .contains("pgsteward: skipped wiki/" + forged + ".dump.zst: its manifest has no signature, ")
                        .contains("pgsteward: skipped wiki/" + torn.getFileName() + ": it cannot be read: ")
                        .contains("; restoring " + id + " of 20");
                host.cluster().run("homelab", "DROP DATABASE wiki_forged");
            }
            CommandRun named = run("restore", "--backup", forged, "--into", "wiki_forged");
            assertThat(named.code()).as(named.toString()).isEqualTo(2);
            assertThat(named.err())
                    .contains("cannot restore wiki/" + forged + ".dump.zst: its manifest has no signature");
        } finally {
            Files.delete(file);
            Files.delete(manifest);
            Files.delete(torn);
        }
    }

    /** The scratch folder cannot be created, with PostgreSQL available and unavailable. */
    @Test
    void missingScratchFolderKeepsABackupVerified() throws Exception {
        String judged = "SELECT concat_ws(' ', state, success, verified_at, error) FROM public.backup_log"
                + " WHERE backup_id = '" + id + "'";
        assertThat(run("verify", "wiki").code()).isZero();
        List<String> before = host.rows("homelab", judged);
        assertThat(before.get(0)).startsWith("verified t 20");
        Path inTheWay = Files.writeString(host.folder().resolve("in-the-way"), "");
        Map<String, String> noRoom =
                Map.of("PGSTEWARD_SCRATCH_DIR", inTheWay.resolve("scratch").toString());

        CommandRun there = CommandRun.on(host, noRoom, "verify", "wiki");
        host.cluster().kill();
        CommandRun away = CommandRun.on(host, noRoom, "verify", "wiki");
        host.cluster().startAgain();

        for (CommandRun verify : List.of(there, away)) {
            assertThat(verify.code()).as(verify.toString()).isEqualTo(1);
            assertThat(verify.out()).contains("unverifiable", "cannot start a scratch cluster on this host: ");
        }
        assertThat(run("backups").out()).contains(id);
        assertThat(host.rows("homelab", judged)).isEqualTo(before);

        // A changed file fails the verification, but the time of its last successful verification remains.
        Path file = host.store().resolve("wiki").resolve(id + ".dump.zst");
        byte[] whole = Files.readAllBytes(file);
        byte[] damaged = whole.clone();
        damaged[damaged.length / 2] ^= 4;
        Files.write(file, damaged);
        assertThat(run("verify", "wiki").code()).isEqualTo(1);
        Files.write(file, whole);
        assertThat(host.rows(
                        "homelab",
                        "SELECT state || (verified_at IS NOT NULL) FROM public.backup_log WHERE backup_id = '" + id
                                + "'"))
                .containsExactly("failedtrue");
        assertThat(run("verify", "wiki").code()).isZero();
    }

    private CommandRun run(String... arguments) throws Exception {
        return CommandRun.on(host, arguments);
    }
}
