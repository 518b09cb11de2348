package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.config.Settings;
import org.pgsteward.model.BackupKind;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.ServerAddress;
import org.pgsteward.postgres.TestCluster;

/** A run of {@code restore --all} after a killed run. */
@NeedsPostgres
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class RecoveryNotesIT {
    @Test
    void lossesInDatabasesThatAKilledRunFinishedAreReported() throws Exception {
        try (TestHost host = TestHost.start();
                TestCluster empty = TestCluster.start()) {
            Wiring wiring = host.wiring();
            wiring.house.order();
            host.cluster().run("homelab", "CREATE ROLE app LOGIN", "CREATE DATABASE app OWNER app");
            host.cluster()
                    .run(
                            "app",
                            "CREATE TABLE public.t AS SELECT 1 AS n",
                            "CREATE TABLE information_schema.mine AS SELECT 1 AS n");
            try (Pipeline running = wiring.backupPipeline().start()) {
                assertThat(running).isNotNull();
                host.backUp(wiring, "app");
                host.backUp(
                        wiring, wiring.targets.all(BackupKind.GLOBALS).get(0).target());
            }
            Recovery recovery = new Wiring(Settings.from(environment(host, empty))).recovery;

            assertThatThrownBy(() -> recovery.rebuild(new KilledWhenDone(), Recovery.Consent.NONE))
                    .isInstanceOf(KilledWhenDone.Killed.class);

            for (int run = 0; run < 2; run++) {
                Recovery.Report report = recovery.rebuild(RestoreProgress.QUIET, Recovery.Consent.NONE);
                assertThat(report.done()).contains("app: exists already");
                assertThat(report.missing())
                        .filteredOn(line -> line.startsWith("app: "))
                        .contains("app: dumps do not contain objects in PostgreSQL's own schemas: table"
                                + " information_schema.mine; move them into another schema")
                        .doesNotHaveDuplicates();
            }
        }
    }

    private static Map<String, String> environment(TestHost host, TestCluster there) {
        ServerAddress address = there.server().address();
        Map<String, String> environment = new HashMap<>(host.environment());
        environment.put("PGSTEWARD_POSTGRES_PORT", Integer.toString(address.port()));
        environment.put("PGSTEWARD_POSTGRES_PASSWORD", address.password().reveal());
        environment.put(
                "PGSTEWARD_STATE_DIR", host.folder().resolve("state-there").toString());
        environment.put("PGSTEWARD_SECRETS_DIR", host.folder().toString());
        return environment;
    }

    /** Ends a run as soon as the restored database has its final name. */
    private static final class KilledWhenDone implements RestoreProgress {
        private static final class Killed extends RuntimeException {}

        @Override
        public void step(String what) {
            if (what.equals("done")) {
                throw new Killed();
            }
        }

        @Override
        public void poured(long bytes, long total) {}
    }
}
