package org.pgsteward.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgsteward.backup.underway.Turn;
import org.pgsteward.postgres.NeedsPostgres;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.TestCluster;
import org.pgsteward.postgres.ThrowawayCluster;
import org.pgsteward.postgres.UnprivilegedUser;

@NeedsPostgres
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ScratchSeriesIT {
    private final Programs programs = TestCluster.programs();

    private Path folder;
    private VerificationTurn turn;
    private ScratchSeries series;

    @BeforeEach
    void prepare() throws IOException {
        folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        turn = new VerificationTurn(folder.resolve("locks"), Clock.systemUTC());
        Path scratch = folder.resolve("scratch");
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        series = new ScratchSeries(turn, found -> {
            user.enterable(scratch);
            return ThrowawayCluster.start(
                    found,
                    user,
                    scratch.resolve(UUID.randomUUID().toString()),
                    ThrowawayCluster.Plan.forVerification("pgsteward_proof", scratch));
        });
    }

    @AfterEach
    void tidy() {
        ThrowawayCluster.remove(folder);
    }

    @Test
    void removesRolesDatabasesAndSettingsBetweenBackups() throws Exception {
        try (Verification.Series open = series.begin()) {
            assertThat(open).isNotNull();
            Path first;
            try (Turn.Taken taken = turn.take("wiki");
                    ScratchSeries.Lease lease = series.take(programs)) {
                assertThat(taken).isNotNull();
                ThrowawayCluster cluster = lease.cluster();
                first = cluster.data();
                cluster.sql("postgres", "CREATE ROLE wiki LOGIN; CREATE ROLE pgsteward_count LOGIN;");
                cluster.sql("postgres", "CREATE DATABASE proof OWNER wiki TEMPLATE template0;");
                // Code of a dump can do this as the role that restores it, or as the role that counts its rows.
                cluster.sqlAs("wiki", "proof", "CREATE SCHEMA mine; ALTER ROLE wiki SET statement_timeout = '1ms';");
                cluster.sqlAs("pgsteward_count", "proof", "ALTER ROLE pgsteward_count SET row_security = off;");
                lease.verified();
            }
            try (Turn.Taken taken = turn.take("wiki");
                    ScratchSeries.Lease lease = series.take(programs)) {
                assertThat(taken).isNotNull();
                ThrowawayCluster cluster = lease.cluster();
                assertThat(cluster.data()).as("reuses the cluster").isEqualTo(first);
                assertThat(cluster.sql("postgres", """
                                SELECT datname FROM pg_database WHERE datname NOT LIKE 'template%'
                                UNION ALL SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'
                                UNION ALL SELECT setconfig::text FROM pg_db_role_setting;
                                """).lines()).containsExactly("postgres", "pgsteward_proof");
            }
        }
        assertThat(clusters()).isZero();
    }

    @Test
    void keepsNoClusterInWhichABackupFailed() throws Exception {
        try (Verification.Series open = series.begin()) {
            assertThat(open).isNotNull();
            try (Turn.Taken taken = turn.take("wiki");
                    ScratchSeries.Lease lease = series.take(programs)) {
                assertThat(taken).isNotNull();
                assertThat(lease.cluster().data()).exists();
            }
            assertThat(clusters()).isZero();
        }
    }

    @Test
    void keepsNoClusterOutsideOfASeries() throws Exception {
        try (Turn.Taken taken = turn.take("wiki");
                ScratchSeries.Lease lease = series.take(programs)) {
            assertThat(taken).isNotNull();
            lease.verified();
        }
        assertThat(clusters()).isZero();
    }

    @Test
    void givesWayToAnotherProcess() throws Exception {
        VerificationTurn other = new VerificationTurn(folder.resolve("locks"), Clock.systemUTC());
        CompletableFuture<Turn.Taken> waiting;
        try (Verification.Series open = series.begin()) {
            assertThat(open).isNotNull();
            try (Turn.Taken taken = turn.take("wiki");
                    ScratchSeries.Lease lease = series.take(programs)) {
                assertThat(taken).isNotNull();
                lease.verified();
                waiting = waitingIn(other);
            }
            assertThat(clusters()).isZero();
            waiting.get(8, TimeUnit.MINUTES).close();
        }
    }

    /**
     * The next verification of this process had to wait for a dump of hours, and the verification of another process
     * waited for it.
     */
    @Test
    void givesWayToAnotherProcessThatComesBetweenTwoVerifications() throws Exception {
        try (Verification.Series open = series.begin()) {
            assertThat(open).isNotNull();
            assertThat(turn.makesWay()).isFalse();
            try (Turn.Taken taken = turn.take("wiki");
                    ScratchSeries.Lease lease = series.take(programs)) {
                assertThat(taken).isNotNull();
                lease.verified();
            }
            CompletableFuture<Turn.Taken> waiting =
                    waitingIn(new VerificationTurn(folder.resolve("locks"), Clock.systemUTC()));
            assertThat(waiting).isNotDone();
            assertThat(clusters()).isOne();

            assertThat(turn.makesWay()).isTrue();

            waiting.get(8, TimeUnit.MINUTES).close();
            assertThat(clusters()).isZero();
        }
    }

    private CompletableFuture<Turn.Taken> waitingIn(VerificationTurn other) {
        CompletableFuture<Turn.Taken> waiting = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                waiting.complete(other.take("shop"));
            } catch (InterruptedException e) {
                waiting.completeExceptionally(e);
            }
        });
        thread.start();
        await().until(() -> Files.exists(folder.resolve("locks").resolve(WaitingPlace.FILE)));
        return waiting;
    }

    private long clusters() throws IOException {
        try (Stream<Path> folders = Files.list(folder.resolve("scratch"))) {
            return folders.filter(one -> !one.getFileName().toString().startsWith("template"))
                    .count();
        }
    }
}
