package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@NeedsPostgres
class ThrowawayClusterIT {
    @Test
    void leavesNoProcessAndNoFileBehind() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        user.own(folder);
        Path data = folder.resolve("scratch");

        try (ThrowawayCluster cluster = ThrowawayCluster.start(
                Programs.newest(Optional.empty()).orElseThrow(),
                user,
                data,
                ThrowawayCluster.Plan.forProof("boss", folder))) {
            assertThat(cluster.sql("postgres", "SELECT 6 * 7;").strip()).isEqualTo("42");
            assertThat(processesIn(data)).isPositive();
            assertThat(cluster.sql("postgres", "SHOW listen_addresses;").strip())
                    .isEmpty();
        }

        await().atMost(Duration.ofSeconds(10)).until(() -> processesIn(data) == 0);
        assertThat(data).doesNotExist();
        assertThat(folder.resolve("template-"
                        + Programs.newest(Optional.empty()).orElseThrow().major()))
                .isDirectory();
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void oneThatDoesNotStartSaysWhyAndIsNotWaitedFor() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        user.own(folder);
        Path data = folder.resolve("scratch");

        assertThatThrownBy(() -> ThrowawayCluster.start(
                        Programs.newest(Optional.empty()).orElseThrow(),
                        user,
                        data,
                        new ThrowawayCluster.Plan(
                                "boss",
                                Optional.empty(),
                                Optional.empty(),
                                Map.of("shared_preload_libraries", "a_library_that_is_not_here"),
                                false,
                                Optional.of(folder))))
                .hasMessageContaining("did not start")
                .hasMessageContaining("a_library_that_is_not_here");

        await().atMost(Duration.ofSeconds(10)).until(() -> processesIn(data) == 0);
        assertThat(data).doesNotExist();
        ThrowawayCluster.remove(folder);
    }

    private static long processesIn(Path data) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .commandLine()
                        .filter(line -> line.contains(data.toString()))
                        .isPresent())
                .count();
    }
}
