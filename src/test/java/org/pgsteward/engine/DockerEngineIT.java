package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Container;
import org.pgsteward.model.Memory;

@NeedsEngine
class DockerEngineIT {
    private static final double MIB = 1024 * 1024;

    private final String tag = UUID.randomUUID().toString().substring(0, 8);
    private final String name = "engine-it-" + tag;
    private final DockerEngine engine = DockerEngine.at(NeedsEngine.Engine.host());

    @AfterEach
    void removeWhatTheTestMade() {
        engine.close();
        DockerCli.docker("rm", "--force", name);
    }

    @Test
    void readsWhatAnOperatorHasSetOnARunningContainer() {
        String network = "net-" + tag;
        DockerCli.docker("network", "create", network);
        try {
            String id = DockerCli.docker(
                    "run",
                    "--detach",
                    "--name",
                    name,
                    "--network",
                    network,
                    "--network-alias",
                    "wiki",
                    "--memory",
                    "64m",
                    "--label",
                    "pgsteward.service=wiki",
                    "--env",
                    "DB_URL=postgres://u:a=b@h/d",
                    "debian:bookworm-slim",
                    "sleep",
                    "600");

            Container seen = engine.container(name).orElseThrow();

            assertThat(seen.id()).isEqualTo(id);
            assertThat(seen.name()).isEqualTo(name);
            assertThat(seen.image()).isEqualTo("debian:bookworm-slim");
            assertThat(seen.imageId()).startsWith("sha256:");
            assertThat(seen.state()).isEqualTo(Container.State.RUNNING);
            assertThat(seen.health()).isEqualTo(Container.Health.NONE);
            assertThat(seen.labels()).containsAllEntriesOf(Map.of("pgsteward.service", "wiki"));
            assertThat(seen.environment()).containsEntry("DB_URL", "postgres://u:a=b@h/d");
            assertThat(seen.networks()).containsOnlyKeys(network);
            assertThat(seen.answersTo("wiki")).isTrue();
            assertThat(seen.memoryLimitBytes()).isEqualTo(64 * 1024 * 1024);
            assertThat(seen.startedAt()).hasValueSatisfying(at -> assertThat(at).isAfterOrEqualTo(seen.createdAt()));
        } finally {
            DockerCli.docker("rm", "--force", name);
            DockerCli.docker("network", "rm", network);
        }
    }

    @Test
    void listsContainersThatNeverRanAndThoseThatFailed() {
        DockerCli.docker("create", "--name", name, "debian:bookworm-slim", "sh", "-c", "exit 7");
        Container created = named(name);
        assertThat(created.state()).isEqualTo(Container.State.CREATED);
        assertThat(created.startedAt()).isEmpty();

        DockerCli.docker("start", name);
        DockerCli.docker("wait", name);

        Container ended = named(name);
        assertThat(ended.state()).isEqualTo(Container.State.EXITED);
        assertThat(ended.exitCode()).isEqualTo(7);
        assertThat(engine.memory(ended.id())).isEmpty();
    }

    @Test
    void memoryIsWhatTheCommandLineShows() {
        String id = DockerCli.docker(
                "run",
                "--detach",
                "--name",
                name,
                "--memory",
                "64m",
                "debian:bookworm-slim",
                "sh",
                "-c",
                // 20 MB really held by perl, and 15 MB of page cache that must not count.
                "head -c 15000000 /dev/urandom >/tmp/f; cat /tmp/f >/dev/null; exec perl -e '$x=\"y\" x 20000000; $|=1; print \"held\\n\"; sleep 600'");
        org.awaitility.Awaitility.await()
                .until(() -> DockerCli.docker("logs", id).contains("held"));

        Memory ours = engine.memory(id).orElseThrow();
        String theirs = DockerCli.docker("stats", "--no-stream", "--format", "{{.MemUsage}}", id);

        assertThat(theirs).endsWith("/ 64MiB");
        double shown = Double.parseDouble(theirs.substring(0, theirs.indexOf("MiB")));
        assertThat(ours.usedBytes() / MIB).isCloseTo(shown, Offset.offset(0.5));
        assertThat(ours.limitBytes()).isEqualTo(64 * 1024 * 1024);
    }

    @Test
    void whatIsNotThereIsEmptyAndNoError() {
        assertThat(engine.container("no-such-" + tag)).isEmpty();
        assertThat(engine.memory("no-such-" + tag)).isEmpty();
        assertThat(engine.answers()).isTrue();
    }

    private Container named(String wanted) {
        Set<Container> found = engine.containers().stream()
                .filter(container -> container.name().equals(wanted))
                .collect(java.util.stream.Collectors.toSet());
        assertThat(found).hasSize(1);
        return found.iterator().next();
    }
}
