package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.TestHost;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.restore.Recovery;
import org.pgsteward.backup.restore.RestoreProgress;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.backup.schedule.Targets;
import org.pgsteward.backup.store.SetKeeper;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.TestCluster;

/** A database with an encoding that PostgreSQL does not convert to UTF-8. */
@NeedsPostgres
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class UnreadableEncodingIT {
    private static final String CAVEAT =
            "database mule was not read: PostgreSQL has no conversion between its encoding MULE_INTERNAL and UTF8";

    private TestHost host;
    private Wiring wiring;

    @BeforeAll
    void startHost() throws Exception {
        host = TestHost.start();
        wiring = host.wiring();
        wiring.house.order();
        host.cluster()
                .run(
                        "homelab",
                        "CREATE DATABASE mule TEMPLATE template0 ENCODING 'MULE_INTERNAL' LC_COLLATE 'C' LC_CTYPE 'C'",
                        "CREATE DATABASE fine",
                        "CREATE TABLE public.after_both AS SELECT 1 AS n");
        host.cluster().run("fine", "CREATE TABLE public.t AS SELECT generate_series(1, 10) AS n");
    }

    @AfterAll
    void stopHost() throws Exception {
        host.close();
    }

    @Test
    void verifiesABaseBackupWithoutThatDatabase() throws Exception {
        assertThat(base(wiring).caveats()).containsExactly(CAVEAT);
    }

    @Test
    void verifiesAnEncryptedBaseBackupWithoutThatDatabase() throws Exception {
        Wiring encrypting =
                host.wiring("pgsteward.backup.recipients", Age.keys().recipient());
        assertThat(base(encrypting).caveats()).containsExactly(CAVEAT);
    }

    @Test
    void itsDumpFailsWithARemedy() throws Exception {
        try (Pipeline pipeline = wiring.backupPipeline().start()) {
            assertThat(pipeline).isNotNull();

            Backup backup = host.backUp(wiring, "mule");

            assertThat(backup.state()).isEqualTo(BackupState.FAILED);
            assertThat(backup.error())
                    .contains(
                            "cannot read database 'mule' (conversion between UTF8 and MULE_INTERNAL is not supported): only"
                                    + " the base backup contains it; dump it with pg_dump, which needs no conversion, or");
        }
    }

    /** The server answered, so no other backup has to wait. */
    @Test
    void theServerCountsAsAvailable() throws Exception {
        SQLException failed = catchThrowableOfType(
                SQLException.class,
                () -> host.cluster().server().connect("mule").close());

        assertThat(new ShortAbsence(Duration.ofDays(1)).isToTryAgain(failed)).isFalse();
    }

    @Test
    void restoringAllNamesEachDatabaseWithoutADump() throws Exception {
        host.cluster().run("homelab", "CREATE DATABASE closed ALLOW_CONNECTIONS false");
        try (Pipeline pipeline = wiring.backupPipeline().start();
                TestCluster empty = TestCluster.start()) {
            assertThat(pipeline).isNotNull();
            List<BackupTarget> set = wiring.sets.open(
                    SetKeeper.COMMAND,
                    Stream.of(BackupKind.DUMP, BackupKind.GLOBALS)
                            .flatMap(kind -> targets(kind).stream())
                            .toList());
            set.forEach(target -> host.backUp(wiring, target));
            wiring.sets.close(set);
            Wiring there = host.wiring(Map.of(
                    "pgsteward.postgres.host", empty.server().address().host(),
                    "pgsteward.postgres.port",
                            Integer.toString(empty.server().address().port())));

            Recovery.Report report = there.recovery.rebuild(RestoreProgress.QUIET, Recovery.Consent.NONE);

            assertThat(report.done()).anyMatch(line -> line.startsWith("fine: 10 rows"));
            assertThat(report.missing())
                    .filteredOn(line -> line.contains("the store contains no dump of it"))
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .startsWith("closed: the store contains no dump of it: failed: ")
                                    .contains("database closed allows no connections"),
                            line -> assertThat(line)
                                    .startsWith("mule: the store contains no dump of it: failed: ")
                                    .contains("cannot read database 'mule'"));
        } finally {
            host.cluster().run("homelab", "DROP DATABASE closed");
        }
    }

    private List<BackupTarget> targets(BackupKind kind) {
        try {
            return wiring.targets.all(kind).stream().map(Targets.Found::target).toList();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private Backup base(Wiring with) throws Exception {
        try (Pipeline pipeline = with.backupPipeline().start()) {
            assertThat(pipeline).isNotNull();
            Backup backup =
                    host.backUp(with, with.targets.all(BackupKind.BASE).get(0).target());
            assertThat(backup.error()).isEmpty();
            return backup;
        }
    }
}
