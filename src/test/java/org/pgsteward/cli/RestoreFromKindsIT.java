package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.TestHost;
import org.pgsteward.backup.Age;
import org.pgsteward.backup.copy.CopyHost;
import org.pgsteward.backup.copy.CopyPass;
import org.pgsteward.backup.copy.ends.Client;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.NeedsPostgres;

/** Restores encrypted backups on an empty machine from targets of rclone and restic on the disk of this machine. */
@NeedsPostgres
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class RestoreFromKindsIT {
    private static final String CONTENT =
            "SELECT md5(string_agg(n || text, ',' ORDER BY n)) || ' ' || count(*) FROM public.notes";

    private final Age keys = Age.keys();

    @ParameterizedTest
    @CsvSource({"rclone", "restic"})
    void restoresEverythingAndOneDatabase(String target) throws Exception {
        Client.need(target, target);
        try (CopyHost burnt = new CopyHost();
                TestHost here = TestHost.start()) {
            String place = burnt.host.folder().resolve("other-disk").toString();
            burnt.start(Map.of(
                    "pgsteward.backup.recipients",
                    keys.recipient(),
                    "pgsteward.backup.identity",
                    keys.identity(),
                    "pgsteward.copy.rclone.remote",
                    target.equals("rclone") ? "nas:" + place : "",
                    "pgsteward.copy.rclone.config",
                    "[nas]\ntype = local\n",
                    "pgsteward.copy.restic.repository",
                    target.equals("restic") ? place : "",
                    "pgsteward.copy.restic.password",
                    "Tr0ub4dor and 3"));
            burnt.wiring().copyTargets().place(target).check();
            Backup app = burnt.backUp("app");
            burnt.backUp(BackupKind.GLOBALS);
            assertThat(burnt.copyTo(target)).isEqualTo(new CopyPass.Result(2, 0, Optional.empty()));
            burnt.stop();
            here.environment()
                    .putAll(Map.of(
                            "PGSTEWARD_BACKUP_RECIPIENTS",
                            keys.recipient(),
                            "PGSTEWARD_BACKUP_IDENTITY",
                            keys.identity(),
                            "PGSTEWARD_COPY_RCLONE_REMOTE",
                            target.equals("rclone") ? "nas:" + place : "",
                            "PGSTEWARD_COPY_RCLONE_CONFIG",
                            "[nas]\ntype = local\n",
                            "PGSTEWARD_COPY_RESTIC_REPOSITORY",
                            target.equals("restic") ? place : "",
                            "PGSTEWARD_COPY_RESTIC_PASSWORD",
                            "Tr0ub4dor and 3"));

            CommandRun list = CommandRun.on(here, "backups", "--at", target);
            assertThat(list.out()).as(list.toString()).contains(app.id()).doesNotContain("missing");
            CommandRun all = CommandRun.on(here, "restore", "--all", "--from", target);

            assertThat(all.code()).as(all.toString()).isZero();
            assertThat(here.rows("app", CONTENT)).isEqualTo(burnt.host.rows("app", CONTENT));
            assertThat(here.store().resolve(app.path().orElseThrow()))
                    .content(StandardCharsets.ISO_8859_1)
                    .startsWith("age-encryption.org/v1\n");
            CommandRun one = CommandRun.on(here, "restore", "app", "--from", target, "--into", "app_back");
            assertThat(one.code()).as(one.toString()).isZero();
            assertThat(here.rows("app_back", CONTENT)).isEqualTo(burnt.host.rows("app", CONTENT));
            CommandRun verified = CommandRun.on(here, "verify", "--all");
            assertThat(verified.code()).as(verified.toString()).isZero();
        }
    }
}
