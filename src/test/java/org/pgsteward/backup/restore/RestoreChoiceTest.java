package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.store.DatabaseEnvironment;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Manifest;
import org.pgsteward.backup.store.StoredBackup;

@Tag("fast")
class RestoreChoiceTest {
    private static final Instant FIRST = Instant.parse("2026-03-01T03:00:00Z");

    @Test
    void choosesTheNewestBackupIfNoneIsAltered() {
        RestoreChoice choice = choice(inventory(backup("wiki", "wiki", 1), backup("wiki", "wiki", 2)), "wiki");

        assertThat(choice.backup().orElseThrow().path()).isEqualTo("wiki/wiki-2.dump.zst");
        assertThat(choice.passedOver()).isEmpty();
    }

    @Test
    void alteredOnesArePassedOverNewestFirstAndOlderOnesAreNotNamed() {
        Inventory inventory = inventory(
                backup("wiki", "wiki", 1),
                backup("wiki", "wiki", 2),
                backup("wiki", "wiki", 3),
                backup("wiki", "wiki", 4));

        RestoreChoice choice = choice(inventory, "wiki", "wiki-1", "wiki-3", "wiki-4");

        assertThat(choice.backup().orElseThrow().path()).isEqualTo("wiki/wiki-2.dump.zst");
        assertThat(choice.passedOver())
                .containsExactly(
                        Map.entry("wiki/wiki-4.dump.zst", "altered"), Map.entry("wiki/wiki-3.dump.zst", "altered"));
    }

    @Test
    void whereAllAreAlteredTheNewestIsLeftToBeRefused() {
        RestoreChoice choice =
                choice(inventory(backup("wiki", "wiki", 1), backup("wiki", "wiki", 2)), "wiki", "wiki-1", "wiki-2");

        assertThat(choice.backup().orElseThrow().path()).isEqualTo("wiki/wiki-2.dump.zst");
        assertThat(choice.passedOver()).isEmpty();
    }

    /** With a forged backup a program could choose another service's database for the restore of this one. */
    @Test
    void anAlteredBackupDoesNotDefineTheServicesDatabase() {
        Inventory inventory =
                inventory(backup("wiki", "wiki", 1), backup("evil", "evil", 2), backup("wiki", "evil", 3));

        RestoreChoice choice = choice(inventory, "wiki", "wiki-3");

        assertThat(choice.backup().orElseThrow().path()).isEqualTo("wiki/wiki-1.dump.zst");
        assertThat(choice.passedOver()).containsOnlyKeys("wiki/wiki-3.dump.zst");
    }

    @Test
    void namesNewerUnreadableManifestsOfTheFolder() {
        Inventory readable = inventory(backup("wiki", "wiki", 2));
        Inventory inventory = new Inventory(
                readable.backups(),
                Map.of(
                        "wiki/wiki-1.dump.zst.manifest.json", "torn",
                        "wiki/wiki-3.dump.zst.manifest.json", "torn",
                        "app/wiki-4.dump.zst.manifest.json", "torn"));

        assertThat(choice(inventory, "wiki").passedOver())
                .containsExactly(Map.entry("wiki/wiki-3.dump.zst.manifest.json", "it cannot be read: torn"));
    }

    @Test
    void aDatabaseNamedLikeTheBaseBackupsUsesItsDumps() {
        StoredBackup old = backup("_base", "_base", 1);
        StoredBackup dump = backup("_base~0123abcd", "_base", 2);
        StoredBackup base = backup("_base", "homelab", 3, "base");

        assertThat(choice(inventory(old, dump, base), "_base").backup()).contains(dump);
        assertThat(choice(inventory(old, base), "_base").backup()).contains(old);
        assertThat(choice(inventory(base), "_base").backup()).contains(base);
        assertThat(choice(inventory(dump, base), "_base~0123abcd").backup()).contains(dump);
    }

    @Test
    void anUnknownNameHasNoBackup() {
        assertThat(choice(inventory(backup("wiki", "wiki", 1)), "app").backup()).isEmpty();
    }

    @Test
    void theNewestNotAfterAMomentIsOfThatServiceAlone() {
        Inventory inventory = inventory(
                backup("app", "app", 1),
                backup("app", "app", 2),
                backup("app", "app", 3),
                backup("app-test", "testing", 9));

        assertThat(at(inventory, "app", FIRST.plusSeconds(86_400L * 2))).contains("app-2");
        assertThat(at(inventory, "app", FIRST.plusSeconds(86_400L * 2 - 1))).contains("app-1");
        assertThat(at(inventory, "app", FIRST.plusSeconds(86_400L * 300))).contains("app-3");
        assertThat(at(inventory, "app", FIRST.minusSeconds(86_400))).isEmpty();
    }

    @Test
    void anAdoptedDatabaseHasOneNewestBackupUnderBothNames() {
        Inventory inventory = inventory(
                backup("app", "app", 1), backup("app", "app", 2), backup("app", "app", 3), backup("webapp", "app", 4));

        for (String name : List.of("app", "webapp")) {
            assertThat(at(inventory, name, FIRST.plusSeconds(86_400L * 300))).contains("webapp-4");
            assertThat(at(inventory, name, FIRST.plusSeconds(86_400L * 3 + 43_200)))
                    .contains("app-3");
        }
    }

    private static Optional<String> at(Inventory inventory, String service, Instant moment) {
        return RestoreChoice.of(inventory, service, Optional.of(moment), backup -> Optional.empty())
                .backup()
                .map(backup -> backup.manifest().identity().backupId());
    }

    private static RestoreChoice choice(Inventory inventory, String name, String... altered) {
        Set<String> ids = Set.of(altered);
        return RestoreChoice.of(
                inventory,
                name,
                Optional.empty(),
                backup -> ids.contains(backup.manifest().identity().backupId())
                        ? Optional.of("altered")
                        : Optional.empty());
    }

    private static Inventory inventory(StoredBackup... backups) {
        List<StoredBackup> sorted = new ArrayList<>(Arrays.asList(backups));
        sorted.sort(Comparator.comparing(
                        (StoredBackup backup) -> backup.manifest().run().startedAt())
                .reversed());
        return new Inventory(sorted, Map.of());
    }

    private static StoredBackup backup(String service, String database, int day) {
        return backup(service, database, day, "dump");
    }

    private static StoredBackup backup(String service, String database, int day, String kind) {
        String id = service + "-" + day;
        Instant at = FIRST.plusSeconds(86_400L * day);
        return new StoredBackup(
                service + "/" + id + ".dump.zst",
                new Manifest(
                        new Manifest.Identity(id, "00000000-0000-0000-0000-000000000001", ""),
                        new Manifest.Source(service, database, "owner", "", kind),
                        new Manifest.Run(at, at, "15.0", "15"),
                        new Manifest.File(id + ".dump.zst", "00", 8, 80, List.of(), ""),
                        new Manifest.Contents(Map.of(), Map.of(), DatabaseEnvironment.UNKNOWN),
                        List.of()));
    }
}
