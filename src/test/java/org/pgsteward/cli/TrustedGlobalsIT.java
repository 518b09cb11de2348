package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.Zstd;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/**
 * A program with write access to the store changes the file of roles and its manifest, so that a rebuild would create a
 * superuser. One empty server serves all tests, because a refused restore changes nothing.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class TrustedGlobalsIT {
    private static final String ROLES =
            "SELECT rolname || ' ' || rolsuper FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1";

    private final ObjectMapper json = new ObjectMapper();
    private TestHost host;
    private TestCluster empty;
    private Path globals;
    private Path manifest;
    private byte[] asWritten;
    private String manifestAsWritten;

    @BeforeAll
    void backUp() throws Exception {
        host = TestHost.start();
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE shop LOGIN",
                        "CREATE ROLE dba LOGIN SUPERUSER",
                        "CREATE DATABASE shop OWNER shop TEMPLATE template0",
                        "REVOKE ALL ON DATABASE shop FROM PUBLIC");
        CommandRun backup = CommandRun.on(host, "backup", "--all");
        assertThat(backup.code()).as(backup.toString()).isZero();
        try (Stream<Path> files = Files.list(host.store().resolve("_globals"))) {
            globals = files.filter(file -> file.toString().endsWith(".sql.zst"))
                    .findFirst()
                    .orElseThrow();
        }
        manifest = globals.resolveSibling(globals.getFileName() + ".manifest.json");
        asWritten = Files.readAllBytes(globals);
        manifestAsWritten = Files.readString(manifest);
        empty = TestCluster.start();
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
        empty.close();
    }

    @Test
    @Order(1)
    void everyFileOfTheStoreIsForItsUserAlone() throws Exception {
        List<String> open = new ArrayList<>();
        try (Stream<Path> files = Files.walk(host.store())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.getPosixFilePermissions(file).size() > 2) {
                    open.add(file.toString());
                }
            }
        }
        assertThat(open).isEmpty();
        assertThat(manifest).exists();
        assertThat(host.store().resolve("RECOVERY.md")).exists();
    }

    @Test
    @Order(2)
    void withoutTheKeyPowersAreListedAndNothingIsRestored() throws Exception {
        CommandRun restore = restore(Map.of());
        assertThat(restore.code()).as(restore.toString()).isEqualTo(2);
        assertThat(restore.err())
                .hasLineCount(1)
                .startsWith("pgsteward: cannot restore the roles: ")
                .contains("this host has no key to verify its manifest")
                .contains(" to dba: SUPERUSER; if these roles had these powers, add --trust-globals");
        assertThat(rows(empty, ROLES)).containsExactly("homelab true");
    }

    @Test
    @Order(3)
    void aChangedFileIsReportedAndNotRestoredThoughItsHashIsRight() throws Exception {
        forge("""
                CREATE ROLE backdoor;
                ALTER ROLE backdoor WITH SUPERUSER LOGIN PASSWORD 'mine';
                GRANT pg_write_server_files TO shop;
                """);

        CommandRun backups = CommandRun.on(host, "backups");
        assertThat(backups.out()).containsPattern("_globals +globals .* altered +_globals-");
        assertThat(backups.err()).contains("its manifest was changed since it was written");
        JsonNode listed = json.readTree(
                        CommandRun.on(host, "backups", "--json", "_globals").out())
                .path("backups")
                .path(0);
        assertThat(listed.path("signature").asText()).isEqualTo("wrong");
        assertThat(listed.path("altered").asBoolean()).isTrue();

        CommandRun verify = CommandRun.on(host, "verify", "--json", "_globals");
        assertThat(verify.code()).isEqualTo(1);
        JsonNode verified = json.readTree(verify.out()).path("backups").path(0);
        assertThat(verified.path("state").asText()).isEqualTo("failed");
        assertThat(verified.path("error").asText()).contains("its manifest was changed since it was written");

        CommandRun restore = restore(Map.of("PGSTEWARD_BACKUP_MANIFEST_KEY_FILE", key()));
        assertThat(restore.code()).as(restore.toString()).isEqualTo(2);
        assertThat(restore.err())
                .contains("its manifest was changed since it was written")
                .contains("backdoor: SUPERUSER; dba: SUPERUSER; shop: member of pg_write_server_files");
        assertThat(rows(empty, ROLES)).containsExactly("homelab true");
    }

    @Test
    @Order(4)
    void atATerminalThePowersAreListedAndNothingIsMadeWithoutAYes() throws Exception {
        Process asked = atATerminal("no\n");
        String shown = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(asked.waitFor()).as(shown).isEqualTo(2);
        assertThat(shown)
                .contains("It would give these roles powers over the whole server:")
                .contains("  backdoor: SUPERUSER")
                .contains("Restore these roles with their powers? Type yes: ");
        assertThat(rows(empty, ROLES)).containsExactly("homelab true");
    }

    @Test
    @Order(5)
    void withTheKeyAnUntouchedFileIsRestoredWithoutAQuestion() throws Exception {
        Files.write(globals, asWritten);
        Files.writeString(manifest, manifestAsWritten);
        CommandRun restore = restore(Map.of("PGSTEWARD_BACKUP_MANIFEST_KEY_FILE", key()));
        assertThat(restore.code()).as(restore.toString()).isZero();
        assertThat(rows(empty, ROLES)).contains("dba true", "shop false");
    }

    @Test
    @Order(6)
    void anOperatorCanTrustAFileThatNoKeyHasSigned() throws Exception {
        try (TestCluster another = TestCluster.start()) {
            CommandRun restore = CommandRun.on(host, environment(another), "restore", "--all", "--trust-globals");
            assertThat(restore.code()).as(restore.toString()).isZero();
            assertThat(rows(another, ROLES)).contains("dba true", "shop false");
        }
    }

    @Test
    @Order(7)
    void hugeRoleSettingsAreOmittedAndReported() throws Exception {
        host.cluster()
                .run(
                        "homelab",
                        "DO $$ BEGIN EXECUTE format('ALTER ROLE shop SET search_path = %L', repeat('a', 20000000)); END $$",
                        "ALTER ROLE dba SET work_mem = '5MB'");
        CommandRun backup = CommandRun.on(host, "backup", "--all");
        assertThat(backup.code()).as(backup.toString()).isZero();
        try (TestCluster another = TestCluster.start()) {
            Map<String, String> environment = environment(another);
            environment.put("PGSTEWARD_BACKUP_MANIFEST_KEY_FILE", key());
            CommandRun restore = CommandRun.on(host, environment, "restore", "--all");

            assertThat(restore.code())
                    .as("restored without one setting: " + restore)
                    .isOne();
            assertThat(restore.out())
                    .contains(
                            "missing: roles: left out: setting search_path of role shop: too long to run, with 20000");
            assertThat(rows(another, ROLES)).contains("dba true", "shop false");
            assertThat(rows(another, "SELECT rolconfig::text FROM pg_roles WHERE rolname = 'dba'"))
                    .containsExactly("{work_mem=5MB}");
            assertThat(rows(another, "SELECT rolconfig::text FROM pg_roles WHERE rolname = 'shop'"))
                    .containsExactly((String) null);
        }
    }

    /** Forges the file, its hash and its size, as a program with write access to the store could. */
    private void forge(String more) throws Exception {
        byte[] plain = Zstd.decompress(asWritten, 1 << 20);
        byte[] forged =
                Zstd.compress((new String(plain, StandardCharsets.UTF_8) + more).getBytes(StandardCharsets.UTF_8));
        JsonNode said = json.readTree(manifestAsWritten);
        String hash =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(forged));
        Files.write(globals, forged);
        Files.writeString(
                manifest,
                manifestAsWritten
                        .replace(said.path("sha256").asText(), hash)
                        .replace("\"size_bytes\" : " + asWritten.length, "\"size_bytes\" : " + forged.length));
    }

    private String key() {
        return host.folder().resolve("state/manifest_key").toString();
    }

    private CommandRun restore(Map<String, String> more) throws Exception {
        Map<String, String> environment = environment(empty);
        environment.putAll(more);
        return CommandRun.on(host, environment, "restore", "--all");
    }

    /** Returns the settings of another host with the same store and a new state folder. */
    private Map<String, String> environment(TestCluster cluster) {
        return new HashMap<>(Map.of(
                "PGSTEWARD_POSTGRES_PORT",
                Integer.toString(cluster.server().address().port()),
                "PGSTEWARD_STATE_DIR",
                host.folder()
                        .resolve("state-" + cluster.server().address().port())
                        .toString(),
                "PGSTEWARD_SECRETS_DIR",
                host.folder().toString()));
    }

    private Process atATerminal(String typed) throws Exception {
        String command = "'" + Path.of(System.getProperty("java.home"), "bin", "java") + "' -Xmx40m -cp \"$CLASSES\""
                + " org.pgsteward.Steward restore --all";
        ProcessBuilder script = new ProcessBuilder("script", "-qec", command, "/dev/null").redirectErrorStream(true);
        script.environment().putAll(host.environment());
        script.environment().putAll(environment(empty));
        script.environment().put("PGSTEWARD_BACKUP_MANIFEST_KEY_FILE", key());
        script.environment().put("CLASSES", System.getProperty("java.class.path"));
        Process process = script.start();
        process.getOutputStream().write(typed.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        return process;
    }

    private static List<String> rows(TestCluster cluster, String sql) throws Exception {
        List<String> rows = new ArrayList<>();
        try (var connection = cluster.server().connect("homelab");
                var statement = connection.createStatement();
                var result = statement.executeQuery(sql)) {
            while (result.next()) {
                rows.add(result.getString(1));
            }
        }
        return rows;
    }
}
