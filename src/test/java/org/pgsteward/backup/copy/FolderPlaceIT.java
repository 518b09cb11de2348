package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.SmallDisk;
import org.pgsteward.backup.copy.ends.MountedFolder;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.NeedsPostgres;

/** Copies into a folder on another disk. */
@NeedsPostgres
class FolderPlaceIT {
    private CopyHost here;
    private Path folder;

    @BeforeEach
    void start() throws Exception {
        here = new CopyHost();
        folder = Files.createDirectory(here.host.folder().resolve("other-disk"));
        here.start(Map.of("pgsteward.copy.folder.dir", folder.toString()));
    }

    @AfterEach
    void close() throws Exception {
        here.close();
    }

    @Test
    void everyVerifiedBackupIsCopiedWithItsManifest() throws Exception {
        Backup app = here.backUp("app");
        Backup globals = here.backUp(BackupKind.GLOBALS);

        CopyPass.Result result = here.copyTo("folder");

        assertThat(result).isEqualTo(new CopyPass.Result(2, 0, Optional.empty()));
        assertThat(here.copies("folder")).containsExactly(app.id() + " there", globals.id() + " there");
        here.assertCopied(folder, app, globals);
        assertThat(folder.resolve("RECOVERY.md")).content().contains("cp -r " + folder + "/. backups", app.id());
        assertThat(CopyHost.filesIn(folder)).noneMatch(name -> name.endsWith(".part"));
    }

    @Test
    void backupsOfAnUnchangedDatabaseShareTheirCopy() throws Exception {
        Backup first = here.backUp("app");
        here.copyTo("folder");
        Backup second = here.backUp("app");
        assertThat(second.file().sha256()).isEqualTo(first.file().sha256());

        assertThat(here.copyTo("folder")).isEqualTo(new CopyPass.Result(1, 0, Optional.empty()));

        assertThat(Files.isSameFile(copyOf(first), copyOf(second))).isTrue();
        here.assertCopied(folder, first, second);
        Files.delete(copyOf(first));
        here.assertCopied(folder, second);
    }

    /** Otherwise the new copy would have the damage of the old one. */
    @Test
    void aDamagedCopyGetsNoOtherName() throws Exception {
        Backup first = here.backUp("app");
        here.copyTo("folder");
        byte[] bytes = Files.readAllBytes(copyOf(first));
        bytes[bytes.length / 2] ^= 1;
        Files.write(copyOf(first), bytes);
        Backup second = here.backUp("app");

        here.copyTo("folder");

        assertThat(Files.isSameFile(copyOf(first), copyOf(second))).isFalse();
        here.assertCopied(folder, second);
    }

    private Path copyOf(Backup backup) {
        return folder.resolve(backup.path().orElseThrow());
    }

    @Test
    void aSecondPassSendsNothing() throws Exception {
        here.backUp("app");
        here.copyTo("folder");
        assertThat(here.copyTo("folder")).isEqualTo(new CopyPass.Result(0, 0, Optional.empty()));
    }

    @Test
    void copiesThatThePolicyDropsAreRemovedAndOthersFilesStay() throws Exception {
        Path other = Files.writeString(folder.resolve("holiday.jpg"), "not ours");
        Backup first = here.backUp("app");
        here.copyTo("folder");
        here.clock.pass(Duration.ofDays(1));
        Backup second = here.backUp("app");

        here.copyTo("folder", Optional.of(RetentionPolicy.parse("test", "last=1")));

        assertThat(here.copies("folder")).containsExactly(first.id() + " removed", second.id() + " there");
        assertThat(CopyHost.filesIn(folder))
                .contains(second.path().orElseThrow(), "holiday.jpg")
                .noneMatch(name -> name.contains(first.id()));
        assertThat(other).hasContent("not ours");
    }

    @Test
    void intactCopiesThatARestoredJournalDoesNotKnowAreCounted() throws Exception {
        Backup intact = here.backUp("app");
        here.host.cluster().run("app", "CREATE TABLE public.new_since (n INT)");
        Backup altered = here.backUp("app");
        here.copyTo("folder");
        here.host
                .cluster()
                .run(
                        "homelab",
                        "UPDATE public.backup_copy SET state = 'due', copied_at = NULL, checked_at = NULL, said_at = NULL",
                        "UPDATE public.backup_log SET state = 'expired' WHERE backup_type = 'dump'");
        Files.writeString(folder.resolve(altered.path().orElseThrow()), "x", StandardOpenOption.APPEND);

        assertThat(here.copyTo("folder").failure()).isEmpty();

        assertThat(here.copies("folder")).containsExactly(intact.id() + " there", altered.id() + " removed");
        assertThat(CopyHost.filesIn(folder)).contains(altered.path().orElseThrow());
    }

    @Test
    void missingMountIsRefused() throws Exception {
        Backup app = here.backUp("app");
        try (SmallDisk disk = SmallDisk.of("20m")) {
            here.start(Map.of(
                    "pgsteward.copy.folder.dir", disk.folder().toString(),
                    "pgsteward.copy.folder.mountpoint", disk.folder().toString()));
            assertThat(here.copyTo("folder").failure()).isEmpty();
        }
        Files.createDirectory(folder.resolveSibling("unmounted"));
        here.start(Map.of(
                "pgsteward.copy.folder.dir", folder.toString(),
                "pgsteward.copy.folder.mountpoint", folder.toString()));
        assertThat(here.copyTo("folder").failure())
                .hasValue("nothing is mounted at " + folder + "; mount the disk of " + folder);
        assertThat(here.copies("folder")).containsExactly(app.id() + " there");
        assertThat(CopyHost.filesIn(folder)).isEmpty();
    }

    @Test
    void aDiskRemovedDuringAPassGetsNoFile() throws Exception {
        Backup app = here.backUp("app");
        try (MountedFolder disk = MountedFolder.of("20m")) {
            FolderPlace place = new FolderPlace(disk.folder(), Optional.empty());
            place.begin(0);
            disk.unmount();
            assertThatThrownBy(() -> place.put(
                            Fixtures.outgoing(here.host.store(), app.path().orElseThrow(), true)))
                    .hasMessageContaining("has vanished during the pass");
            assertThat(disk.folder()).isEmptyDirectory();
        }
    }

    @Test
    void aKilledPassLeavesNoUnfinishedMarker() throws Exception {
        Files.writeString(folder.resolve("..pgsteward-copies.9b2f.part"), "pgste");
        new FolderPlace(folder, Optional.empty()).begin(0);
        assertThat(CopyHost.filesIn(folder)).containsExactly(".pgsteward-copies");
    }

    @Test
    void anEmptyFolderInPlaceOfTheDiskIsRefused() throws Exception {
        here.backUp("app");
        here.copyTo("folder");
        Files.move(folder, folder.resolveSibling("taken-away"));
        Files.createDirectory(folder);
        here.backUp("app");

        assertThat(here.copyTo("folder").failure().orElseThrow()).contains("its file .pgsteward-copies is missing");
        assertThat(CopyHost.filesIn(folder)).isEmpty();
    }

    @Test
    void aFileOfAnotherProgramIsNeverReplaced() throws Exception {
        Backup app = here.backUp("app");
        Path taken = folder.resolve(app.path().orElseThrow());
        Files.createDirectory(taken.getParent());
        Files.writeString(taken, "not ours");

        for (int attempt = 1; attempt <= 2; attempt++) {
            assertThat(here.copyTo("folder").failure().orElseThrow()).contains("exists with another content");
            assertThat(taken).hasContent("not ours");
            assertThat(here.copies("folder")).containsExactly(app.id() + " failed");
        }
    }

    @Test
    void aShorterPolicyMakesRoomOnAFullDisk() throws Exception {
        try (SmallDisk disk = SmallDisk.of("20m")) {
            here.start(Map.of("pgsteward.copy.folder.dir", disk.folder().toString()));
            List<Backup> days = new ArrayList<>();
            for (int day = 0; day < 3; day++) {
                here.clock.pass(Duration.ofDays(1));
                days.add(here.backUp("app"));
            }
            assertThat(here.copyTo("folder").failure()).isEmpty();
            days.add(here.backUp("app"));
            disk.fill();
            Optional<RetentionPolicy> shorter = Optional.of(RetentionPolicy.parse("test", "last=1"));

            assertThat(here.copyTo("folder", shorter).failure().orElseThrow()).contains("No space left");
            assertThat(here.copies("folder"))
                    .containsExactly(
                            days.get(0).id() + " removed",
                            days.get(1).id() + " removed",
                            days.get(2).id() + " there",
                            days.get(3).id() + " failed");

            assertThat(here.copyTo("folder", shorter).failure()).isEmpty();
            assertThat(here.copies("folder"))
                    .endsWith(days.get(2).id() + " removed", days.get(3).id() + " there");
        }
    }

    @Test
    void aFullDiskFailsTheCopyAndLeavesNoHalfFile() throws Exception {
        try (SmallDisk disk = SmallDisk.of("20m")) {
            here.start(Map.of("pgsteward.copy.folder.dir", disk.folder().toString()));
            here.copyTo("folder");
            Backup app = here.backUp("app");
            disk.fill();
            assertThat(here.copyTo("folder").failure().orElseThrow()).contains("No space left");
            assertThat(here.copies("folder")).containsExactly(app.id() + " failed");
            Files.delete(disk.folder().resolve("filler"));
            assertThat(CopyHost.filesIn(disk.folder())).containsExactly(".pgsteward-copies");

            assertThat(here.copyTo("folder").failure()).isEmpty();
            assertThat(here.copies("folder")).containsExactly(app.id() + " there");
        }
    }
}
