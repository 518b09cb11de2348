package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.restore.Restore;
import org.pgsteward.backup.restore.RestoreProgress;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.backup.store.StoreView;
import org.pgsteward.backup.store.StoredBackup;
import org.pgsteward.backup.store.StoredBackupStatus;
import org.pgsteward.backup.underway.ProcessDeaths;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Refusal;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * Backups forged by a program that can write to the store but has no key. The unsigned manifest claims a time before
 * the first signed one. A base backup is code that a superuser of its copy runs, so it must not be started.
 */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class ForgedBackupIT {
    private static final String LONG_AGO = "2026-01-02T03:00:00Z";

    private TestHost host;
    private Wiring wiring;
    private Pipeline pipeline;
    private String database;
    private Backup base;
    private Backup dump;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        pipeline = wiring.backupPipeline().start();
        database = host.cluster().newDatabase();
        dump = host.backUp(wiring, database);
        assertThat(dump.state()).as(dump.error()).isEqualTo(BackupState.VERIFIED);
        base = host.backUp(wiring, wiring.targets.all(BackupKind.BASE).get(0).target());
        assertThat(base.state()).as(base.error()).isEqualTo(BackupState.VERIFIED);
    }

    @AfterAll
    void stopHost() throws IOException {
        pipeline.close();
        host.close();
    }

    @Test
    void anUnsignedBaseBackupIsNotStarted() throws Exception {
        String id = forged(base, "20260102T030000Z");

        Backup refused = verify(id);

        assertThat(refused.state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(refused.error())
                .contains("_base/" + id + ".tar.zst.manifest.json has no valid signature")
                .contains("PGSTEWARD_BACKUP_MANIFEST_KEY_FILE");
        assertThat(verify(id).state())
                .as("a refused verification does not allow the next one")
                .isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(host.notices("backup-failed", "_base")).anyMatch(notice -> notice.contains(id));
    }

    @Test
    void theDaemonVerifiesAnUnsignedDumpOnlyOnRequest() throws Exception {
        String id = forged(dump, "20260102T030000Z");
        StoredBackupStatus holding = new StoreView(wiring.store)
                .of(database, Map.of()).stream()
                        .filter(one -> one.backup().id().equals(id))
                        .findFirst()
                        .orElseThrow();

        ReverificationRule.Conclusion refused = desk().reverify(holding);

        assertThat(refused.backup().state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(refused.backup().error()).contains("pgsteward verify --backup " + id);
        assertThat(refused.condition().orElseThrow().severity()).contains(Severity.WARNING);
        assertThat(refused.condition().orElseThrow().reason()).contains(id);
        assertThat(verify(id).state()).as("verification by the operator").isEqualTo(BackupState.VERIFIED);
    }

    @Test
    void anUnsignedDumpIsRestoredOnlyAfterAVerification() throws Exception {
        String id = forged(dump, "20260105T030000Z");
        StoredBackup backup = Inventory.of(wiring.store).named(id).orElseThrow();
        Restore.Order beside = new Restore.Order(backup, "homelab", database + "_back");
        Restore.Order live = new Restore.Order(backup, "homelab", database);

        assertThatThrownBy(() -> wiring.restore.into(beside, RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("has no valid signature, and the journal has not recorded this file as verified")
                .hasMessageContaining("pgsteward verify --backup " + id);
        assertThatThrownBy(() -> wiring.restore.replace(live, RestoreProgress.QUIET))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("has no valid signature");
        assertThat(verify(id).state()).as("verification by the operator").isEqualTo(BackupState.VERIFIED);
        await().atMost(Duration.ofMinutes(1))
                .until(() -> host.rows("homelab", "SELECT state FROM public.backup_log WHERE backup_id = '" + id + "'")
                        .contains("verified"));

        assertThat(wiring.restore.into(beside, RestoreProgress.QUIET).tables()).isZero();
    }

    @Test
    void anUnsignedBaseBackupThatTheJournalHasVerifiedIsAccepted() throws Exception {
        Path manifest = host.store().resolve(base.path().orElseThrow() + ".manifest.json");
        String signed = Files.readString(manifest);
        try {
            Files.writeString(manifest, old(Manifests.unsigned(signed)));
            assertThat(verify(base.id()).error()).isEmpty();
            assertThat(verify(base.id()).state()).isEqualTo(BackupState.VERIFIED);
        } finally {
            Files.writeString(manifest, signed);
        }
    }

    /**
     * A row of the journal belongs to the file that it names. A manifest with the event id of another file does not
     * change that file's row.
     */
    @Test
    void aForgedManifestDoesNotChangeTheRowOfAnotherFile() throws Exception {
        String id = forged(dump, "20260103T030000Z");
        Path manifest = host.store().resolve(database + "/" + id + ".dump.zst.manifest.json");
        Files.writeString(
                manifest,
                Files.readString(manifest)
                        .replaceFirst(
                                "\"event_id\" : \"[^\"]+\"",
                                "\"event_id\" : \"" + dump.identity().eventId() + "\"")
                        .replaceFirst("\"sha256\" : \"[^\"]+\"", "\"sha256\" : \"" + "0".repeat(64) + "\""));

        assertThat(verify(id).state()).isEqualTo(BackupState.FAILED);

        assertThat(host.rows(
                        "homelab",
                        "SELECT state || ' ' || sha256 FROM public.backup_log WHERE event_id = '"
                                + dump.identity().eventId() + "'"))
                .containsExactly("verified " + dump.file().sha256());
    }

    /**
     * psql reads the SQL that counts rows. It runs the rest of a line after a backslash and an exclamation mark as a
     * program.
     */
    @Test
    void aTableNameInAManifestStartsNoProgram() throws Exception {
        Path marker = Path.of("/tmp", "pgsteward-marker-" + UUID.randomUUID());
        String id = forged(dump, "20260104T030000Z");
        Backup listed = Inventory.of(wiring.store).named(id).orElseThrow().asMade();
        Path manifest = host.store().resolve(listed.path().orElseThrow() + ".manifest.json");
        Files.writeString(
                manifest,
                Files.readString(manifest)
                        .replaceFirst(
                                "\"rows\" : \\{[^}]*}",
                                "\"rows\" : { \"pg_catalog.pg_am;\\\\n\\\\\\\\! touch " + marker + "\\\\n\" : 1 }"));
        assertThat(Files.readString(manifest)).contains("touch " + marker);

        Backup verified = wiring.backups.verify(listed);

        boolean run = Files.deleteIfExists(marker);
        assertThat(run).isFalse();
        assertThat(verified.error()).contains("an invalid table name");
    }

    /** Copies a backup under a new name. Its manifest has no signature, like that of a program without a key. */
    private String forged(Backup good, String time) throws IOException {
        String path = good.path().orElseThrow();
        String id = good.service() + "-" + time;
        String copy = path.replace(good.id(), id);
        Files.copy(host.store().resolve(path), host.store().resolve(copy));
        String manifest = Manifests.unsigned(Files.readString(host.store().resolve(path + ".manifest.json")));
        Files.writeString(
                host.store().resolve(copy + ".manifest.json"),
                old(manifest)
                        .replace(good.id(), id)
                        .replace(
                                good.identity().eventId().toString(),
                                UUID.randomUUID().toString()));
        return id;
    }

    private static String old(String manifest) {
        return manifest.replaceFirst("\"started_at\" : \"[^\"]+\"", "\"started_at\" : \"" + LONG_AGO + "\"");
    }

    private Reverification desk() {
        return new Reverification(
                wiring.store,
                new StoreView(wiring.store),
                wiring.shared,
                wiring.rows,
                wiring.house,
                wiring.verification,
                new ProcessDeaths(host.folder().resolve("under-way"), wiring.clock),
                wiring.alerts,
                wiring.reporter,
                wiring.clock);
    }

    private Backup verify(String id) throws IOException {
        return wiring.asked.verify(Inventory.of(wiring.store).named(id).orElseThrow());
    }
}
