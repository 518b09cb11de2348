package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.CardShell;
import org.pgsteward.backup.Contents;
import org.pgsteward.backup.Zstd;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Runs the lines of the {@code RECOVERY.md} at a folder target, on another cluster and without pgsteward. */
@NeedsPostgres
class TargetCardIT {
    private CopyHost host;
    private Path folder;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(Zstd.isInstalled(), "skipped: the program zstd is not on this machine; install zstd");
        host = new CopyHost();
        folder = Files.createDirectory(host.host.folder().resolve("it's another disk"));
        host.start(Map.of("pgsteward.copy.folder.dir", folder.toString()));
    }

    @AfterEach
    void stop() throws Exception {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void theLinesOfAFolderRestoreEverything() throws Exception {
        List<String> blocks = restoreByLines("folder", "");
        assertThat(blocks.get(0)).startsWith("mkdir backups && cp -r '").contains("it'\\''s another disk/.");
    }

    @Test
    void theLinesOfRcloneRestoreEverything() throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/rclone")),
                "skipped: the program rclone is not on this machine; install rclone");
        String config = "[nas]\ntype = local\n";
        Path file = Files.writeString(host.host.folder().resolve("rclone.conf"), config);
        host.start(Map.of("pgsteward.copy.rclone.remote", "nas:" + folder, "pgsteward.copy.rclone.config", config));
        List<String> blocks = restoreByLines("rclone", "export RCLONE_CONFIG=" + file);
        assertThat(blocks.get(0)).startsWith("rclone copy 'nas:");
    }

    @Test
    void theLinesOfResticRestoreEverything() throws Exception {
        Client.need("restic", "restic");
        String repository = folder + "/repository";
        host.start(Map.of(
                "pgsteward.copy.restic.repository", repository, "pgsteward.copy.restic.password", "Tr0ub4dor and 3"));
        host.wiring().copyTargets().place("restic").check();
        List<String> blocks = restoreByLines(
                "restic",
                "export RESTIC_PASSWORD='Tr0ub4dor and 3' RESTIC_REPOSITORY=\"" + repository
                        + "\" RESTIC_CACHE_DIR=$PWD/cache");
        assertThat(String.join("\n", blocks)).doesNotContain("zstd").doesNotContain("sha256sum");
    }

    /**
     * Copies backups to a target, and restores them on another cluster by the lines of its card.
     *
     * @param before lines that an operator adds
     * @return the blocks of the card
     */
    private List<String> restoreByLines(String target, String before) throws Exception {
        host.host.cluster().run("homelab", "CREATE ROLE wiki LOGIN", "CREATE DATABASE wiki OWNER wiki");
        host.backUp("app");
        host.backUp("wiki");
        host.backUp(BackupKind.GLOBALS);
        assertThat(host.copyTo(target).failure()).isEmpty();
        String rows = "SELECT md5(string_agg(n || text, ',' ORDER BY n)) FROM public.notes";
        Path elsewhere = Files.createDirectory(host.host.folder().resolve("rescue"));
        Path store = host.host.store();
        Files.move(store, store.resolveSibling("burnt"));
        Path card = elsewhere.resolve("RECOVERY.md");
        try (Incoming there = host.wiring().copyTargets().place(target).get("RECOVERY.md")) {
            Files.copy(there.content(), card);
        }
        List<String> blocks = CardShell.blocks(card);

        try (TestCluster empty = TestCluster.start()) {
            List<String> typed = List.of(before, blocks.get(0), blocks.get(1), blocks.get(2));
            assertThat(CardShell.said(empty, elsewhere, typed)).isEmpty();

            assertThat(Contents.rows(empty.server(), "app", rows)).isEqualTo(host.host.rows("app", rows));
            assertThat(empty.server().ask("SELECT 'wiki' FROM pg_roles WHERE rolname = 'wiki'"))
                    .isEqualTo("wiki");
        }
        return blocks;
    }

    @Test
    void theCardIsSentAgainOnlyAfterAChange() throws Exception {
        // One pass object for all passes, as the daemon has it.
        CopyPass pass = host.wiring().copyPass();
        Backup first = host.backUp("app");
        copy(pass, Optional.empty());
        Path card = folder.resolve("RECOVERY.md");
        FileTime sent = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));
        Files.setLastModifiedTime(card, sent);
        host.clock.pass(Duration.ofDays(1));

        copy(pass, Optional.empty());
        assertThat(Files.getLastModifiedTime(card)).isEqualTo(sent);

        Backup second = host.backUp("app");
        copy(pass, Optional.of(RetentionPolicy.parse("test", "last=1")));
        assertThat(card)
                .content()
                .contains(second.path().orElseThrow())
                .doesNotContain(first.path().orElseThrow());
    }

    private void copy(CopyPass pass, Optional<RetentionPolicy> keep) throws Exception {
        CopyTarget target = host.wiring().copyTargets().all().get(0);
        CopyPass.Result result = pass.run(target, host.wiring().copyTargets().place(target.name()), service -> keep);
        assertThat(result.failure()).isEmpty();
        host.awaitRows();
    }
}
