package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * Manifests and documents of backup sets, forged by a program with write access to the store and without the key. The
 * commands have the launcher's heap of 40 MB, and the JVM ends if it is too small.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class ForgedManifestsIT {
    private final ObjectMapper json = new ObjectMapper();
    private ObjectNode genuine = json.createObjectNode();
    private TestHost host;

    @BeforeAll
    void forge() throws Exception {
        host = TestHost.start();
        for (String name : List.of("wiki", "app")) {
            host.cluster()
                    .run(
                            "homelab",
                            "CREATE ROLE " + name + " LOGIN",
                            "CREATE DATABASE " + name + " OWNER " + name + " TEMPLATE template0",
                            "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
        }
        CommandRun backup = CommandRun.on(host, "backup", "app", "wiki");
        assertThat(backup.code()).as(backup.toString()).isZero();
        try (var files = Files.list(host.store().resolve("wiki"))) {
            genuine = (ObjectNode)
                    json.readTree(files.filter(file -> file.toString().endsWith(".manifest.json"))
                            .findFirst()
                            .orElseThrow()
                            .toFile());
        }
        for (int i = 0; i < 31; i++) {
            manifest("2020010" + (i % 10) + "T0300" + (10 + i) + "Z", "caveats", list("x".repeat(90_000), 10));
            manifest("2020020" + (i % 10) + "T0300" + (10 + i) + "Z", "caveats", list("漢".repeat(90_000), 5));
            // One text that is almost a whole document, and many texts of the maximum length.
            manifest("2020030" + (i % 10) + "T0300" + (10 + i) + "Z", "image", "\"" + "x".repeat(4_000_000) + "\"");
            set("202001" + (10 + i % 10) + "T0300" + (10 + i) + "Z", "x".repeat(3_000_000));
        }
        // These names sort before all genuine ones.
        for (int i = 0; i < 40; i++) {
            manifest("20990101T9900" + (10 + i) + "Z", "caveats", list("x".repeat(89_000), 10));
            manifest("20990102T9900" + (10 + i) + "Z", "rows", rows(49_990));
        }
        manifest("20200401T030001Z", "started_at", "\"+999999999-12-31T23:59:59Z\"");
        manifest("20200401T030002Z", "finished_at", "\"-999999999-01-01T00:00:00Z\"");
        manifest("20200401T030003Z", "kind", "null");
        manifest("20200401T030004Z", "rows", "null");
    }

    @AfterAll
    void stop() throws Exception {
        host.close();
    }

    @Test
    void everyCommandUsesTheGenuineBackups() throws Exception {
        CommandRun backup = CommandRun.on(host, "backup", "app", "wiki");
        assertThat(backup.code()).as(backup.toString()).isZero();
        CommandRun verified = CommandRun.on(host, "verify", "app", "wiki");
        assertThat(verified.code()).as(verified.toString()).isZero();
        CommandRun all = CommandRun.on(host, "verify", "--all");
        assertThat(all.code()).as(all.toString()).isEqualTo(1);
        assertThat(all.out()).contains("app ", "wiki ").doesNotContain("failed");
        assertThat(all.err()).contains("20200401T030003Z.dump.zst.manifest.json cannot be read: ");
        CommandRun restored = CommandRun.on(host, "restore", "wiki", "--into", "wiki_back");
        assertThat(restored.code()).as(restored.toString()).isZero();
        CommandRun listed = CommandRun.on(host, "backups");
        assertThat(listed.code()).as(listed.toString()).isZero();
        assertThat(listed.err())
                .contains(" manifests without a valid signature are not read, since there are too many");
        CommandRun sets = CommandRun.on(host, "backups", "--sets");
        assertThat(sets.code()).as(sets.toString()).isZero();
        assertThat(sets.out()).contains("2 made, ");
    }

    private void manifest(String time, String field, String value) throws Exception {
        Path folder = host.store().resolve("wiki");
        String id = "wiki-" + time;
        ObjectNode manifest = genuine.deepCopy();
        manifest.remove("signature");
        manifest.put("backup_id", id)
                .put("event_id", UUID.randomUUID().toString())
                .put("file", id + ".dump.zst")
                .put("started_at", "2020-01-01T03:00:00Z")
                .set(field, json.readTree(value));
        Files.writeString(folder.resolve(id + ".dump.zst.manifest.json"), manifest.toString());
    }

    private static String list(String text, int times) {
        return "[" + ("\"" + text + "\",").repeat(times) + "\"\"]";
    }

    private static String rows(int tables) {
        return IntStream.range(0, tables)
                .mapToObj(i -> "\"public.table_with_quite_a_long_name_that_makes_the_manifest_large_" + i + "\": " + i)
                .collect(Collectors.joining(",", "{", "}"));
    }

    private void set(String id, String reason) throws Exception {
        Files.writeString(host.store().resolve("_sets/" + id + ".json"), """
                {"id": "%s", "asked": "schedule", "started_at": "2020-01-01T03:00:00Z", "closed_at": null, "members": [],
                 "missing": [{"service": "wiki", "database": "wiki", "kind": "dump", "reason": "%s"}], "base": null}
                """.formatted(id, reason));
    }
}
