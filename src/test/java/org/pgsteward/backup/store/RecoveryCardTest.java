package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.io.Json;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.ServerAddress;

@Tag("fast")
class RecoveryCardTest {
    private static final ServerAddress SERVER =
            new ServerAddress("postgresql", 5432, "homelab", new Secret("never-to-be-seen"), "homelab");

    private static final Instant NOW = Instant.parse("2026-01-02T03:05:00Z");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vikunja",
                "it's",
                "a b",
                "$HOME",
                "`id`",
                "x\"y\\",
                "-rf",
                "~",
                "ü 漢",
                "a\nb",
                "*",
                "!!",
                "\u001b[1m\\n'\u20281\r"
            })
    void theShellReadsEachNameAsItIs(String name) throws Exception {
        // By standard input: without a UTF-8 locale, Java cannot pass every name as an argument.
        Process echo = new ProcessBuilder("sh").start();
        try (OutputStream script = echo.getOutputStream()) {
            script.write(("printf %s " + ShellWord.of(name)).getBytes(StandardCharsets.UTF_8));
        }
        assertThat(new String(echo.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo(name);
    }

    @Test
    void listsTheNewestOfEachAndDecryptsWithAgeFirst() {
        String card = CardText.of(
                new Inventory(
                        List.of(
                                stored("vikunja", "vikunja/vikunja-2.dump.zst.age"),
                                stored("vikunja", "vikunja/vikunja-1.dump.zst")),
                        Map.of("wiki/w.manifest.json", "no JSON")),
                verified("vikunja-2"),
                SERVER,
                NOW);
        assertThat(card)
                .contains("age -d -i \"$AGE_KEY\" vikunja/vikunja-2.dump.zst.age | zstd -dc | pg_restore")
                .contains(": \"${AGE_KEY:=key.txt}\"")
                .contains("cannot be read: `wiki/w.manifest.json`")
                .doesNotContain("vikunja-1.dump.zst", "never-to-be-seen");
    }

    /** A setting of a database, such as read-only transactions, must not affect the sessions that restore it. */
    @Test
    void linesPinTheirSettingsAndPassNoPathAsAnOption() {
        String card = CardText.of(
                new Inventory(
                        List.of(stored("-x", "-x/-x-1.dump.zst"), stored("wiki", "wiki/wiki-1.dump.zst")), Map.of()),
                verified("-x-1", "wiki-1"),
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
        String card = cardOfWiki("""
                {"encoding": "LATIN1", "provider": "i", "collate": "C", "ctype": "de_DE", "locale": "de-u-co-phonebk",
                 "roles": [], "schemas": {}, "icuRules": "&a < z"}
                """);
        assertThat(card)
                .contains(
                        "createdb -T template0 -O wiki -E LATIN1 --lc-collate=C --lc-ctype=de_DE --locale-provider=icu"
                                + " --icu-locale=de-u-co-phonebk --icu-rules='&a < z' -- wiki_restored\n");
    }

    @Test
    void settingsAreSetBeforeTheRowsAndThoseOfApplicationsAreNamed() throws Exception {
        String card = cardOfWiki("""
                {"encoding": "UTF8", "provider": "c", "collate": "C", "ctype": "C", "locale": "",
                 "roles": [], "schemas": {}, "settings": {"TimeZone": "Asia/Tokyo", "app.rate": ""}}
                """);

        assertThat(card)
                .containsSubsequence(
                        "createdb ",
                        "ALTER DATABASE \"wiki_restored\" SET \"TimeZone\" TO ",
                        "# Before the next line, set these settings, which its functions may read",
                        ": app.rate\n",
                        "pg_restore ");
    }

    @Test
    void prefersAnOlderVerifiedBackupAndNamesTheNewerOne() {
        Inventory inventory = new Inventory(
                List.of(
                        stored("vikunja", "vikunja/vikunja-2.dump.zst"),
                        stored("wiki", "wiki/wiki-2.dump.zst"),
                        stored("vikunja", "vikunja/vikunja-1.dump.zst"),
                        stored("wiki", "wiki/wiki-1.dump.zst")),
                Map.of());

        String card = CardText.of(inventory, verified("vikunja-1"), SERVER, NOW);

        assertThat(card)
                .contains("zstd -dc vikunja/vikunja-1.dump.zst | pg_restore")
                .contains("zstd -dc wiki/wiki-2.dump.zst | pg_restore")
                .contains("- vikunja: this file lists its newest verified backup, of " + NOW + "; a newer backup, of "
                        + NOW + ", is not verified: `vikunja/vikunja-2.dump.zst`")
                .contains("- wiki: **none of its backups is verified**; this file lists the newest.")
                .doesNotContain("zstd -dc vikunja/vikunja-2", "wiki-1");
        assertThat(CardText.of(inventory, verified("vikunja-2", "wiki-2", "vikunja-1"), SERVER, NOW))
                .doesNotContain("vikunja-1", "wiki-1", "\n- ");
    }

    /** A program that can write to the store but has no key claims that its file is the newest verified one. */
    @Test
    void anAlteredBackupIsNotListedAndIsNamed() {
        StoredBackup good = with(stored("wiki", "wiki/wiki-1.dump.zst"), NOW, ManifestSignature.VALID);
        StoredBackup forged = with(
                new StoredBackup(
                        "wiki/wiki-9.dump.zst",
                        stored("wiki", "wiki/wiki-1.dump.zst").manifest()),
                NOW.plusSeconds(60),
                ManifestSignature.MISSING);
        StoredBackup other =
                with(stored("evil", "evil/evil-1.dump.zst"), NOW.plusSeconds(60), ManifestSignature.MISSING);
        StoredBackup early =
                with(stored("evil2", "evil2/evil2-1.dump.zst"), NOW.minusSeconds(60), ManifestSignature.MISSING);

        String card = CardText.of(
                new Inventory(List.of(forged, other, good, early), Map.of()),
                verified("wiki-1", "evil-1"),
                SERVER,
                NOW);

        assertThat(card)
                .contains("zstd -dc wiki/wiki-1.dump.zst | pg_restore")
                .contains("\nNot listed: `wiki/wiki-9.dump.zst`: its manifest has no signature, ")
                .contains("\nNot listed: `evil/evil-1.dump.zst`: its manifest has no signature, ")
                .contains("\nNot listed: `evil2/evil2-1.dump.zst`: no key of this host has signed its manifest, ")
                .doesNotContain("zstd -dc wiki/wiki-9", "zstd -dc evil", "none of its backups is verified");
    }

    /** The backup is older than the first key. The journal identifies its file by the hash. */
    @Test
    void listsAnOldUnsignedBackupThatTheJournalHasAsVerified() {
        Inventory inventory = new Inventory(
                List.of(
                        with(stored("app", "app/app-2.dump.zst"), NOW, ManifestSignature.VALID),
                        with(stored("wiki", "wiki/wiki-1.dump.zst"), NOW.minusSeconds(60), ManifestSignature.MISSING)),
                Map.of());

        assertThat(CardText.of(inventory, verified("wiki-1"), SERVER, NOW))
                .contains("zstd -dc wiki/wiki-1.dump.zst | pg_restore");
        for (Map<String, String> another : List.of(Map.of("wiki-1", "cd".repeat(32)), Map.of("wiki-1", ""))) {
            assertThat(CardText.of(inventory, another, SERVER, NOW))
                    .contains("\nNot listed: `wiki/wiki-1.dump.zst`: ")
                    .doesNotContain("zstd -dc wiki");
        }
    }

    /** Without a key, the id of a verified backup does not vouch for a file with another name. */
    @Test
    void theIdOfAnotherFileIsNoVerification() {
        StoredBackup copy = new StoredBackup(
                "evil/evil-9.dump.zst", stored("evil", "evil/wiki-1.dump.zst").manifest());

        assertThat(CardText.of(new Inventory(List.of(copy), Map.of()), verified("wiki-1"), SERVER, NOW))
                .contains("- evil: **none of its backups is verified**");
    }

    @Test
    void everyTextOfAManifestIsOnOneLineWithoutControlCharacters() throws Exception {
        String odd = "\u001b[31mx\ny\u009b2J\u202ez' `id` $(id)\nEND";
        StoredBackup plain = stored(odd, "odd/odd-1.dump.zst");
        ObjectMapper json = Json.mapper();
        ObjectNode manifest = json.valueToTree(plain.manifest());
        manifest.set("surroundings", json.readTree("""
                {"encoding": "UTF8", "provider": "i", "collate": "C", "ctype": "C", "locale": "und", "roles": [],
                 "schemas": {}, "icuRules": "&a\\n < b"}
                """));

        String card = CardText.of(
                new Inventory(
                        List.of(new StoredBackup(plain.path(), json.treeToValue(manifest, Manifest.class))), Map.of()),
                Map.of(),
                SERVER,
                NOW);

        assertThat(card.lines().toList())
                .noneMatch(line -> line.matches(".*[\\p{Cc}\\p{Cf}].*"))
                .filteredOn(line -> line.equals("END"))
                .hasSize(1);
        String made = card.lines()
                .filter(line -> line.startsWith("createdb "))
                .findFirst()
                .orElseThrow();
        Process owner = new ProcessBuilder("sh", "-c", made.replace("createdb ", "printf '<%s>' ")).start();
        assertThat(new String(owner.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith("<-T><template0><-O><" + odd + "><-E><UTF8>")
                .contains("<--icu-rules=&a\n < b>");
    }

    @Test
    void noMoreDatabasesAreListedThanFitIntoMemory() {
        List<StoredBackup> many = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            String name = "x".repeat(200) + (10_000 + i);
            many.add(stored(name, name + "/" + i + ".dump.zst"));
        }

        String card = CardText.of(new Inventory(many, Map.of()), Map.of(), SERVER, NOW);

        assertThat(card).hasSizeLessThan(3_000_000).containsPattern("since there are too many: \\d{3} databases");
    }

    private static StoredBackup with(StoredBackup backup, Instant startedAt, ManifestSignature signature) {
        ObjectNode manifest = Json.mapper().valueToTree(backup.manifest());
        manifest.put("startedAt", startedAt.toString());
        return new StoredBackup(backup.path(), Json.mapper().convertValue(manifest, Manifest.class), signature);
    }

    @Test
    void writesTheWholeCardWithoutLeftovers(@TempDir Path root) throws Exception {
        Store store = new Store(root, Json.mapper());
        RecoveryCard card = new RecoveryCard(store, SERVER, Clock.fixed(NOW, ZoneOffset.UTC));
        card.write(verified());
        card.write(verified());
        try (Stream<Path> files = Files.list(root)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("RECOVERY.md");
        }
        assertThat(root.resolve("RECOVERY.md"))
                .content()
                .startsWith("# Restore without pgsteward\n\npgsteward wrote this file at " + NOW);
    }

    @Test
    void removesOldPartFilesButNoRecentOnes(@TempDir Path root) throws Exception {
        for (String name : List.of(".RECOVERY.md.4711.part", ".RECOVERY.md.4712.part", "wiki.part")) {
            Files.writeString(root.resolve(name), "half");
            Files.setLastModifiedTime(
                    root.resolve(name), FileTime.from(NOW.minus(Duration.ofMinutes(name.contains("4712") ? 50 : 70))));
        }

        new RecoveryCard(new Store(root, Json.mapper()), SERVER, Clock.fixed(NOW, ZoneOffset.UTC)).write(verified());

        try (Stream<Path> files = Files.list(root)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("RECOVERY.md", ".RECOVERY.md.4712.part", "wiki.part");
        }
    }

    /**
     * Returns the card of a store with one backup.
     *
     * @param surroundings the surroundings of its database, as JSON
     */
    private static String cardOfWiki(String surroundings) throws IOException {
        StoredBackup plain = stored("wiki", "wiki/wiki-1.dump.zst");
        ObjectMapper json = Json.mapper();
        ObjectNode manifest = json.valueToTree(plain.manifest());
        manifest.set("surroundings", json.readTree(surroundings));
        return CardText.of(
                new Inventory(
                        List.of(new StoredBackup(plain.path(), json.treeToValue(manifest, Manifest.class))), Map.of()),
                verified("wiki-1"),
                SERVER,
                NOW);
    }

    private static Map<String, String> verified(String... ids) {
        return Stream.of(ids).collect(Collectors.toMap(id -> id, id -> "ab".repeat(32)));
    }

    private static StoredBackup stored(String service, String path) {
        return new StoredBackup(
                path,
                new Manifest(
                        new Manifest.Identity(
                                path.substring(path.indexOf('/') + 1, path.indexOf('.')),
                                "00000000-0000-0000-0000-000000000001",
                                ""),
                        new Manifest.Source(service, service, service, "", "dump"),
                        new Manifest.Run(NOW, NOW, "15.8", "15"),
                        new Manifest.File(
                                path.substring(path.indexOf('/') + 1), "ab".repeat(32), 10, 20, List.of(), ""),
                        new Manifest.Contents(Map.of(), Map.of(), DatabaseEnvironment.UNKNOWN),
                        List.of()));
    }
}
