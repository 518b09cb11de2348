package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
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
                ThrowawayCluster.Plan.forVerification("boss", folder))) {
            assertThat(cluster.sql("postgres", "SELECT 6 * 7;").strip()).isEqualTo("42");
            assertThat(processesIn(data)).isPositive();
            assertThat(cluster.sql("postgres", "SHOW listen_addresses;").strip())
                    .isEmpty();
            assertThat(cluster.sql("postgres", "SELECT pg_read_file('/proc/self/oom_score_adj');")
                            .strip())
                    .as("the kernel kills it before pgsteward when memory is short")
                    .isEqualTo("1000");
            assertThat(cluster.sql("postgres", "SHOW max_worker_processes;").strip())
                    .as("functions in a dump cannot start background workers")
                    .isEqualTo("0");
        }

        await().until(() -> processesIn(data) == 0);
        assertThat(data).doesNotExist();
        assertThat(folder.resolve("template-"
                        + Programs.newest(Optional.empty()).orElseThrow().major()))
                .isDirectory();
    }

    /** The template of an older version, and a folder that was moved with its contents to another place. */
    @Test
    void invalidTemplateIsRecreatedAndMayBeMoved() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        user.own(folder);
        Programs programs = Programs.newest(Optional.empty()).orElseThrow();
        Files.writeString(
                Files.createDirectories(folder.resolve("template-" + programs.major()))
                        .resolve("PG_VERSION"),
                "15\n");
        Path moved = folder.resolveSibling(folder.getFileName() + "-moved");
        for (Path kept : List.of(folder, moved)) {
            if (kept.equals(moved)) {
                Files.move(folder, moved);
            }
            try (ThrowawayCluster cluster = ThrowawayCluster.start(
                    programs, user, kept.resolve("scratch"), ThrowawayCluster.Plan.forVerification("boss", kept))) {
                cluster.sql("postgres", "CREATE DATABASE proof TEMPLATE template0");
                assertThat(cluster.sql("proof", "SELECT count(*) > 300 FROM pg_class;")
                                .strip())
                        .isEqualTo("t");
            }
        }
        ThrowawayCluster.remove(moved);
    }

    /** Any process that reaches the socket is the cluster's administrator, so other users must not reach it. */
    @Test
    void scratchClusterIsIsolatedFromTheHost() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        user.own(folder);
        try (ThrowawayCluster cluster = ThrowawayCluster.start(
                Programs.newest(Optional.empty()).orElseThrow(),
                user,
                folder.resolve("scratch"),
                ThrowawayCluster.Plan.forVerification("boss", folder))) {
            Path sockets = Path.of(
                    cluster.sql("postgres", "SHOW unix_socket_directories;").strip());
            for (Path closed : List.of(sockets, cluster.data())) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(closed)))
                        .as(closed.toString())
                        .isEqualTo("rwx------");
            }
            ProcessHandle server = postmaster(cluster.data());
            assertThat(Files.readString(Path.of("/proc", Long.toString(server.pid()), "environ"))
                            .split("\0", -1))
                    .allMatch(variable -> variable.matches("|(PATH|PWD|OLDPWD|SHLVL|_|LC_ALL|PG_\\w+)=.*"));
            assertThat(niceness(server)).isGreaterThanOrEqualTo(10);
            if (System.getProperty("user.name").equals("root")) {
                assertThat(new ProcessBuilder(List.of(
                                        "setpriv",
                                        "--reuid=nobody",
                                        "--clear-groups",
                                        "--",
                                        Programs.newest(Optional.empty())
                                                .orElseThrow()
                                                .path("psql")
                                                .toString(),
                                        "--host=" + sockets,
                                        "--username=boss",
                                        "--command=SELECT 1",
                                        "postgres"))
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .redirectError(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor())
                        .isNotZero();
            }
        }
    }

    /** A power cut leaves folders. Folders in use and folders of other programs remain. */
    @Test
    void onlyRemainsOfAPowerCutAreRemoved() throws Exception {
        Path folder = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        user.own(folder);
        Path left = Files.createDirectories(folder.resolve(UUID.randomUUID().toString()));
        Files.writeString(left.resolve("postmaster.pid"), "1\nof another life\n");
        Path half = Files.createDirectories(folder.resolve("template-" + UUID.randomUUID() + ".part"));
        Path others = Files.createDirectories(folder.resolve("photos"));
        Path atWork = folder.resolve(UUID.randomUUID().toString());
        try (ThrowawayCluster cluster = ThrowawayCluster.start(
                Programs.newest(Optional.empty()).orElseThrow(),
                user,
                atWork,
                ThrowawayCluster.Plan.forVerification("boss", folder))) {
            Instant now = Instant.now();
            assertThat(AbandonedClusters.remove(folder, Duration.ofMinutes(10), now))
                    .as("clusters younger than the limit")
                    .isZero();
            assertThat(AbandonedClusters.remove(folder, Duration.ofMinutes(10), now.plusSeconds(3600)))
                    .isEqualTo(2);
            assertThat(cluster.sql("postgres", "SELECT 1;").strip()).isEqualTo("1");
        }
        assertThat(left).doesNotExist();
        assertThat(half).doesNotExist();
        assertThat(others).isDirectory();
    }

    private static ProcessHandle postmaster(Path data) throws Exception {
        return ProcessHandle.of(Long.parseLong(
                        Files.readAllLines(data.resolve("postmaster.pid")).get(0)))
                .orElseThrow();
    }

    /** The 19th value of /proc/PID/stat. */
    private static int niceness(ProcessHandle process) throws Exception {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
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

        await().until(() -> processesIn(data) == 0);
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
