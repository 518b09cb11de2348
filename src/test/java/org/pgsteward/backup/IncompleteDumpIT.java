package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.dump.DumpInProgress;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;

/** A {@code pg_dump} that leaves something out does not lead to a verified backup. */
@NeedsPostgres
class IncompleteDumpIT extends OnFaultyHost {
    /** nfrastack #366, #417, autopostgresqlbackup #2: months of empty dumps, each reported as a success. */
    @Test
    void anEmptyDumpWithExitCodeZeroFails() throws Exception {
        String database = host.cluster().newDatabase();
        Backup failed = faulty.withPgDump("exit 0", database);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("ended with exit code 0 without data");
        assertThat(host.stored(database)).isEmpty();
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aTruncatedDumpWithExitCodeZeroFails() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "CREATE TABLE public.t AS SELECT n FROM generate_series(1, 10000) AS n");
        Backup failed = faulty.withPgDump("\"$real\" \"$@\" | head -c 20000", database);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).startsWith("the restore failed: pg_restore");
        assertThat(host.notices(database)).singleElement().asString().startsWith("firing");
    }

    @Test
    void aDumpWithoutOneTableFails() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.kept AS SELECT 1 AS n",
                        "CREATE TABLE public.lost AS SELECT 1 AS n");
        Backup failed = faulty.withPgDump("exec \"$real\" \"$@\" --exclude-table=public.lost", database);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("public.lost");
    }

    @Test
    void aDumpWithoutLargeObjectsFails() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster().run(database, "SELECT lo_create(0)");
        Backup failed = faulty.withPgDump("exec \"$real\" \"$@\" --no-blobs", database);
        assertThat(failed.state()).isEqualTo(BackupState.FAILED);
        assertThat(failed.error()).contains("pg_largeobject_metadata has 0 rows, not 1");
    }

    @Test
    void warningsOfPgDumpAreKeptForAVerifiedBackup() throws Exception {
        String database = host.cluster().newDatabase();
        assertThat(faulty.withPgDump("echo 'pg_dump: warning: a word of it' >&2; exec \"$real\" \"$@\"", database)
                        .state())
                .isEqualTo(BackupState.VERIFIED);
        Wiring other = host.wiring(
                "pgsteward.postgres.bindir", faulty.programs("echo 'a word of it' >&2; exec \"$real\" \"$@\""));
        Files.createDirectories(host.store().resolve(database));
        try (DumpInProgress run =
                other.dumps.begin(host.target(other, database)).orElseThrow()) {
            Files.copy(run.stream(), host.store().resolve(run.partPath()));
            run.finish();
            assertThat(run.warnings()).isEqualTo("a word of it");
        }
    }

    /** Row security hides rows from a role that cannot bypass it. A dump of the visible rows is incomplete. */
    @Test
    void aRoleThatMayNotReadEveryRowMakesNoBackup() throws Exception {
        String database = host.cluster().newDatabase();
        host.cluster()
                .run(
                        "homelab",
                        "CREATE ROLE half_blind LOGIN PASSWORD 'x' IN ROLE pg_read_all_data",
                        "GRANT ALL ON ALL TABLES IN SCHEMA public TO half_blind",
                        "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO half_blind");
        host.cluster()
                .run(
                        database,
                        "CREATE TABLE public.guarded AS SELECT generate_series(1, 10) AS n",
                        "ALTER TABLE public.guarded ENABLE ROW LEVEL SECURITY",
                        "CREATE POLICY few ON public.guarded USING (n < 3)");
        Wiring other = new Wiring(Settings.from(host.environment())
                .with(Map.of("pgsteward.postgres.user", "half_blind", "pgsteward.postgres.password", "x")));
        try (Pipeline running = other.backupPipeline().start()) {
            assertThat(running).isNotNull();
            Backup failed = host.backUp(other, database);
            assertThat(failed.state()).isEqualTo(BackupState.FAILED);
            assertThat(failed.error()).contains("row-level security");
        }
        assertThat(host.stored(database)).isEmpty();
        faulty.goodBackupOf(database);
    }
}
