package org.pgsteward.backup.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.restore.RestoreLeftovers;
import org.pgsteward.model.BackupKind;
import org.pgsteward.monitor.DatabaseMetrics;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.SpareDatabases;
import org.pgsteward.postgres.UnfinishedRestore;

/** The databases that are backed up. */
@NeedsPostgres
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class TargetsIT {
    /** An interrupted DROP DATABASE leaves a database in this state. */
    @Test
    void aPartlyDroppedDatabaseInQuarantineIsNoTarget() throws Exception {
        try (TestHost host = TestHost.start()) {
            Wiring wiring = host.wiring();
            wiring.house.order();
            host.cluster()
                    .run(
                            "homelab",
                            "CREATE DATABASE gone",
                            "CREATE DATABASE nobodys",
                            "UPDATE pg_database SET datconnlimit = -2 WHERE datname IN ('gone', 'nobodys')",
                            "INSERT INTO public.service_configs"
                                    + " (service_name, database_name, role_name, quarantined_at)"
                                    + " VALUES ('gone', 'gone', 'gone', now())");

            assertThat(wiring.targets.all(BackupKind.DUMP))
                    .extracting(found -> found.target().service())
                    .contains("nobodys")
                    .doesNotContain("gone");
            assertThatThrownBy(() -> wiring.dumps.begin(host.target(wiring, "nobodys")))
                    .hasMessage(
                            "database nobodys is invalid, because DROP DATABASE was interrupted; drop it again: DROP DATABASE \"nobodys\"");
        }
    }

    @Test
    void spareDatabasesAreNeitherBackedUpNorMeasured() throws Exception {
        try (TestHost host = TestHost.start()) {
            Wiring wiring = host.wiring();
            wiring.house.order();
            Server server = host.cluster().server();
            try (Connection connection = server.connect(server.address().database())) {
                SpareDatabases.keep(connection, 1);
                host.cluster().run("homelab", "CREATE DATABASE pgsteward_spare_2");
                String[] others = {"homelab", "pgsteward_spare_2", "postgres"};

                assertThat(wiring.targets.all(BackupKind.DUMP))
                        .extracting(found -> found.target().service())
                        .containsExactlyInAnyOrder(others);
                assertThat(DatabaseMetrics.read(connection))
                        .extracting(DatabaseMetrics.Figure::service)
                        .containsExactlyInAnyOrder(others);
            }
        }
    }

    @Test
    void onlyDatabasesOfUnfinishedRestoresArePassedOver() throws Exception {
        try (TestHost host = TestHost.start()) {
            Wiring wiring = host.wiring();
            wiring.house.order();
            String mark = " IS " + Quote.literal(UnfinishedRestore.MARK);
            host.cluster()
                    .run(
                            "homelab",
                            "CREATE DATABASE pgsteward_restore_deadbeef",
                            "CREATE DATABASE pgsteward_restore_00000001",
                            "COMMENT ON DATABASE pgsteward_restore_00000001 IS 'precious'",
                            "CREATE ROLE pgsteward_restore_00000001",
                            "CREATE DATABASE pgsteward_restore_00000002",
                            "COMMENT ON DATABASE pgsteward_restore_00000002" + mark,
                            "CREATE DATABASE pgsteward_restore_00000003",
                            "CREATE ROLE pgsteward_restore_00000003",
                            "COMMENT ON ROLE pgsteward_restore_00000003" + mark,
                            "CREATE DATABASE pgsteward_restore_0",
                            "COMMENT ON DATABASE pgsteward_restore_0" + mark);
            String[] others = {
                "homelab", "pgsteward_restore_0", "pgsteward_restore_00000001", "pgsteward_restore_deadbeef", "postgres"
            };

            assertThat(wiring.targets.all(BackupKind.DUMP))
                    .extracting(found -> found.target().service())
                    .containsExactlyInAnyOrder(others);
            Server server = host.cluster().server();
            try (Connection connection = server.connect(server.address().database())) {
                List<DatabaseMetrics.Figure> figures = DatabaseMetrics.read(connection);
                assertThat(figures).extracting(DatabaseMetrics.Figure::service).containsExactlyInAnyOrder(others);
            }
            new RestoreLeftovers(server, host.folder(), host.folder(), Clock.systemUTC()).clear();
            assertThat(host.rows("homelab", "SELECT datname FROM pg_database WHERE datname ~ '^pgsteward'"))
                    .containsExactlyInAnyOrder(
                            "pgsteward_restore_0", "pgsteward_restore_00000001", "pgsteward_restore_deadbeef");
        }
    }
}
