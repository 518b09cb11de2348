package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.ChildJava;
import org.pgsteward.SmallDisk;
import org.pgsteward.TestHost;
import org.pgsteward.backup.copy.CopyHost;
import org.pgsteward.backup.copy.CopyPass;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.NeedsPostgres;

/** Restores from a folder target on another machine: a new cluster, a new state folder, no store and no journal. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RestoreFromTargetIT {
    private static final String CONTENT =
            "SELECT md5(string_agg(n || text, ',' ORDER BY n)) || ' ' || count(*) FROM public.notes";

    private CopyHost burnt;
    private Path copies;
    private Backup app;
    private Backup globals;
    private TestHost here;
    private Path folder;

    @BeforeAll
    void copyBackups() throws Exception {
        burnt = new CopyHost();
        copies = Files.createDirectory(burnt.host.folder().resolve("other-disk"));
        burnt.start(Map.of("pgsteward.copy.folder.dir", copies.toString()));
        burnt.host.cluster().run("homelab", "CREATE ROLE app LOGIN", "CREATE DATABASE app OWNER app");
        burnt.host
                .cluster()
                .run(
                        "app",
                        "CREATE TABLE public.notes AS SELECT n, md5(n::text) AS text FROM generate_series(1, 10000) n",
                        "ALTER TABLE public.notes OWNER TO app");
        burnt.backUp("app");
        burnt.host.cluster().run("app", "INSERT INTO public.notes VALUES (10001, 'newer')");
        app = burnt.backUp("app");
        burnt.backUp("other");
        globals = burnt.backUp(BackupKind.GLOBALS);
        assertThat(burnt.copyTo("folder")).isEqualTo(new CopyPass.Result(4, 0, Optional.empty()));
        burnt.backUp("homelab");
        assertThat(burnt.copyTo("folder")).isEqualTo(new CopyPass.Result(1, 0, Optional.empty()));
        burnt.stop();
    }

    @AfterAll
    void remove() throws Exception {
        burnt.close();
    }

    /** Each test may damage its own files at the target. */
    @BeforeEach
    void start() throws Exception {
        here = TestHost.start();
        folder = here.folder().resolve("target");
        Process copied = new ProcessBuilder("cp", "-r", copies.toString(), folder.toString()).start();
        assertThat(copied.waitFor()).isZero();
        here.environment().put("PGSTEWARD_COPY_FOLDER_DIR", folder.toString());
    }

    @AfterEach
    void stop() throws Exception {
        here.close();
    }

    private CommandRun run(String... arguments) throws Exception {
        return CommandRun.on(here, arguments);
    }

    private List<Path> fetched() throws IOException {
        Path scratch = here.folder().resolve("state/scratch");
        try (var children = Files.list(scratch)) {
            return children.filter(child -> child.getFileName().toString().startsWith("fetch-"))
                    .toList();
        }
    }

    @Test
    void restoresEverythingOnAnEmptyMachine() throws Exception {
        CommandRun all = run("restore", "--all", "--from", "folder");

        assertThat(all.code()).as(all.toString()).isZero();
        assertThat(all.err()).isEmpty();
        assertThat(here.rows("app", CONTENT)).isEqualTo(burnt.host.rows("app", CONTENT));
        assertThat(here.rows("other", CONTENT)).isEqualTo(burnt.host.rows("other", CONTENT));
        for (Backup backup : List.of(app, globals)) {
            String path = backup.path().orElseThrow();
            assertThat(here.store().resolve(path)).hasBinaryContent(burnt.stored(path));
        }
        assertThat(here.rows("homelab", "SELECT count(*) FROM public.backup_copy WHERE state = 'there'"))
                .containsExactly("4");
        // Otherwise its absence would raise an alert, and each pass of copies would fail.
        assertThat(here.rows("homelab", "SELECT service_name FROM public.backup_log WHERE state = 'expired'"))
                .as("the older backup, which stays at the target")
                .containsExactly("app");
        assertThat(fetched()).isEmpty();
    }

    @Test
    void restoresOneDatabaseWithoutStore() throws Exception {
        here.cluster().run("homelab", "CREATE ROLE app LOGIN");

        CommandRun one = run("restore", "app", "--from", "folder", "--into", "app_back");

        assertThat(one.code()).as(one.toString()).isZero();
        assertThat(one.out()).startsWith("app: restored " + app.id()).contains("10,001 rows in 1 table");
        assertThat(here.rows("app_back", CONTENT)).isEqualTo(burnt.host.rows("app", CONTENT));
        assertThat(here.store()).doesNotExist();
        assertThat(fetched()).isEmpty();

        CommandRun folderOfStore = run("restore", "app", "--from", folder.toString(), "--into", "app_again");
        assertThat(folderOfStore.code()).as(folderOfStore.toString()).isZero();
        assertThat(here.rows("app_again", CONTENT)).isEqualTo(burnt.host.rows("app", CONTENT));
    }

    @Test
    void damagedAndMissingFilesAreRefusedAndLeaveNothing() throws Exception {
        here.cluster().run("homelab", "CREATE ROLE app LOGIN");
        Path file = folder.resolve(app.path().orElseThrow());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);

        CommandRun damaged = run("restore", "app", "--from", "folder", "--into", "app_back");
        assertThat(damaged.code()).as(damaged.toString()).isEqualTo(1);
        assertThat(damaged.err())
                .hasLineCount(1)
                .startsWith("pgsteward: cannot fetch " + app.path().orElseThrow() + " from folder: its SHA-256 is ");

        Files.delete(file);
        CommandRun missing = run("restore", "app", "--from", "folder", "--into", "app_back");
        assertThat(missing.code()).as(missing.toString()).isEqualTo(1);
        assertThat(missing.err())
                .hasLineCount(1)
                .startsWith("pgsteward: cannot fetch " + app.path().orElseThrow() + " from folder: ");
        assertThat(here.rows("homelab", "SELECT 1 FROM pg_database WHERE datname LIKE 'app%'"))
                .isEmpty();
        assertThat(fetched()).isEmpty();

        CommandRun all = run("restore", "--all", "--from", "folder");
        assertThat(all.code()).as(all.toString()).isEqualTo(2);
        assertThat(all.err()).contains("is not empty (role app)");
    }

    @Test
    void aBackupThatIsNoDumpIsRefusedBeforeItIsFetched() throws Exception {
        CommandRun roles = run("restore", "_globals", "--from", "folder", "--into", "x");
        assertThat(roles.code()).as(roles.toString()).isEqualTo(2);
        assertThat(roles.err())
                .isEqualTo("pgsteward: cannot restore " + globals.path().orElseThrow() + ": it is not a dump of one"
                        + " database; use the commands in RECOVERY.md at folder, or 'pgsteward restore --all --from"
                        + " folder' for an empty server");
        CommandRun none = run("restore", "nope", "--from", "folder", "--into", "x");
        assertThat(none.err())
                .isEqualTo(
                        "pgsteward: there is no backup of 'nope' at folder; 'pgsteward backups --at folder' lists all"
                                + " backups");
    }

    @Test
    void anOlderBackupReplacesADamagedOne() throws Exception {
        Files.delete(folder.resolve(app.path().orElseThrow()));

        CommandRun all = run("restore", "--all", "--from", "folder");

        assertThat(all.code()).as(all.toString()).isEqualTo(1);
        assertThat(all.out()).contains("missing: cannot fetch " + app.path().orElseThrow() + " from folder: ");
        assertThat(here.rows("app", "SELECT count(*) FROM public.notes")).containsExactly("10000");
    }

    @Test
    void aSmallDiskIsRefusedBeforeTheFirstByte() throws Exception {
        here.cluster().run("homelab", "CREATE ROLE app LOGIN");
        try (SmallDisk disk = SmallDisk.of("2m")) {
            disk.leave(130_000);
            here.environment().put("PGSTEWARD_SCRATCH_DIR", disk.folder().toString());
            CommandRun one = run("restore", "app", "--from", "folder", "--into", "app_back");
            assertThat(one.code()).as(one.toString()).isEqualTo(1);
            assertThat(one.err()).hasLineCount(1).contains("free; make room there");
        }
    }

    @Test
    void wrongNamesAreRefusedWithTheTargets() throws Exception {
        CommandRun wrong = run("restore", "app", "--from", "nas", "--into", "app_back");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err())
                .hasLineCount(1)
                .startsWith("pgsteward: there is no target and no folder 'nas'; the targets are folder");

        here.environment().remove("PGSTEWARD_COPY_FOLDER_DIR");
        CommandRun off = run("restore", "--all", "--from", "folder");
        assertThat(off.code()).isEqualTo(2);
        assertThat(off.err()).isEqualTo("pgsteward: the target folder is switched off; set PGSTEWARD_COPY_FOLDER_DIR");
    }

    @Test
    void aKilledRunContinuesAndLeavesNothing() throws Exception {
        int code = 137;
        for (int millis = 900; code == 137 && millis < 60_000; millis += 500) {
            ProcessBuilder command = new ProcessBuilder(ChildJava.steward("restore", "--all", "--from", "folder"))
                    .redirectErrorStream(true)
                    .redirectOutput(here.folder().resolve("killed.out").toFile());
            command.environment().keySet().removeIf(name -> name.startsWith("PGSTEWARD_"));
            command.environment().putAll(here.environment());
            Process process = command.start();
            if (!process.waitFor(millis, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
            code = process.waitFor();
        }
        // A run that is killed after its last step leaves a complete server, which is no longer empty.
        assertThat(code)
                .as(Files.readString(here.folder().resolve("killed.out")))
                .isIn(0, 2);
        assertThat(here.rows("app", CONTENT)).isEqualTo(burnt.host.rows("app", CONTENT));
        assertThat(here.rows("other", CONTENT)).isEqualTo(burnt.host.rows("other", CONTENT));
        assertThat(fetched()).isEmpty();
        assertThat(CopyHost.filesIn(here.store())).noneMatch(name -> name.endsWith(".part"));
    }

    @Test
    void theFilesOfOthersAtTheTargetAreHarmless() throws Exception {
        Path service = Files.createDirectory(folder.resolve("junk"));
        for (int n = 0; n < 100_000; n++) {
            Files.createFile(service.resolve("junk-" + "x".repeat(100) + n + (n % 2 == 0 ? ".manifest.json" : "")));
        }
        Path dump = folder.resolve(app.path().orElseThrow());
        Path manifest = folder.resolve(app.path().orElseThrow() + ".manifest.json");
        Files.createSymbolicLink(folder.resolve("app/link.manifest.json"), manifest);
        Files.createSymbolicLink(folder.resolve("all"), folder.resolve("app"));

        CommandRun list = run("backups", "--at", "folder");
        assertThat(list.code()).as(list.toString()).isZero();
        assertThat(list.out().lines()).hasSize(6);
        assertThat(list.err()).contains("45,000 manifests at folder not fetched, since there are too many");

        here.cluster().run("homelab", "CREATE ROLE app LOGIN");
        Files.move(dump, folder.resolve("elsewhere"));
        Files.createSymbolicLink(dump, folder.resolve("elsewhere"));
        CommandRun linked = run("restore", "app", "--from", "folder", "--into", "app_back");
        assertThat(linked.code()).as(linked.toString()).isEqualTo(1);
        assertThat(linked.err()).contains("it is a symbolic link");
    }
}
