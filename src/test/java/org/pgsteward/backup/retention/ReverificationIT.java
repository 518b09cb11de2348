package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.camel.JournalInsert;
import org.pgsteward.journal.JournalRow;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/**
 * Re-verification of stored backups, oldest first, and of backups that a dead process left unverified. After two
 * dead processes a backup gets no third attempt.
 */
@NeedsPostgres
class ReverificationIT extends OnRetentionHost {
    /**
     * An endless verification once blocked all backups for four hours. The rule considered waiting verifications
     * only, and none waited, since no backup was made.
     */
    @Test
    void anEndlessVerificationDelaysNoDueBackup() throws Exception {
        host.cluster().run("homelab", "CREATE DATABASE endless");
        host.cluster()
                .run(
                        "endless",
                        "CREATE FUNCTION public.sleeps(n int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN"
                                + " IF current_database() LIKE 'proof%' THEN PERFORM pg_catalog.pg_sleep(3600); END IF;"
                                + " RETURN true; END $$",
                        "CREATE TABLE public.t (n int CHECK (public.sleeps(n)))",
                        "INSERT INTO public.t VALUES (1)");
        clock.set(Instant.now());
        nights.start("pgsteward.backup.tick", "* * * * * ?", "pgsteward.backup.stuck.after", "12s");
        await().atMost(RetentionHost.PATIENCE)
                .until(() -> host.journal("endless").equals(List.of("made")));

        host.cluster().run("homelab", "CREATE DATABASE fresh");

        await().atMost(RetentionHost.PATIENCE).until(() -> host.journal("fresh").equals(List.of("verified")));
        assertThat(host.journal("endless"))
                .singleElement()
                .asString()
                .startsWith("unverifiable: it was stuck and was cancelled: too slow while others wait: ");
    }

    /**
     * The verification of one database ended pgsteward after each start, and all other databases had to wait for it.
     */
    @Test
    void aServiceThatEndsTheProcessIsHeldAndRetriedLater() throws Exception {
        host.cluster().run("homelab", "CREATE DATABASE heavy", "CREATE DATABASE light");
        Path underWay = Files.createDirectories(host.folder().resolve("state/under-way"));
        long now = clock.instant().toEpochMilli();
        Files.writeString(underWay.resolve("heavy.ended"), (now - 120_000) + "\n" + (now - 60_000));
        Files.writeString(underWay.resolve("heavy.running"), "heavy");

        nights.start("pgsteward.backup.tick", "* * * * * ?");
        await().atMost(RetentionHost.PATIENCE).until(() -> host.journal("light").equals(List.of("verified")));
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-ends-pgsteward", "heavy"))
                        .singleElement()
                        .asString()
                        .startsWith("firing [critical]")
                        .contains("pgsteward ended several times in a row while it backed up or verified heavy"));
        assertThat(host.journal("heavy")).isEmpty();

        clock.pass(Duration.ofHours(6));
        await().atMost(RetentionHost.PATIENCE).until(() -> host.journal("heavy").equals(List.of("verified")));
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-ends-pgsteward", "heavy"))
                        .hasSize(2)
                        .anyMatch(notice -> notice.startsWith("resolved")));
    }

    /**
     * A process was killed between a dump and its verification. Formerly the backup was verified on the next day
     * only, without a message.
     */
    @Test
    void anInterruptedBackupIsVerifiedWithinMinutes() throws Exception {
        nights.start("pgsteward.interrupted.tick", "* * * * * ?");
        nights.stored("waiting");
        interrupted("waiting");
        await().atMost(RetentionHost.PATIENCE)
                .until(() -> host.journal("waiting").equals(List.of("verified")));
        await().atMost(RetentionHost.PATIENCE).until(() -> !Files.exists(underWay()));
        assertThat(host.notices("backup-failed", "waiting")).isEmpty();
    }

    /**
     * For example, the host has too little memory for this verification. Each new start would end in the next kill.
     */
    @Test
    void aVerificationThatEndsTheProcessTwiceIsNotRetried() throws Exception {
        nights.start();
        Backup backup = nights.stored("heavy");
        nights.stored("light");
        interrupted("heavy");
        interrupted("light");
        stop();
        Files.writeString(underWay(), backup.identity().eventId().toString());

        nights.start("pgsteward.interrupted.tick", "* * * * * ?");
        await().atMost(RetentionHost.PATIENCE).until(() -> host.journal("light").equals(List.of("verified")));
        assertThat(host.journal("heavy"))
                .singleElement()
                .asString()
                .startsWith("unverifiable: pgsteward ended twice during its verification");
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-failed", "heavy"))
                        .singleElement()
                        .asString()
                        .startsWith("firing"));
        await().atMost(RetentionHost.PATIENCE).until(() -> !Files.exists(underWay()));
    }

    @Test
    void aDeletedBackupRaisesAnAlertUntilTheNextBackup() throws Exception {
        nights.start("pgsteward.monitor.backups.delay", "0", "pgsteward.monitor.backups.period", "200");
        Backup backup = nights.stored("deleted");
        Files.delete(host.store().resolve(backup.path().orElseThrow()));

        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-missing", "deleted"))
                        .singleElement()
                        .asString()
                        .startsWith("firing [critical]")
                        .contains(backup.path().orElseThrow() + " is not in the store"));
        assertThat(nights.backUp("deleted").state()).isEqualTo(BackupState.VERIFIED);
        await().atMost(RetentionHost.PATIENCE)
                .untilAsserted(() -> assertThat(host.notices("backup-missing", "deleted"))
                        .hasSize(2)
                        .anyMatch(notice -> notice.startsWith("resolved")));
    }

    private void interrupted(String service) throws Exception {
        host.cluster()
                .run(
                        "homelab",
                        "UPDATE public.backup_log SET state = 'made', verified_at = NULL WHERE service_name = '"
                                + service + "'");
    }

    private Path underWay() {
        return host.folder().resolve("state/verification-under-way");
    }

    @Test
    void aDamagedBackupRaisesAnAlertAndIsKept() throws Exception {
        nights.start("pgsteward.backup.keep", "last=1,daily=9");
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes AS SELECT n, md5(n::text) FROM generate_series(1, 5000) AS n");
        List<Backup> backups = nights.backUpSeveral(database, 2);
        Path rotten = host.store().resolve(backups.get(0).path().orElseThrow());
        byte[] whole = Files.readAllBytes(rotten);
        byte[] flipped = whole.clone();
        flipped[flipped.length / 2] ^= 0x10;
        Files.write(rotten, flipped);
        Optional<Instant> lastVerified = history(database);

        nights.verifyOldest();
        assertThat(host.journal(database))
                .as("recently verified backups are skipped")
                .containsExactly("verified", "verified");
        clock.pass(Duration.ofDays(1));
        nights.verifyOldest();

        assertThat(host.journal(database)).hasSize(2).first().asString().startsWith("failed: the restore failed: ");
        assertThat(host.journal(database)).last().isEqualTo("verified");
        assertThat(host.rows(
                        "homelab",
                        "SELECT concat_ws(' ', success, verified_at = '"
                                + backups.get(0).verification().at().orElseThrow()
                                + "') FROM public.backup_log ORDER BY started_at LIMIT 1"))
                .as("keeps the time of the last verification")
                .containsExactly("f t");
        assertThat(host.notices("backup-damaged", database))
                .singleElement()
                .asString()
                .startsWith("firing [critical]")
                .contains(backups.get(0).path().orElseThrow());
        nights.retain();
        assertThat(host.stored(database)).as("the damaged backup is kept").hasSize(4);

        // The next round re-verifies the other backup. Its row gets a later verification time, but the backup itself
        // is not newer.
        nights.verifyOldest();
        assertThat(host.rows(
                        "homelab",
                        "SELECT verified_at FROM public.backup_log WHERE backup_id = '"
                                + backups.get(1).id() + "'"
                                + " AND verified_at > timestamptz '"
                                + backups.get(1).verification().at().orElseThrow()
                                + "' + interval '20 hours'"))
                .hasSize(1);
        assertThat(history(database)).isEqualTo(lastVerified);

        // The file is put back, but another program changes its manifest.
        Files.write(rotten, whole);
        Path manifest = Path.of(rotten + ".manifest.json");
        String written = Files.readString(manifest);
        Files.writeString(manifest, written.replace("\"owner\" : \"", "\"owner\" : \"x"));
        clock.pass(Duration.ofDays(1));
        nights.verifyOldest();
        assertThat(host.journal(database))
                .first()
                .asString()
                .startsWith("failed: its manifest was changed since it was written");
        Files.writeString(manifest, written);
        clock.pass(Duration.ofDays(1));
        // The other backup is due first, since it was verified before this one failed.
        nights.verifyOldest();
        nights.verifyOldest();
        assertThat(host.journal(database)).containsExactly("verified", "verified");
        assertThat(host.notices("backup-damaged", database))
                .hasSize(2)
                .anyMatch(notice -> notice.startsWith("resolved"));
    }

    /** Such an alert once resolved with the next backup, while the damaged file stayed in the store. */
    @Test
    void damageFoundByTheVerifyCommandFiresUntilTheFileIsGood() throws Exception {
        nights.start();
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.notes AS SELECT generate_series(1, 10) AS n");
        Backup backup = nights.backUp(database);
        Path file = host.store().resolve(backup.path().orElseThrow());
        byte[] whole = Files.readAllBytes(file);
        byte[] flipped = whole.clone();
        flipped[flipped.length / 2] ^= 0x10;
        Files.write(file, flipped);

        nights.wiring.asked.verify(
                Inventory.of(nights.wiring.store).of(database).get(0));

        assertThat(host.notices("backup-damaged", database))
                .singleElement()
                .asString()
                .startsWith("firing [critical]");
        nights.backUp(database);
        assertThat(host.notices("backup-damaged", database)).hasSize(1);
        Files.write(file, whole);
        nights.wiring.asked.verify(
                Inventory.of(nights.wiring.store).named(backup.id()).orElseThrow());
        assertThat(host.notices("backup-damaged", database)).anyMatch(notice -> notice.startsWith("resolved"));
    }

    @Test
    void aBackupThisHostCannotRestoreStaysVerified() throws Exception {
        nights.start();
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.notes AS SELECT generate_series(1, 10) AS n");
        Backup backup = nights.backUp(database);
        stop();
        // A file in the place of the scratch folder prevents the verification.
        Path blocked = Files.writeString(host.folder().resolve("blocked-" + database), "in the way");
        clock.pass(Duration.ofDays(1));
        nights.start("pgsteward.scratch.dir", blocked.toString());

        nights.verifyOldest();

        assertThat(host.journal(database)).containsExactly("verified");
        assertThat(host.notices("backup-damaged", database)).isEmpty();
        assertThat(host.notices("backup-not-reverified", database))
                .singleElement()
                .asString()
                .startsWith("firing [warning]")
                .contains(backup.path().orElseThrow());
        stop();
        clock.pass(Duration.ofDays(1));
        nights.start();
        nights.verifyOldest();
        assertThat(host.notices("backup-not-reverified", database))
                .hasSize(2)
                .anyMatch(notice -> notice.startsWith("resolved"));
    }

    @Test
    void aRowThatComesLateDoesNotMakeADamagedBackupGood() throws Exception {
        nights.start();
        Backup backup = nights.backUp(host.cluster().newDatabase());
        clock.pass(Duration.ofDays(1));
        Backup damaged = backup.judged(BackupState.FAILED, clock.instant(), Duration.ofSeconds(1), "bit rot");
        nights.wiring.routeClient.ask("direct:journal-write", damaged);
        // Another process kept this row in its spool since before the damage was found.
        Map<String, Object> late = new HashMap<>(JournalRow.of(backup).columns());
        late.put("said_at", clock.instant().minus(Duration.ofHours(20)).toString());
        new JournalInsert(nights.wiring.routeClient).write(new JournalRow("backup", late));
        assertThat(host.journal(backup.service())).containsExactly("failed: bit rot");
    }

    private Optional<Instant> history(String service) throws Exception {
        return nights.wiring.tables.history().all().stream()
                .filter(history -> history.service().equals(service))
                .findFirst()
                .flatMap(org.pgsteward.journal.BackupHistory::lastVerified);
    }
}
