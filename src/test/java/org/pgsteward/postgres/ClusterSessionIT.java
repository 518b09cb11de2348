package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@NeedsPostgres
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ClusterSessionIT {
    private static final String OTHERS = "SELECT datname FROM pg_stat_activity"
            + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY 1;";

    private Path folder;
    private ThrowawayCluster cluster;

    @BeforeEach
    void start() throws Exception {
        folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        user.own(folder);
        cluster = ThrowawayCluster.start(
                Programs.newest(Optional.empty()).orElseThrow(),
                user,
                folder.resolve("scratch"),
                ThrowawayCluster.Plan.forVerification("boss", folder));
    }

    @AfterEach
    void stop() {
        cluster.close();
        ThrowawayCluster.remove(folder);
    }

    @Test
    void oneSessionRunsTheStatementsOfManyCalls() throws Exception {
        String first = cluster.sql("postgres", "SELECT pg_backend_pid();");

        assertThat(cluster.sql("postgres", "SELECT pg_backend_pid();")).isEqualTo(first);
    }

    @Test
    void settingsDoNotReachTheNextCall() throws Exception {
        cluster.sql("postgres", "SET search_path = nowhere; SET work_mem = '1MB';");

        assertThat(cluster.sql("postgres", "SELECT current_setting('search_path'), current_setting('work_mem');"))
                .isEqualTo("\"$user\", public|4MB\n");
    }

    @Test
    void answersHaveAnyText() throws Exception {
        assertThat(cluster.sql("postgres", "SELECT 'über\n\nend-0\n'")).isEqualTo("über\n\nend-0\n\n");
        assertThat(cluster.sql("postgres", "SELECT 1 WHERE false;")).isEmpty();
        assertThat(cluster.sql("postgres", "SELECT 2 -- without a semicolon")).isEqualTo("2\n");
        assertThat(cluster.sql("postgres", "SELECT repeat('x', 1000000);")).hasSize(1_000_001);
    }

    @Test
    void failedStatementHasItsOwnErrorOnly() throws Exception {
        cluster.sql("postgres", "DROP ROLE IF EXISTS nobody_at_all;");

        assertThatThrownBy(() -> cluster.sql("postgres", "SELECT 1;\nSELECT wrong;\nCREATE ROLE late;"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("column \"wrong\" does not exist")
                .hasMessageNotContaining("nobody_at_all");
        assertThat(cluster.sql("postgres", "SELECT count(*) FROM pg_roles WHERE rolname = 'late';"))
                .isEqualTo("0\n");
    }

    /** The session belongs to several verifications, one after another. */
    @Test
    void eachWorkCanBeCancelledDuringItsOwnCall() throws Exception {
        Progress first = new Progress("first", false);
        try (Progress.Binding bound = first.bind()) {
            assertThat(bound).isNotNull();
            cluster.sql("postgres", "SELECT 1;");
        }
        Progress second = new Progress("second", false);
        CompletableFuture<String> sleeping = CompletableFuture.supplyAsync(() -> {
            try (Progress.Binding bound = second.bind()) {
                assertThat(bound).isNotNull();
                return cluster.sql("postgres", "SELECT pg_sleep(3600);");
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        await().until(() -> cluster.sqlAs(
                        "boss",
                        "postgres",
                        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%';")
                .equals("1\n"));

        first.cancel("of the test");
        assertThatThrownBy(() -> sleeping.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        second.cancel("of the test");

        assertThat(sleeping).failsWithin(Duration.ofMinutes(1));
        assertThat(cluster.sql("postgres", "SELECT 2;")).isEqualTo("2\n");
    }

    /** Code of a dump runs in the other database after the call. */
    @Test
    void leavesAnotherDatabaseAfterTheCall() throws Exception {
        cluster.sql("postgres", "CREATE DATABASE proof TEMPLATE template0;");

        assertThat(cluster.sql("proof", "SELECT current_database();")).isEqualTo("proof\n");

        assertThat(cluster.sql("postgres", OTHERS)).isEmpty();
        assertThat(cluster.sql("postgres", "SELECT current_database();")).isEqualTo("postgres\n");
    }

    @Test
    void answersAboveTheLimitAreRefused() throws Exception {
        assertThatThrownBy(() -> cluster.sql("postgres", "SELECT repeat('x', 1000000) FROM generate_series(1, 7);"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the limit");
        assertThat(cluster.sql("postgres", "SELECT 1;")).isEqualTo("1\n");
    }
}
