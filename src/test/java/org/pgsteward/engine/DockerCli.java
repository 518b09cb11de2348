package org.pgsteward.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The {@code docker} program, run as an operator runs it. */
public final class DockerCli {
    private final String host;

    public DockerCli(String host) {
        this.host = host;
    }

    /** Runs the program on the engine of the tests. */
    public static String docker(String... arguments) {
        return new DockerCli(NeedsEngine.Engine.host()).run(arguments);
    }

    /**
     * Runs the program and returns its standard output without surrounding white space.
     *
     * @throws IllegalStateException with its standard error if it fails or takes more than a minute
     */
    public String run(String... arguments) {
        List<String> command = new ArrayList<>(List.of("docker", "--host", host));
        command.addAll(List.of(arguments));
        try {
            Path complaints = Files.createTempFile("docker-cli", ".err");
            try {
                return run(command, complaints);
            } finally {
                Files.delete(complaints);
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot run " + String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted: " + String.join(" ", command), e);
        }
    }

    private static String run(List<String> command, Path complaints) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(complaints.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(8, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IllegalStateException("took more than 60 s: " + String.join(" ", command));
        }
        if (process.exitValue() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " ended with " + process.exitValue() + ": "
                    + Files.readString(complaints));
        }
        return output.strip();
    }
}
