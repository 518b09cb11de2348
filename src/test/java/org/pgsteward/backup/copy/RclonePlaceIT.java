package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.store.Store;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.NeedsPostgres;

/** Copies by rclone into a folder of this machine, through the shipped route. */
@NeedsPostgres
class RclonePlaceIT {
    private CopyHost here;
    private Path folder;

    @BeforeEach
    void start() throws Exception {
        here = new CopyHost();
        folder = here.host.folder().resolve("other-disk");
        use("disk:" + folder);
    }

    private void use(String remote) throws Exception {
        here.start(
                Map.of("pgsteward.copy.rclone.remote", remote, "pgsteward.copy.rclone.config", """
                [disk]
                type = local

                [short]
                type = alias
                remote = disk:%s

                [secret]
                type = crypt
                remote = short:
                password = 0iCVoEFkcRcZeTvn0KUkOzDHzCz96DGkSwkpMkDIzQ
                """.formatted(folder)));
    }

    @AfterEach
    void close() throws Exception {
        here.close();
    }

    @Test
    void everyVerifiedBackupIsCopiedWithItsManifest() throws Exception {
        Backup app = here.backUp("app");
        Backup globals = here.backUp(BackupKind.GLOBALS);

        CopyPass.Result result = here.copyTo("rclone");

        assertThat(result).isEqualTo(new CopyPass.Result(2, 0, Optional.empty()));
        assertThat(here.copies("rclone")).containsExactly(app.id() + " there", globals.id() + " there");
        here.assertCopied(folder, app, globals);
        assertThat(folder.resolve("RECOVERY.md"))
                .content()
                .contains("rclone copy 'disk:" + folder + "' backups", app.id());
        assertThat(CopyHost.filesIn(folder)).noneMatch(name -> name.endsWith(".part"));
        assertThat(here.copyTo("rclone")).isEqualTo(new CopyPass.Result(0, 0, Optional.empty()));
    }

    @Test
    void aliasAndEncryptedRemotesReturnTheSameFiles() throws Exception {
        Backup app = here.backUp("app");
        String path = app.path().orElseThrow();
        for (String remote : new String[] {"short:plain/", "secret:sub"}) {
            use(remote);
            CopyPlace place = here.wiring().copyTargets().place("rclone");
            place.begin(0);
            Outgoing file = Fixtures.outgoing(here.host.store(), path, false);

            assertThat(place.put(file)).isEqualTo(CopyPlace.Stored.NOW);

            assertThat(place.list()).containsExactly(path);
            assertThat(place.has(path)).isTrue();
            try (Incoming back = place.get(path)) {
                assertThat(back.content()).hasBinaryContent(here.stored(path));
            }
            place.remove(path);
            place.remove(path);
            assertThat(place.has(path)).isFalse();
        }
        assertThat(CopyHost.filesIn(folder.resolve("plain"))).containsExactly(FolderPlace.MARKER);
    }

    @Test
    void manifestsAreFetchedAndOtherFilesAreNot() throws Exception {
        Backup app = here.backUp("app");
        here.copyTo("rclone");
        String manifest = Store.manifestOf(app.path().orElseThrow());
        Files.writeString(folder.resolve("holiday.jpg"), "not ours");
        Files.writeString(folder.resolve("app/huge.manifest.json"), "x".repeat(17 << 20));
        Path fetched = Files.createDirectory(here.host.folder().resolve("fetched"));

        CopyPlace place = here.wiring().copyTargets().place("rclone");

        assertThat(place.manifests(fetched)).hasValue(1);
        assertThat(CopyHost.filesIn(fetched)).containsExactly(manifest);
        assertThat(fetched.resolve(manifest)).hasBinaryContent(here.stored(manifest));
    }

    @Test
    void copiesThatThePolicyDropsAreRemovedAndOthersFilesStay() throws Exception {
        Backup first = here.backUp("app");
        here.copyTo("rclone");
        Path other = Files.writeString(folder.resolve("holiday.jpg"), "not ours");
        here.clock.pass(Duration.ofDays(1));
        Backup second = here.backUp("app");

        here.copyTo("rclone", Optional.of(RetentionPolicy.parse("test", "last=1")));

        assertThat(here.copies("rclone")).containsExactly(first.id() + " removed", second.id() + " there");
        assertThat(CopyHost.filesIn(folder))
                .contains(second.path().orElseThrow(), "holiday.jpg")
                .noneMatch(name -> name.contains(first.id()));
        assertThat(other).hasContent("not ours");
    }

    @Test
    void anEmptyFolderInPlaceOfTheDiskIsRefused() throws Exception {
        here.backUp("app");
        here.copyTo("rclone");
        Files.move(folder, folder.resolveSibling("taken-away"));
        here.backUp("app");

        assertThat(here.copyTo("rclone").failure().orElseThrow()).contains("its file .pgsteward-copies is missing");
        assertThat(folder).doesNotExist();
    }

    @Test
    void aFileOfAnotherProgramIsNeverReplaced() throws Exception {
        Backup app = here.backUp("app");
        Path taken = folder.resolve(app.path().orElseThrow());
        Files.createDirectories(taken.getParent());
        Files.writeString(taken, "not ours");

        for (int attempt = 1; attempt <= 2; attempt++) {
            assertThat(here.copyTo("rclone").failure().orElseThrow()).contains("exists with another content");
            assertThat(taken).hasContent("not ours");
            assertThat(here.copies("rclone")).containsExactly(app.id() + " failed");
        }
    }

    @Test
    void aLeftoverPartIsReplaced() throws Exception {
        Backup app = here.backUp("app");
        String path = app.path().orElseThrow();
        Path part = folder.resolve(path + ".part");
        Files.createDirectories(part.getParent());
        byte[] other = here.stored(path).clone();
        other[other.length / 2]++;
        Files.write(part, other);
        Files.setLastModifiedTime(
                part, Files.getLastModifiedTime(here.host.store().resolve(path)));

        assertThat(here.copyTo("rclone").failure()).isEmpty();
        assertThat(folder.resolve(path)).hasBinaryContent(here.stored(path));
        assertThat(part).doesNotExist();
    }

    @Test
    void theCheckLeavesNothing() throws Exception {
        CopyPlace place = here.wiring().copyTargets().place("rclone");
        assertThat(place.check()).isEmpty();
        assertThat(CopyHost.filesIn(folder)).isEmpty();
    }

    @Test
    void wrongConfigurationsFailTheCopiesInOneLine() throws Exception {
        Backup app = here.backUp("app");
        String secret = "0iCVoEFkcRcZeTvn0KUkOzDHzCz96DGkSwkpMkDIzQ";
        assertThat(failure("disc:x", "[disk]\ntype = local\npass = " + secret + "\n"))
                .isEqualTo("the remote is 'disc:x', and rclone.conf has no remote of that name; it has disk");
        assertThat(failure("disk:x", "[disk]\ntype = local\n" + secret + "\n"))
                .isEqualTo("line 3 of rclone.conf is neither a name in brackets nor KEY = VALUE; write it with"
                        + " `rclone config`");
        assertThat(failure("nas:x", "[nas]\ntype = sftp\nhost = localhost\npass = " + secret + "\n"))
                .startsWith("the remote 'nas' trusts any server; run `ssh-keyscan localhost > known_hosts`");
        assertThat(failure("x:y", "[x]\ntype = nonsense\npass = " + secret + "\n"))
                .contains("didn't find backend called \"nonsense\"")
                .doesNotContain(secret);
        assertThat(here.copies("rclone")).containsExactly(app.id() + " due");
    }

    private String failure(String remote, String config) throws Exception {
        here.start(Map.of("pgsteward.copy.rclone.remote", remote, "pgsteward.copy.rclone.config", config));
        return here.copyTo("rclone").failure().orElseThrow();
    }

    @Test
    void contentWithBracesReachesRcloneAsItIs() throws Exception {
        String config = "[disk]\ntype = local\ntoken = {\"a\":{\"b\":\"{{pgsteward.backup.dir}} ${body}\"}}\n";
        here.start(Map.of("pgsteward.copy.rclone.remote", "disk:" + folder, "pgsteward.copy.rclone.config", config));
        Backup app = here.backUp("app");
        assertThat(here.copyTo("rclone").failure()).isEmpty();
        assertThat(here.copies("rclone")).containsExactly(app.id() + " there");
        assertThat(here.host.folder().resolve("state/copies/rclone/rclone.conf"))
                .hasContent(config);
    }
}
