package org.pgsteward.engine;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An engine for one test alone, which can stop, kill and restart it. */
public final class PrivateEngine implements AutoCloseable {
    private static final Duration SETTLED = Duration.ofMinutes(2);
    private static final Path BED = Path.of("src/test/bed").toAbsolutePath();

    private final Path folder;

    /** Starts an engine. This takes about two seconds. */
    public PrivateEngine() throws IOException {
        folder = Files.createTempDirectory("engine-");
        up();
    }

    /** Returns whether this host can run one, which requires root and the dockerd program. */
    public static boolean isPossible() {
        return "root".equals(System.getProperty("user.name")) && Files.isExecutable(Path.of("/usr/sbin/dockerd"));
    }

    public String host() {
        return "unix://" + folder.resolve("docker.sock");
    }

    public DockerCli cli() {
        return new DockerCli(host());
    }

    /** Copies an image from the engine of the tests. */
    public void fetch(String image) throws IOException {
        Path archive = folder.resolve("image.tar");
        DockerCli.docker("save", "--output", archive.toString(), image);
        cli().run("load", "--quiet", "--input", archive.toString());
        Files.delete(archive);
    }

    /** Starts the engine, or starts it again with its containers. */
    public void up() {
        run(BED.resolve("engine-up").toString(), folder.toString());
    }

    /**
     * Waits until the engine has noticed that a container ended. A restarted engine answers before it has updated the
     * state of its containers, or ended those that kept running without it.
     */
    void awaitEnd(String container) {
        await().atMost(SETTLED)
                .until(() -> cli().run("inspect", "--format", "{{.State.Status}}", container), "exited"::equals);
    }

    /**
     * Starts a container again. A restarted engine refuses that until it has removed the remains of the container's
     * last run (its task, its network endpoint).
     */
    void start(String container) {
        await().atMost(SETTLED).ignoreExceptions().until(() -> cli().run("start", container), container::equals);
    }

    /** Stops the engine in an orderly way. Its containers end with it. */
    public void down() {
        run(BED.resolve("engine-down").toString(), "--keep-images", folder.toString());
    }

    /** Kills only the daemon, as a power cut would. The containers keep running. */
    public void kill() throws IOException {
        run("kill", "-9", Files.readString(folder.resolve("dockerd.pid")).strip());
    }

    @Override
    public void close() {
        run(BED.resolve("engine-down").toString(), folder.toString());
    }

    static void run(String... command) {
        try {
            Process process = new ProcessBuilder(command).inheritIO().start();
            if (!process.waitFor(8, TimeUnit.MINUTES) || process.exitValue() != 0) {
                throw new IllegalStateException("failed: " + List.of(command));
            }
        } catch (IOException e) {
            throw new IllegalStateException("failed: " + List.of(command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted: " + List.of(command), e);
        }
    }
}
