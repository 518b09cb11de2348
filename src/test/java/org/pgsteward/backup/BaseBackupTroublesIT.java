package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.pgsteward.ProcessSignal;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Replication;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.UnprivilegedUser;

/** Base backups that the server refuses, that are killed, or that lose their WAL segments. */
@NeedsPostgres
class BaseBackupTroublesIT extends OnBaseBackupHost {
    private static final Pattern HBA_LINE = Pattern.compile("add the line {2}(.*?) {2}to (\\S+)");

    @Test
    void theReportedLineOfPgHbaConfEnablesBaseBackups() throws Exception {
        Path hba = host.cluster().cluster().data().resolve("pg_hba.conf");
        String before = Files.readString(hba);
        try {
            Files.writeString(hba, before.replaceAll("(?m)^.*\\breplication\\b.*$", ""));
            host.cluster().run("homelab", "SELECT pg_reload_conf()");
            Backup refused = awaitState(BackupState.FAILED);
            assertThat(refused.error())
                    .contains("pg_hba.conf allows no replication connection")
                    .doesNotContain(TestCluster.PASSWORD.reveal());
            Matcher line = HBA_LINE.matcher(refused.error());
            assertThat(line.find()).as(refused.error()).isTrue();
            assertThat(line.group(1)).isEqualTo("host replication homelab 127.0.0.1/32 scram-sha-256");
            assertThat(line.group(2)).isEqualTo(hba.toString());
            assertThat(host.notices("_base")).last().asString().startsWith("firing");

            Files.writeString(hba, Files.readString(hba) + "\n" + line.group(1) + "\n");
            host.cluster().run("homelab", "SELECT pg_reload_conf()");
            assertThat(awaitState(BackupState.VERIFIED).error()).isEmpty();
            assertThat(host.notices("_base")).anyMatch(notice -> notice.startsWith("resolved"));
        } finally {
            Files.writeString(hba, before);
            host.cluster().run("homelab", "SELECT pg_reload_conf()");
        }
    }

    /** Repeats the backup until it ends in this state. The server applies a reloaded file after a moment. */
    private Backup awaitState(BackupState state) {
        return await().atMost(BaseBackupHost.PATIENCE)
                .until(() -> host.backUp(wiring, base.cluster()), backup -> backup.state() == state);
    }

    @Test
    void aClusterWithTablespacesIsRefusedInWordsBeforeAnythingStarts() throws Exception {
        Path folder = UnprivilegedUser.ofThisProcess()
                .own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-tablespace-"));
        host.cluster().run("homelab", "CREATE TABLESPACE \"Fast disk\" LOCATION '" + folder + "'");
        int before = host.stored("_base").size();

        Backup refused = host.backUp(wiring, base.cluster());

        host.cluster().run("homelab", "DROP TABLESPACE \"Fast disk\"");
        Files.delete(folder);
        assertThat(refused.state()).isEqualTo(BackupState.FAILED);
        assertThat(refused.error())
                .contains("tablespaces of its own (\"Fast disk\")")
                .contains("pg_default");
        assertThat(host.stored("_base")).hasSize(before);
    }

    @Test
    void namesTheSettingThatReplicationLacks() throws Exception {
        for (Map<String, String> settings :
                List.of(Map.of("wal_level", "minimal", "max_wal_senders", "0"), Map.of("max_wal_senders", "0"))) {
            try (TestCluster cluster = TestCluster.start(TestCluster.programs(), settings)) {
                assertThat(Replication.hindrance(cluster.server()))
                        .hasValueSatisfying(why -> assertThat(why)
                                .contains(
                                        settings.containsKey("wal_level")
                                                ? "set wal_level = replica"
                                                : "set max_wal_senders = 10"));
            }
        }
    }

    @Test
    void namesTheStatementThatAllowsReplication() throws Exception {
        host.cluster().run("homelab", "CREATE ROLE plain LOGIN PASSWORD 'pw'");
        ServerAddress address = host.cluster().server().address();
        Server plain =
                new Server(new ServerAddress(address.host(), address.port(), "plain", new Secret("pw"), "postgres"));
        assertThat(Replication.hindrance(plain))
                .hasValueSatisfying(why -> assertThat(why).contains("ALTER ROLE \"plain\" REPLICATION"));
    }

    @Test
    void aKilledPgBasebackupLeavesNoFileAndNoSlot() throws Exception {
        List<String> before = host.stored("_base");
        CompletableFuture<Backup> run = base.running();
        base.stopped(run).destroyForcibly();

        Backup failed = run.get();

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("pg_basebackup ended with exit code");
        assertThat(host.stored("_base")).isEqualTo(before);
        assertThat(host.journal("_base")).last().asString().startsWith("failed: pg_basebackup");
        await().atMost(BaseBackupHost.PATIENCE)
                .until(() -> host.rows("homelab", "SELECT slot_name::text FROM pg_replication_slots")
                        .isEmpty());
    }

    @Test
    void theLogIsKeptWhileABusyServerWouldHaveRecycledIt() throws Exception {
        CompletableFuture<Backup> run = base.running();
        ProcessHandle program = base.stopped(run);
        recycleTheLog();
        ProcessSignal.send("CONT", program.pid());

        assertThat(run.get().error()).isEmpty();
        assertThat(run.get().state()).isEqualTo(BackupState.VERIFIED);
    }

    @Test
    void retriesABaseBackupWhoseLogIsGoneThreeTimesInAll() throws Exception {
        takeTheSlots();
        Backup failed;
        try {
            CompletableFuture<Backup> run = base.running();
            ProcessHandle program = base.stopped(run);
            recycleTheLog();
            ProcessSignal.send("CONT", program.pid());
            failed = run.get();
        } finally {
            freeTheSlots();
        }
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).containsIgnoringCase("WAL").contains("pg_basebackup");

        for (int failures = 1; failures <= 4; failures++) {
            journalSays(failures);
            assertThat(isBaseDue())
                    .as("after %s failures, half an hour ago", failures)
                    .isEqualTo(failures != 3);
        }
        host.cluster().run("homelab", "DELETE FROM public.backup_log WHERE service_name = '_base'");
    }

    /** The same request repeats the attempt, so the operator need not send another one. */
    @Test
    void retriesARequestedBaseBackupWhoseLogIsGone() throws Exception {
        takeTheSlots();
        try {
            BackupTarget target = base.cluster();
            CompletableFuture<Backup> run = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return wiring.asked
                                    .backUp(SetKeeper.COMMAND, List.of(target))
                                    .get(0);
                        } catch (Exception e) {
                            throw new IllegalStateException(e);
                        }
                    },
                    work -> new Thread(work, "asked").start());
            ProcessHandle program = base.stopped(run);
            recycleTheLog();
            ProcessSignal.send("CONT", program.pid());

            assertThat(run.get().error()).isEmpty();
            assertThat(run.get().state()).isEqualTo(BackupState.VERIFIED);
        } finally {
            freeTheSlots();
        }
        assertThat(host.journal("_base")).hasSizeGreaterThanOrEqualTo(2).last().isEqualTo("verified");
    }

    private void takeTheSlots() throws SQLException {
        for (int slot = 0; slot < 10; slot++) {
            host.cluster().run("homelab", "SELECT pg_create_physical_replication_slot('taken_" + slot + "')");
        }
    }

    private void freeTheSlots() throws SQLException {
        host.cluster().run("homelab", "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
    }

    private void journalSays(int failures) throws SQLException {
        host.cluster()
                .run(
                        "homelab",
                        "DELETE FROM public.backup_log WHERE service_name = '_base'",
                        "INSERT INTO public.backup_log (service_name, backup_type, state, started_at)"
                                + " SELECT '_base', 'base', 'failed', now() - interval '31 minutes' * n"
                                + " FROM generate_series(1, " + failures + ") AS n");
    }

    private boolean isBaseDue() throws IOException {
        // This schedule is due once a year only, so the base backup can be due only as a retry.
        try (Pipeline daemon = host.wiring("pgsteward.backup.base.schedule", "0 0 1 1 *")
                .backupPipeline()
                .start()) {
            BackupNight night = daemon.context().getRegistry().lookupByNameAndType("backups", BackupNight.class);
            return night.due().stream().anyMatch(target -> target.kind() == BackupKind.BASE);
        }
    }

    @Test
    void noBaseBackupIsDueWithoutASchedule() throws Exception {
        try (Pipeline daemon = host.wiring("pgsteward.backup.base.schedule", "")
                .backupPipeline()
                .start()) {
            BackupNight night = daemon.context().getRegistry().lookupByNameAndType("backups", BackupNight.class);
            assertThat(night.due()).isNotEmpty().noneMatch(target -> target.kind() == BackupKind.BASE);
        }
    }

    /** Writes more WAL than the server keeps by itself. */
    private void recycleTheLog() throws SQLException {
        for (int i = 0; i < 8; i++) {
            host.cluster()
                    .run(
                            "homelab",
                            "SELECT pg_logical_emit_message(true, 'x', repeat('x', 1000000))",
                            "SELECT pg_switch_wal()");
        }
        host.cluster().run("homelab", "CHECKPOINT", "CHECKPOINT");
    }
}
