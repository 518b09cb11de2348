package org.pgsteward.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** The column {@code backup_log.verification} has the new name {@code verification}, and stays for one more version. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RenamedColumnIT {
    private static final String VALUES =
            "SELECT concat_ws(' ', backup_id, proof, verification) FROM public.backup_log ORDER BY started_at";

    /** Statement of the previous version, in short. */
    private static final String OLD_INSERT = "INSERT INTO public.backup_log (service_name, backup_type, created_at,"
            + " backup_id, state, started_at, event_id, proof) VALUES"
            + " ('wiki', 'dump', '2026-03-01 03:00', 'wiki-1', 'made', '2026-03-01 03:00Z', gen_random_uuid(), 'stream'),"
            + " ('wiki', 'dump', '2026-03-02 03:00', 'wiki-2', 'verified', '2026-03-02 03:00Z', gen_random_uuid(), 'file')";

    private final TestCluster cluster = TestCluster.shared();

    @Test
    void rowsOfThePreviousVersionHaveBothNamesAfterTheMigration() throws SQLException {
        String database = previous();
        cluster.run(database, OLD_INSERT);

        new Tables(JournalDatabases.source(database)).prepare();

        assertThat(JournalDatabases.rows(database, VALUES)).containsExactly("wiki-1 stream stream", "wiki-2 file file");
        assertThat(new BackupRows(JournalDatabases.source(database)).allVerified())
                .containsOnlyKeys("wiki-1", "wiki-2");
    }

    @Test
    void previousVersionStillWritesRowsAfterTheMigration() throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        cluster.run(database, OLD_INSERT, "UPDATE public.backup_log SET proof = 'file' WHERE backup_id = 'wiki-1'");
        assertThat(JournalDatabases.rows(database, VALUES)).containsExactly("wiki-1 file file", "wiki-2 file file");
    }

    @Test
    void theMigrationMayRunTwice() throws SQLException, IOException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        cluster.run(database, OLD_INSERT);
        try (InputStream script =
                Objects.requireNonNull(Tables.class.getResourceAsStream("/db/migration/V12__verification.sql"))) {
            cluster.run(database, new String(script.readAllBytes(), StandardCharsets.UTF_8));
        }
        assertThat(JournalDatabases.rows(database, VALUES)).containsExactly("wiki-1 stream stream", "wiki-2 file file");
    }

    @Test
    void theJournalOfThePreviousVersionIsImported() throws SQLException {
        String old = previous();
        cluster.run(old, OLD_INSERT);
        assertImported(old);
    }

    @Test
    void aJournalWithTheGeneratedColumnIsImported() throws SQLException {
        String old = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        cluster.run(old, OLD_INSERT);
        assertImported(old);
    }

    private void assertImported(String old) throws SQLException {
        String database = JournalDatabases.prepared(JournalDatabases.Before.NOTHING);
        try (Connection reading = JournalDatabases.source(old).getConnection()) {
            assertThat(new JournalImport(JournalDatabases.source(database)).take(reading))
                    .isEqualTo(2);
        }
        assertThat(JournalDatabases.rows(database, VALUES)).containsExactly("wiki-1 stream stream", "wiki-2 file file");
    }

    /** Creates a database with the tables of the previous version. */
    private String previous() throws SQLException {
        String database = cluster.newDatabase();
        Flyway.configure()
                .dataSource(ShortUrls.of(JournalDatabases.source(database)))
                .locations("classpath:db/migration")
                .defaultSchema("public")
                .target("11")
                .load()
                .migrate();
        return database;
    }
}
