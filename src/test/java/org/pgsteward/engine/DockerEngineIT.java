package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
    void readsSettingsOfARunningContainer() {
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
                    "--restart",
                    "unless-stopped",
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
            assertThat(seen.comesBack()).isTrue();
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
        assertThat(created.comesBack()).isFalse();

        DockerCli.docker("start", name);
        DockerCli.docker("wait", name);

        Container ended = named(name);
        assertThat(ended.state()).isEqualTo(Container.State.EXITED);
        assertThat(ended.exitCode()).isEqualTo(7);
        assertThat(engine.memory(ended.id())).isEmpty();
    }

    @Test
    void memoryEqualsTheFigureOfDockerStats() {
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
                // perl really holds 20 MB. The 15 MB of page cache must not count.
                "head -c 15000000 /dev/urandom >/tmp/f; cat /tmp/f >/dev/null; exec perl -e '$x=\"y\" x 20000000; $|=1; print \"held\\n\"; sleep 600'");
        org.awaitility.Awaitility.await()
                .until(() -> DockerCli.docker("logs", id).contains("held"));

        // The two readings are taken one after the other, and the kernel adds up the processors' counters in between.
        // So the comparison is repeated.
        org.awaitility.Awaitility.await().untilAsserted(() -> {
            Memory ours = engine.memory(id).orElseThrow();
            String theirs = DockerCli.docker("stats", "--no-stream", "--format", "{{.MemUsage}}", id);

            assertThat(theirs).endsWith("/ 64MiB");
            double shown = Double.parseDouble(theirs.substring(0, theirs.indexOf("MiB")));
            assertThat(ours.usedBytes() / MIB).isCloseTo(shown, Offset.offset(0.5));
            assertThat(ours.limitBytes()).isEqualTo(64 * 1024 * 1024);
        });
    }

    /** ofelia #89: a job for a container kept referring to the removed container after it had been created again. */
    @Test
    void readsOnInTheLogOfAContainerThatIsMadeAnewMeanwhile() {
        run("--detach", "--name", name, "debian:bookworm-slim", "sh", "-c", "echo one; echo two >&2; sleep 600");
        org.awaitility.Awaitility.await().until(() -> texts(Instant.EPOCH).size() == 2);
        ContainerLog first = engine.log(name, Instant.EPOCH).orElseThrow();
        assertThat(first.lines()).extracting(ContainerLog.Line::text).containsExactlyInAnyOrder("one", "two");
        assertThat(first.cut()).isFalse();
        // The two streams race: the line that the engine received later may come first.
        Instant next = first.lines().stream()
                .map(ContainerLog.Line::at)
                .max(Comparator.naturalOrder())
                .orElseThrow()
                .plusNanos(1);
        assertThat(texts(next)).isEmpty();

        DockerCli.docker("rm", "--force", name);
        assertThat(engine.log(name, next)).as("while the container is removed").isEmpty();
        run("--detach", "--tty", "--name", name, "debian:bookworm-slim", "sh", "-c", "echo three; sleep 600");

        org.awaitility.Awaitility.await().until(() -> texts(next).equals(List.of("three")));
        assertThat(engine.addresses()).containsValue(name);
    }

    @Test
    void newestPartOfAHugeLogIsRead() {
        // Docker rotates the log twice meanwhile, and one line is longer than the pieces that Docker sends.
        run(
                "--log-opt",
                "max-size=100k",
                "--log-opt",
                "max-file=3",
                "--name",
                name,
                "debian:bookworm-slim",
                "sh",
                "-c",
                "seq -f 'line %.0f' 1 2000; head -c 40000 /dev/zero | tr '\\0' x; echo; seq -f 'line %.0f' 2001 7000");

        ContainerLog log = engine.log(name, Instant.EPOCH).orElseThrow();

        assertThat(log.lines()).hasSizeBetween(1000, 5000);
        assertThat(log.lines().get(log.lines().size() - 1).text()).isEqualTo("line 7000");
        assertThat(log.lines()).extracting(ContainerLog.Line::text).doesNotHaveDuplicates();
    }

    @Test
    void aLogDriverThatKeepsNothingIsNamed() {
        run("--log-driver", "none", "--name", name, "debian:bookworm-slim", "true");

        assertThatThrownBy(() -> engine.log(name, Instant.EPOCH))
                .isInstanceOf(EngineAway.class)
                .hasMessageContaining(" answered 501 to logs of " + name)
                .hasMessageContaining("configured logging driver does not support reading");
    }

    private static void run(String... arguments) {
        List<String> words = new ArrayList<>(List.of("run"));
        words.addAll(List.of(arguments));
        DockerCli.docker(words.toArray(String[]::new));
    }

    private List<String> texts(Instant since) {
        return engine.log(name, since).orElseThrow().lines().stream()
                .map(ContainerLog.Line::text)
                .toList();
    }

    @Test
    void missingObjectsAreEmptyAndNoError() {
        assertThat(engine.container("no-such-" + tag)).isEmpty();
        assertThat(engine.memory("no-such-" + tag)).isEmpty();
        assertThat(engine.log("no-such-" + tag, Instant.EPOCH)).isEmpty();
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
