package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.Manifests;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/** Databases and tables that applications change, rename and drop during a dump. */
@NeedsPostgres
class ChangesUnderADumpIT extends OnFaultyHost {
    @Test
    void aDatabaseDroppedDuringItsDumpRaisesOneAlert() throws Exception {
        String database = faulty.copyOfLarge();
        Backup failed = faulty.duringTheDumpOf(
                database, () -> host.cluster().run("homelab", "DROP DATABASE " + database + " WITH (FORCE)"));
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(host.stored(database)).isEmpty();
        assertThat(host.journal(database)).singleElement().asString().startsWith("failed: ");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    /** An earlier version skipped the database without a message, and the status showed no problem. */
    @Test
    void aDatabaseWithoutConnectionsFailsWithTheRemedy() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run("homelab", "ALTER DATABASE " + database + " ALLOW_CONNECTIONS false");

        Backup failed = host.backUp(wiring, database);

        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("database " + database + " allows no connections");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
        String opening = failed.error().replaceFirst("(?s).*(ALTER DATABASE .* ALLOW_CONNECTIONS true).*", "$1");
        host.cluster().run("homelab", opening);
        faulty.goodBackupOf(database);
    }

    @Test
    void databasesDroppedOrRenamedSinceTheListingDoNotFail() throws Exception {
        String dropped = host.cluster().newDatabase();
        String renamed = host.cluster().newDatabase();
        List<BackupTarget> listed = List.of(host.target(wiring, dropped), host.target(wiring, renamed));
        host.cluster()
                .run("homelab", "DROP DATABASE " + dropped, "ALTER DATABASE " + renamed + " RENAME TO new_" + renamed);
        String created = host.cluster().newDatabase();
        for (BackupTarget target : listed) {
            Backup none =
                    wiring.backups.run(target, BackupRun.Patience.FAILS_AT_ONCE).backup();
            assertThat(none.error()).isEqualTo("database " + target.database() + " no longer exists");
            assertThat(host.journal(target.service())).isEmpty();
            assertThat(host.notices(target.service())).isEmpty();
        }
        assertThat(wiring.targets.all(BackupKind.DUMP))
                .extracting(Targets.Found::target)
                .extracting(BackupTarget::database)
                .contains(created, "new_" + renamed)
                .doesNotContain(dropped, renamed);
        faulty.goodBackupOf("new_" + renamed);
        faulty.goodBackupOf(created);
    }

    /**
     * An application is updated at three in the morning. Its ALTER TABLE waits for the backup, and the backup does
     * not wait for it.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE public.small ADD COLUMN m int",
                "DROP TABLE public.small",
                "TRUNCATE public.small",
                "ALTER TABLE public.big RENAME TO bigger"
            })
    void aTableChangedDuringADumpIsInItUnchanged(String change) throws Exception {
        String database = faulty.copyOfLarge();
        List<CompletableFuture<Void>> changes = new ArrayList<>();
        Backup backup = faulty.duringTheDumpOf(database, () -> {
            changes.add(changeThatWaits(database, change));
        });
        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        changes.get(0).get(8, TimeUnit.MINUTES);
        assertThat(Manifests.of(wiring.store, database).get(0).contents().rows())
                .isEqualTo(Map.of("public.big", (long) FaultyHost.LARGE_ROWS, "public.small", 1L));
    }

    /** The session requests its lock after the snapshot has locked the table and before pg_dump has. */
    @Test
    void dumpsATableAfterAChangeQueuedAheadOfPgDump() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.small AS SELECT 1 AS n", "CREATE TABLE public.other (n int)");
        Path begun = host.folder().resolve("begun-" + database);
        Path queued = host.folder().resolve("queued-" + database);
        String script =
                "touch " + begun + "; while [ ! -e " + queued + " ]; do sleep 0.01; done; exec \"$real\" \"$@\"";
        Files.createFile(begun);
        Files.setPosixFilePermissions(begun, PosixFilePermissions.fromString("rw-rw-rw-"));
        FileTime before = FileTime.fromMillis(0);
        Files.setLastModifiedTime(begun, before);

        CompletableFuture<Backup> run = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return faulty.withPgDump(script, database);
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                },
                work -> new Thread(work, "dump").start());
        await().atMost(FaultyHost.PATIENCE)
                .until(() -> Files.getLastModifiedTime(begun).compareTo(before) > 0);
        CompletableFuture<Void> change = changeThatWaits(database, "TRUNCATE public.small");
        Files.createFile(queued);

        Backup backup = run.get(8, TimeUnit.MINUTES);

        assertThat(backup.error()).isEmpty();
        assertThat(backup.state()).isEqualTo(BackupState.VERIFIED);
        change.get(8, TimeUnit.MINUTES);
        assertThat(Manifests.of(wiring.store, database).get(0).contents().rows())
                .isEqualTo(Map.of("public.small", 0L, "public.other", 0L));
    }

    /** The script starts pg_dump only while a session waits for a lock, so pg_dump never gets its own. */
    @Test
    void aConstantlyChangedTableFailsTheBackupWithTheReason() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.small AS SELECT 1 AS n");
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                try {
                    host.cluster().run(database, "TRUNCATE public.small");
                } catch (SQLException e) {
                    throw new CompletionException(e);
                }
            }
        });
        String waiting = "\"${real%pg_dump}psql\" -Atc \"SELECT count(*) FROM pg_locks WHERE NOT granted\"";

        Backup failed = faulty.withPgDump(
                "while [ \"$(" + waiting + ")\" = 0 ]; do sleep 0.01; done; exec \"$real\" \"$@\"", database);
        over.set(true);

        changes.get(8, TimeUnit.MINUTES);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("the tables of database " + database + " change too often");
        faulty.goodBackupOf(database);
    }

    /** Runs a statement in another thread. Returns as soon as the statement waits for a lock. */
    private CompletableFuture<Void> changeThatWaits(String database, String statement) {
        CompletableFuture<Void> change = CompletableFuture.runAsync(() -> {
            try {
                host.cluster().run(database, statement);
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        });
        await().atMost(FaultyHost.PATIENCE)
                .until(() -> host.rows(
                                        "homelab",
                                        "SELECT 1 FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database"
                                                + " WHERE NOT l.granted AND d.datname = '" + database + "'")
                                .size()
                        == 1);
        return change;
    }
}
