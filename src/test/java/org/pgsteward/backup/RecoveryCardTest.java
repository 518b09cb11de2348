package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.routing.Json;

class RecoveryCardTest {
    private static final ServerAddress SERVER =
            new ServerAddress("postgresql", 5432, "homelab", new Secret("never-to-be-seen"), "homelab");

    private static final Instant NOW = Instant.parse("2026-01-02T03:05:00Z");

    @ParameterizedTest
    @ValueSource(strings = {"vikunja", "it's", "a b", "$HOME", "`id`", "x\"y\\", "-rf", "~", "ü 漢", "a\nb", "*", "!!"})
    void theShellReadsEachNameAsItIs(String name) throws Exception {
        Process echo = new ProcessBuilder("sh", "-c", "printf %s " + RecoveryCard.shell(name)).start();
        assertThat(new String(echo.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo(name);
    }

    @Test
    void sealedFilesAreOpenedByAgeFirstAndOnlyTheNewestOfEachIsThere() {
        String card = RecoveryCard.text(
                new Inventory(
                        List.of(
                                stored("vikunja", "vikunja/vikunja-2.dump.zst.age"),
                                stored("vikunja", "vikunja/vikunja-1.dump.zst")),
                        Map.of("wiki/w.manifest.json", "no JSON")),
                Set.of("vikunja-2"),
                SERVER,
                NOW);
        assertThat(card)
                .contains("age -d -i \"$AGE_KEY\" vikunja/vikunja-2.dump.zst.age | zstd -dc | pg_restore")
                .contains(": \"${AGE_KEY:=key.txt}\"")
                .contains("cannot be read: `wiki/w.manifest.json`")
                .doesNotContain("vikunja-1.dump.zst", "never-to-be-seen");
    }

    /** A setting of a database, such as read-only transactions, must not reach the sessions that restore it. */
    @Test
    void theLinesPinTheirSettingsLeaveTablespacesOutAndTakeNoPathForAnOption() {
        String card = RecoveryCard.text(
                new Inventory(
                        List.of(stored("-x", "-x/-x-1.dump.zst"), stored("wiki", "wiki/wiki-1.dump.zst")), Map.of()),
                Set.of("-x-1", "wiki-1"),
                SERVER,
                NOW);
        assertThat(card)
                .contains("export PGOPTIONS='-c search_path= -c role=none ")
                .contains(" -c default_transaction_read_only=off ")
                .doesNotContain("transaction_timeout=")
                .contains("\nzstd -dc ./-x/-x-1.dump.zst | pg_restore --exit-on-error --no-tablespaces ")
                .contains("\nzstd -dc wiki/wiki-1.dump.zst | pg_restore ")
                .doesNotContain("zstd -dc -");
    }

    @Test
    void aDatabaseIsMadeAgainInItsOwnLettersAndOrder() throws Exception {
        StoredBackup plain = stored("wiki", "wiki/wiki-1.dump.zst");
        ObjectMapper json = Json.mapper();
        ObjectNode manifest = json.valueToTree(plain.manifest());
        manifest.set("surroundings", json.readTree("""
                {"encoding": "LATIN1", "provider": "i", "collate": "C", "ctype": "de_DE", "locale": "de-u-co-phonebk",
                 "roles": [], "schemas": {}, "icuRules": "&a < z"}
                """));
        String card = RecoveryCard.text(
                new Inventory(
                        List.of(new StoredBackup(plain.path(), json.treeToValue(manifest, Manifest.class))), Map.of()),
                Set.of("wiki-1"),
                SERVER,
                NOW);
        assertThat(card)
                .contains(
                        "createdb -T template0 -O wiki -E LATIN1 --lc-collate=C --lc-ctype=de_DE --locale-provider=icu"
                                + " --icu-locale=de-u-co-phonebk --icu-rules='&a < z' -- wiki_restored\n");
    }

    @Test
    void anOlderOneThatIsProvedGoesBeforeANewerOneThatIsNotAndBothAreNamed() {
        Inventory inventory = new Inventory(
                List.of(
                        stored("vikunja", "vikunja/vikunja-2.dump.zst"),
                        stored("wiki", "wiki/wiki-2.dump.zst"),
                        stored("vikunja", "vikunja/vikunja-1.dump.zst"),
                        stored("wiki", "wiki/wiki-1.dump.zst")),
                Map.of());

        String card = RecoveryCard.text(inventory, Set.of("vikunja-1"), SERVER, NOW);

        assertThat(card)
                .contains("zstd -dc vikunja/vikunja-1.dump.zst | pg_restore")
                .contains("zstd -dc wiki/wiki-2.dump.zst | pg_restore")
                .contains("- vikunja: here is its newest proved one, of " + NOW + "; a newer one, of " + NOW
                        + ", is not proved: `vikunja/vikunja-2.dump.zst`")
                .contains("- wiki: **none of its backups is proved**; this is the newest.")
                .doesNotContain("zstd -dc vikunja/vikunja-2", "wiki-1");
        assertThat(RecoveryCard.text(inventory, Set.of("vikunja-2", "wiki-2", "vikunja-1"), SERVER, NOW))
                .doesNotContain("vikunja-1", "wiki-1", "\n- ");
    }

    @Test
    void isWrittenWholeAndLeavesNothingBesideIt(@TempDir Path root) throws Exception {
        Store store = new Store(root, Json.mapper());
        RecoveryCard card = new RecoveryCard(store, SERVER, Clock.fixed(NOW, ZoneOffset.UTC));
        card.write(Set.of());
        card.write(Set.of());
        try (Stream<Path> files = Files.list(root)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("RECOVERY.md");
        }
        assertThat(root.resolve("RECOVERY.md"))
                .content()
                .startsWith("# Restoring without pgsteward\n\nWritten at " + NOW);
    }

    private static StoredBackup stored(String service, String path) {
        return new StoredBackup(
                path,
                new Manifest(
                        path.substring(path.indexOf('/') + 1, path.indexOf('.')),
                        "00000000-0000-0000-0000-000000000001",
                        "",
                        service,
                        service,
                        service,
                        "",
                        "dump",
                        path.substring(path.indexOf('/') + 1),
                        "ab".repeat(32),
                        10,
                        20,
                        NOW,
                        NOW,
                        "15.8",
                        "15",
                        List.of(),
                        "",
                        Map.of(),
                        Map.of()));
    }
}
