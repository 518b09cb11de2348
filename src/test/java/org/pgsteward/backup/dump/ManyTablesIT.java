package org.pgsteward.backup.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** Databases with more tables than a server with small settings has locks. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 40, unit = TimeUnit.MINUTES)
class ManyTablesIT {
    /**
     * Settings for 704 locks; 198 of them are reserved for other sessions. A server with default settings has 7,808
     * locks.
     */
    private static final Map<String, String> LITTLE_ROOM = Map.of(
            "max_locks_per_transaction", "32",
            "max_connections", "20",
            "autovacuum_max_workers", "1",
            "max_worker_processes", "0",
            "max_wal_senders", "0");

    private TestHost host;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start(TestCluster.start(TestCluster.programs(), LITTLE_ROOM));
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    @Test
    void refusesADumpThatWouldTakeTheLocksOfOthersAndMakesTheRest() throws Exception {
        String fits = withTables(300);
        String tooMany = withTables(600);
        Wiring wiring = host.wiring();
        wiring.house.order();
        List<Backup> night;
        try (Pipeline pipeline = wiring.backupPipeline().start()) {
            assertThat(pipeline).isNotNull();
            night = wiring.asked.backUp(SetKeeper.COMMAND, wiring.asked.named(List.of(fits, tooMany)));
        }

        assertThat(night)
                .filteredOn(backup -> backup.service().equals(fits))
                .extracting(Backup::state)
                .containsExactly(BackupState.VERIFIED);
        assertThat(night)
                .filteredOn(backup -> backup.service().equals(tooMany))
                .singleElement()
                .satisfies(backup -> {
                    assertThat(backup.state()).isEqualTo(BackupState.FAILED);
                    assertThat(backup.error())
                            .contains("a dump of database " + tooMany + " locks all its 600 tables")
                            .contains("(max_locks_per_transaction = 32)")
                            .contains("ALTER SYSTEM SET max_locks_per_transaction = 64");
                });
        assertThat(host.notices(tooMany))
                .singleElement()
                .asString()
                .startsWith("firing")
                .contains(tooMany);
        assertThat(host.stored(tooMany)).isEmpty();
    }

    private String withTables(int count) throws SQLException {
        String database = host.cluster().newDatabase();
        String create = "DO $$ BEGIN FOR i IN %d..%d LOOP EXECUTE format('CREATE TABLE public.t%%s (n integer)', i);"
                + " END LOOP; END $$";
        // Each block creates ten tables only, since CREATE TABLE takes locks, too.
        for (int from = 1; from <= count; from += 10) {
            host.cluster().run(database, create.formatted(from, from + 9));
        }
        return database;
    }
}
