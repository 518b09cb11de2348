package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.alert.Alert;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.store.Store;
import org.pgsteward.journal.CopyStatus;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.overview.CopyTexts;
import org.pgsteward.overview.Overview;
import org.pgsteward.postgres.NeedsPostgres;

/** Drills of copies in a folder, and the alerts about damaged and overdue copies. */
@NeedsPostgres
class CopyDrillIT {
    private CopyHost here;
    private Path folder;
    private Wiring wiring;
    private CopyDrill drill;
    private CopyWatch watch;

    @BeforeEach
    void start() throws Exception {
        here = new CopyHost();
        folder = Files.createDirectory(here.host.folder().resolve("other-disk"));
        restart(Map.of("pgsteward.copy.folder.dir", folder.toString()));
    }

    private void restart(Map<String, String> settings) throws Exception {
        wiring = here.start(settings);
        drill = wiring.copyDrill();
        watch = wiring.copyWatch();
    }

    @AfterEach
    void close() throws Exception {
        here.close();
    }

    private CopyDrill.Result drill() throws Exception {
        here.awaitRows();
        here.clock.pass(Duration.ofMinutes(1));
        CopyTarget target = wiring.copyTargets().all().get(0);
        CopyDrill.Result result = drill.run(target, wiring.copyTargets().place(target.name()), 1);
        here.awaitRows();
        assertThat(CopyHost.filesIn(here.host.folder().resolve("state/scratch")))
                .noneMatch(name -> name.startsWith("fetch-"));
        return result;
    }

    private List<String> firing(String kind) {
        return wiring.alerts.firing().stream()
                .filter(alert -> alert.kind().equals(kind))
                .map(Alert::last)
                .map(Alert.Cause::reason)
                .toList();
    }

    private Path copy(Backup backup) {
        return folder.resolve(backup.path().orElseThrow());
    }

    private static CopyDrill.Result good() {
        return new CopyDrill.Result(1, List.of(), Optional.empty());
    }

    @Test
    void copiesAreVerifiedOneAfterTheOther() throws Exception {
        Backup app = here.backUp("app");
        Backup globals = here.backUp(BackupKind.GLOBALS);
        here.copyTo("folder");

        assertThat(drill()).isEqualTo(good());
        assertThat(drill()).isEqualTo(good());

        assertThat(here.copies("folder")).containsExactly(app.id() + " verified", globals.id() + " verified");
        assertThat(firing(CopyAlerts.DAMAGED)).isEmpty();
    }

    @Test
    void anAlteredCopyIsReportedOnceAndReplaced() throws Exception {
        Backup app = here.backUp("app");
        here.copyTo("folder");
        byte[] bytes = Files.readAllBytes(copy(app));
        bytes[bytes.length / 2] ^= 1;
        Files.write(copy(app), bytes);

        assertThat(drill().damaged()).containsExactly(app.id());
        assertThat(here.copies("folder")).containsExactly(app.id() + " failed");
        assertThat(firing(CopyAlerts.DAMAGED))
                .singleElement()
                .asString()
                .contains(app.id(), "its SHA-256 there is", "are not affected", "copied again");
        watch.report();
        assertThat(here.host.notices("copy-damaged", "folder"))
                .singleElement()
                .asString()
                .startsWith("firing [critical]");
        assertThat(firing(CopyAlerts.OVERDUE)).isEmpty();

        here.copyTo("folder");
        assertThat(copy(app)).hasBinaryContent(here.stored(app.path().orElseThrow()));
        watch.report();
        assertThat(firing(CopyAlerts.DAMAGED)).isEmpty();
        assertThat(drill()).isEqualTo(good());
        assertThat(firing(CopyAlerts.DAMAGED)).isEmpty();
    }

    @Test
    void removedCopiesAreFoundTogetherAndCopiedAgain() throws Exception {
        Backup app = here.backUp("app");
        Backup wiki = here.backUp("wiki");
        Backup shop = here.backUp("shop");
        here.copyTo("folder");
        Files.delete(copy(wiki));
        Files.delete(copy(app));

        assertThat(drill().damaged()).containsExactlyInAnyOrder(app.id(), wiki.id());
        assertThat(here.copies("folder"))
                .containsExactly(app.id() + " failed", wiki.id() + " failed", shop.id() + " verified");

        assertThat(here.copyTo("folder").copied()).isEqualTo(2);
        watch.report();
        assertThat(firing(CopyAlerts.DAMAGED)).isEmpty();
        assertThat(copy(app)).exists();
    }

    @Test
    void aCopyThatIsNoLongerHereStaysReported() throws Exception {
        Backup app = here.backUp("app");
        here.copyTo("folder");
        here.host
                .cluster()
                .run("homelab", "UPDATE public.backup_log SET state = 'expired' WHERE backup_id = '" + app.id() + "'");
        Files.delete(here.host.store().resolve(app.path().orElseThrow()));
        Files.writeString(copy(app), "altered");

        drill();

        assertThat(firing(CopyAlerts.DAMAGED)).singleElement().asString().contains("cannot be copied again");
        here.copyTo("folder");
        watch.report();
        assertThat(here.copies("folder")).containsExactly(app.id() + " failed");
        assertThat(copy(app)).hasContent("altered");
        assertThat(firing(CopyAlerts.DAMAGED)).hasSize(1);
        here.clock.pass(Duration.ofHours(12));
        Backup next = here.backUp("app");
        here.host
                .cluster()
                .run("homelab", "UPDATE public.backup_log SET set_id = 'night' WHERE backup_id = '" + next.id() + "'");
        watch.report();
        assertThat(firing(CopyAlerts.DAMAGED)).hasSize(1);
        here.copyTo("folder");
        watch.report();
        assertThat(firing(CopyAlerts.DAMAGED)).isEmpty();
    }

    @Test
    void theStateOfTheCopiesIsInTheOverview() throws Exception {
        Backup app = here.backUp("app");
        Backup globals = here.backUp(BackupKind.GLOBALS);
        here.host.cluster().run("homelab", "UPDATE public.backup_log SET set_id = 'night'");
        Overview before = wiring.overviewReader().look();
        assertThat(before.host().copies()).containsExactly(CopyStatus.none("folder"));
        assertThat(CopyTexts.words(before.host().copies().get(0), before)).isEqualTo("none yet");

        here.copyTo("folder");
        drill();
        Instant newest = app.times().startedAt();
        here.clock.pass(Duration.ofHours(7));

        Overview after = wiring.overviewReader().look();
        CopyStatus folderStatus = after.host().copies().get(0);
        assertThat(folderStatus.newestCompleteSet()).contains(newest);
        assertThat(folderStatus.states()).containsEntry("there", 1L).containsEntry("verified", 1L);
        Instant drilled = globals.times().startedAt();
        assertThat(folderStatus.services())
                .containsEntry("app", new CopyStatus.OfService(Optional.of(newest), Optional.empty()))
                .containsEntry("_globals", new CopyStatus.OfService(Optional.of(drilled), Optional.of(drilled)));
        assertThat(CopyTexts.words(folderStatus, after)).isEqualTo("complete to 7 h 2 min ago, 1 of 2 verified there");
        assertThat(after.host().exposed()).isEmpty();
    }

    @Test
    void aTargetThatLacksOneOfASetIsNotComplete() throws Exception {
        Backup app = here.backUp("app");
        here.copyTo("folder");
        here.backUp("wiki");
        here.host.cluster().run("homelab", "UPDATE public.backup_log SET set_id = 'night'");
        assertThat(wiring.overviewReader().look().host().copies())
                .singleElement()
                .satisfies(status -> {
                    assertThat(status.newestCompleteSet()).isEmpty();
                    assertThat(status.has("app", app.times().startedAt())).isTrue();
                    assertThat(status.services()).doesNotContainKey("wiki");
                });
    }

    @Test
    void aChangedManifestIsDamage() throws Exception {
        Backup app = here.backUp("app");
        here.copyTo("folder");
        Path manifest = folder.resolve(Store.manifestOf(app.path().orElseThrow()));
        Files.writeString(manifest, Files.readString(manifest).replace("\"server_version\"", "\"server_versiom\""));
        assertThat(drill().damaged()).containsExactly(app.id());
        here.copyTo("folder");
        assertThat(manifest)
                .hasBinaryContent(here.stored(Store.manifestOf(app.path().orElseThrow())));
        assertThat(drill()).isEqualTo(good());
    }

    @Test
    void aPlainCopyInAResticRepositoryIsVerified() throws Exception {
        Client.need("restic", "restic");
        Files.delete(folder);
        restart(Map.of(
                "pgsteward.copy.folder.dir",
                "",
                "pgsteward.copy.restic.repository",
                here.host.folder().resolve("repository").toString(),
                "pgsteward.copy.restic.password",
                "Tr0ub4dor and 3"));
        wiring.copyTargets().place("restic").check();
        Backup app = here.backUp("app");
        here.copyTo("restic");
        assertThat(drill()).isEqualTo(good());
        assertThat(here.copies("restic")).containsExactly(app.id() + " verified");
    }

    @Test
    void aMissingDiskIsNoDamage() throws Exception {
        Backup app = here.backUp("app");
        here.copyTo("folder");
        Files.move(folder, folder.resolveSibling("taken-away"));
        assertThat(drill().failure().orElseThrow()).contains("does not exist");
        Files.createDirectory(folder);
        assertThat(drill().failure().orElseThrow()).contains("its file .pgsteward-copies is missing");

        assertThat(here.copies("folder")).containsExactly(app.id() + " there");
        assertThat(firing(CopyAlerts.DAMAGED)).isEmpty();
    }

    @Test
    void aTargetThatWasNeverReachedIsOverdue() throws Exception {
        Path absent = here.host.folder().resolve("absent");
        restart(Map.of("pgsteward.copy.folder.dir", absent.toString()));
        Backup app = here.backUp("app");
        here.host
                .cluster()
                .run("homelab", "UPDATE public.backup_log SET set_id = 'night' WHERE backup_id = '" + app.id() + "'");
        here.copyTo("folder");
        watch.report();
        here.clock.pass(Duration.ofHours(35));
        watch.report();
        assertThat(firing(CopyAlerts.OVERDUE)).isEmpty();

        here.clock.pass(Duration.ofHours(2));
        watch.report();
        assertThat(firing(CopyAlerts.OVERDUE))
                .singleElement()
                .asString()
                .contains(
                        "no complete set of backups is at folder",
                        "has lacked verified backups of app",
                        "the limit is 1 day 12 h");

        Files.createDirectory(absent);
        here.copyTo("folder");
        watch.report();
        assertThat(firing(CopyAlerts.OVERDUE)).isEmpty();
        here.clock.pass(Duration.ofDays(40));
        watch.report();
        assertThat(firing(CopyAlerts.OVERDUE)).isEmpty();
    }
}
