package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.alert.Alert;
import org.pgsteward.backup.BackupReport;
import org.pgsteward.backup.store.Inventory;
import org.pgsteward.journal.BackupHistory;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/** Backups of a database that did not change: they share one file and its verification. */
@NeedsPostgres
class UnchangedBackupsIT extends OnRetentionHost {
    private String database;

    @BeforeEach
    void aVerifiedDatabase() throws Exception {
        nights.start("pgsteward.backup.unchanged.days", "7");
        database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.notes (id SERIAL PRIMARY KEY, text TEXT)",
                        "INSERT INTO public.notes (text) SELECT md5(n::text) FROM generate_series(1, 1000) AS n");
    }

    @Test
    void anUnchangedDatabaseSharesFileAndVerification() throws Exception {
        Backup first = backUp(Duration.ZERO);
        Backup second = backUp(Duration.ofDays(1));

        assertThat(second.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(second.verification().at()).isEqualTo(first.verification().at());
        assertThat(second.file().sha256()).isEqualTo(first.file().sha256());
        assertThat(file(second)).isNotEqualTo(file(first));
        assertThat(Files.isSameFile(file(second), file(first))).isTrue();
        nights.awaitRows();
        assertThat(host.rows(
                        "homelab",
                        "SELECT DISTINCT concat_ws(' ', count(*) OVER (), state, verified_at = '"
                                + first.verification().at().orElseThrow() + "') FROM public.backup_log"))
                .containsExactly("2 verified t");
        assertThat(host.notices(database)).isEmpty();
        assertThat(nights.wiring.tables.history().all())
                .filteredOn(history -> history.service().equals(database))
                .extracting(BackupHistory::storedBytes)
                .containsExactly(first.file().sizeBytes());
        assertThat(BackupReport.of(List.of(first, second)).backups())
                .extracting(BackupReport.Line::unchanged)
                .containsExactly(false, true);
    }

    /** A second restore of the shared file shows that it is a whole backup under both names. */
    @Test
    void eachBackupIsWholeAfterTheOtherIsRemoved() throws Exception {
        Backup first = backUp(Duration.ZERO);
        Backup second = backUp(Duration.ofDays(1));

        Files.delete(file(first));
        Files.delete(Path.of(file(first) + ".manifest.json"));

        clock.pass(Duration.ofDays(1));
        Backup again = verify(second);
        assertThat(again.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(again.verification().at().orElseThrow())
                .isAfter(first.verification().at().orElseThrow());
        assertThat(file(backUp(Duration.ofDays(1)))).isRegularFile();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "UPDATE public.notes SET text = '' WHERE id = 7",
                "DELETE FROM public.notes WHERE id = 1000",
                "SELECT nextval('public.notes_id_seq')",
                "ALTER TABLE public.notes ADD CHECK (id > 0)",
                "COMMENT ON TABLE public.notes IS 'new'",
                "ALTER DATABASE {db} SET work_mem = '5MB'",
                "CREATE EXTENSION citext SCHEMA public",
                "SELECT lo_from_bytea(0, 'x')",
                "GRANT SELECT ON public.notes TO PUBLIC"
            })
    void anyChangeIsStoredAndVerified(String change) throws Exception {
        Backup first = backUp(Duration.ZERO);
        host.cluster().run(database, change.replace("{db}", database));
        Backup second = backUp(Duration.ofDays(1));

        assertThat(Files.isSameFile(file(second), file(first))).isFalse();
        assertThat(second.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(second.verification().at()).contains(clock.instant());
    }

    /** Statistics and rebuilt indexes are not in a dump. */
    @Test
    void maintenanceIsNoChange() throws Exception {
        Backup first = backUp(Duration.ZERO);
        host.cluster().run(database, "VACUUM ANALYZE public.notes", "REINDEX TABLE public.notes");
        Backup second = backUp(Duration.ofDays(1));

        assertThat(Files.isSameFile(file(second), file(first))).isTrue();
    }

    @Test
    void theFileIsRestoredAgainAtLeastWeekly() throws Exception {
        Backup backup = backUp(Duration.ZERO);
        Instant verified = backup.verification().at().orElseThrow();
        int restores = 0;
        for (int night = 1; night <= 21; night++) {
            backup = backUp(Duration.ofDays(1));
            Instant at = backup.verification().at().orElseThrow();
            assertThat(Duration.between(at, clock.instant())).isLessThan(Duration.ofDays(7));
            restores += at.equals(verified) ? 0 : 1;
            verified = at;
        }

        assertThat(restores).isBetween(3, 5);
        assertThat(distinctFiles()).isEqualTo(1);
    }

    @Test
    void withoutTheSettingEachDumpIsStoredAndVerified() throws Exception {
        nights.stop();
        nights.start("pgsteward.backup.unchanged.days", "0");
        backUp(Duration.ZERO);
        Backup second = backUp(Duration.ofDays(1));

        assertThat(distinctFiles()).isEqualTo(2);
        assertThat(second.verification().at()).contains(clock.instant());
    }

    /** A hundred nights may refer to one file. The next one reads it, and does not rely on it if it is damaged. */
    @Test
    void theNextDumpFindsTheDamageOfASharedFile() throws Exception {
        Backup first = backUp(Duration.ZERO);
        Backup second = backUp(Duration.ofDays(1));
        flip(file(first));

        Backup third = backUp(Duration.ofDays(1));

        assertThat(third.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(third.verification().at()).contains(clock.instant());
        assertThat(Files.isSameFile(file(third), file(first))).isFalse();
        nights.awaitRows();
        assertThat(host.journal(database)).hasSize(3).satisfies(states -> {
            assertThat(states.get(0)).startsWith("failed: the SHA-256 of the file is ");
            assertThat(states.get(1)).startsWith("failed: the SHA-256 of the file is ");
            assertThat(states.get(2)).isEqualTo("verified");
        });
        assertThat(host.notices("backup-damaged", database))
                .singleElement()
                .asString()
                .startsWith("firing [critical]")
                .contains(second.path().orElseThrow());
        nights.retain();
        assertThat(host.stored(database)).as("damaged backups are kept").hasSize(6);
    }

    @Test
    void aVerificationCountsForAllBackupsWithTheFile() throws Exception {
        Backup first = backUp(Duration.ZERO);
        Backup second = backUp(Duration.ofDays(1));
        byte[] whole = Files.readAllBytes(file(first));
        flip(file(first));
        clock.pass(Duration.ofDays(1));

        nights.awaitRows();
        nights.verifyOldest();

        nights.awaitRows();
        assertThat(host.journal(database)).hasSize(2).allMatch(state -> state.startsWith("failed: "));
        assertThat(nights.wiring.alerts.firing())
                .singleElement()
                .extracting(Alert::causes)
                .asString()
                .contains("1 other backup shares its file and is damaged too; there is no other verified backup of it");

        Files.write(file(second), whole);
        assertThat(verify(first).state()).isEqualTo(BackupState.VERIFIED);
        nights.awaitRows();
        assertThat(host.journal(database)).containsExactly("verified", "verified");
    }

    @Test
    void anAlteredManifestConcernsOnlyItsBackup() throws Exception {
        Backup first = backUp(Duration.ZERO);
        Backup second = backUp(Duration.ofDays(1));
        Path manifest = Path.of(file(second) + ".manifest.json");
        Files.writeString(
                manifest,
                Files.readString(manifest)
                        .replaceFirst("\"content_sha256\" : \"[^\"]*\"", "\"content_sha256\" : \"00\""));
        nights.awaitRows();

        assertThat(verify(second).state()).isEqualTo(BackupState.FAILED);
        nights.awaitRows();
        assertThat(host.journal(database)).first().isEqualTo("verified");

        clock.pass(Duration.ofDays(1));
        assertThat(verify(first).state()).isEqualTo(BackupState.VERIFIED);
        nights.awaitRows();
        assertThat(host.journal(database)).last().asString().startsWith("failed: ");
    }

    /** A clock that was ahead for one night must not stop the restores until that time is reached. */
    @Test
    void aBackupWithATimeToComeIsNotShared() throws Exception {
        Backup first = backUp(Duration.ZERO);
        Backup ahead = backUp(Duration.ofDays(4000));
        nights.awaitRows();
        clock.pass(Duration.ofDays(-3999));

        Backup second = nights.backUp(database);

        assertThat(second.verification().at())
                .contains(first.verification().at().orElseThrow());
        assertThat(Files.isSameFile(file(second), file(first))).isTrue();
        assertThat(Files.isSameFile(file(ahead), file(first))).isTrue();
    }

    /** Otherwise a program that may write into the store could let new backups refer to other content. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {",\\s*\"signature\" : \"[^\"]*\"", "\"content_sha256\" : \"[^\"]*\""})
    void aBackupWithAnAlteredManifestIsNotShared(String part) throws Exception {
        Backup first = backUp(Duration.ZERO);
        Path manifest = Path.of(file(first) + ".manifest.json");
        String written = Files.readString(manifest);
        String changed = written.replaceFirst(part, part.startsWith(",") ? "" : "\"content_sha256\" : \"00\"");
        assertThat(changed).isNotEqualTo(written);
        Files.writeString(manifest, changed);

        Backup second = backUp(Duration.ofDays(1));

        assertThat(Files.isSameFile(file(second), file(first))).isFalse();
        assertThat(second.verification().at()).contains(clock.instant());
    }

    /** A link in the place of the file could lead out of the store. */
    @Test
    void aLinkIsNotShared() throws Exception {
        Backup first = backUp(Duration.ZERO);
        Path elsewhere = host.folder().resolve("elsewhere-" + database);
        Files.move(file(first), elsewhere);
        Files.createSymbolicLink(file(first), elsewhere);

        Backup second = backUp(Duration.ofDays(1));

        assertThat(second.state()).isEqualTo(BackupState.VERIFIED);
        assertThat(file(second)).isRegularFile();
        assertThat(Files.isSameFile(file(second), elsewhere)).isFalse();
    }

    private Backup backUp(Duration later) throws Exception {
        nights.awaitRows();
        clock.pass(later);
        return nights.backUp(database);
    }

    private Backup verify(Backup backup) throws IOException {
        return nights.wiring.asked.verify(
                Inventory.of(nights.wiring.store).named(backup.id()).orElseThrow());
    }

    private Path file(Backup backup) {
        return host.store().resolve(backup.path().orElseThrow());
    }

    private long distinctFiles() throws IOException {
        try (Stream<Path> files = Files.list(host.store().resolve(database))) {
            List<Path> dumps =
                    files.filter(file -> file.toString().endsWith(".dump.zst")).toList();
            return dumps.stream().map(UnchangedBackupsIT::key).distinct().count();
        }
    }

    private static Object key(Path file) {
        try {
            return Files.getAttribute(file, "unix:ino");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void flip(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 0x10;
        Files.write(file, bytes);
    }
}
