package org.pgsteward.engine;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An engine for one test, which may be stopped, killed and started again; nobody else uses it. */
public final class PrivateEngine implements AutoCloseable {
    private static final Duration SETTLED = Duration.ofMinutes(2);
    private static final Path BED = Path.of("src/test/bed").toAbsolutePath();

    private final Path folder;

    /** Starts it; takes about two seconds. */
    public PrivateEngine() throws IOException {
        folder = Files.createTempDirectory("engine-");
        up();
    }

    /** Whether this host can run one: that takes root and the program. */
    public static boolean isPossible() {
        return "root".equals(System.getProperty("user.name")) && Files.isExecutable(Path.of("/usr/sbin/dockerd"));
    }

    public String host() {
        return "unix://" + folder.resolve("docker.sock");
    }

    public DockerCli cli() {
        return new DockerCli(host());
    }

    /** Copies an image from the engine that the tests use. */
    public void fetch(String image) throws IOException {
        Path archive = folder.resolve("image.tar");
        DockerCli.docker("save", "--output", archive.toString(), image);
        cli().run("load", "--quiet", "--input", archive.toString());
        Files.delete(archive);
    }

    /** Starts it, or starts it again with the containers that it had. */
    public void up() {
        run(BED.resolve("engine-up").toString(), folder.toString());
    }

    /**
     * Waits until the engine has noticed that a container ended. It answers before it has put in order what became of its
     * containers while it was away, or ended those that ran on without it.
     */
    void awaitEnd(String container) {
        await().atMost(SETTLED)
                .until(() -> cli().run("inspect", "--format", "{{.State.Status}}", container), "exited"::equals);
    }

    /**
     * Starts a container again. An engine that has just started refuses that while what is left of the container's last run
     * (its task, its network endpoint) is not removed yet.
     */
    void start(String container) {
        await().atMost(SETTLED).ignoreExceptions().until(() -> cli().run("start", container), container::equals);
    }

    /** Ends it in good order; its containers end with it. */
    public void down() {
        run(BED.resolve("engine-down").toString(), "--keep-images", folder.toString());
    }

    /** Ends it as a power cut for the daemon alone would: the containers run on. */
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
