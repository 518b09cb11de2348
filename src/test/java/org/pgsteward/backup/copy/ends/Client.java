package org.pgsteward.backup.copy.ends;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A finished program that used one of these servers.
 *
 * @param exit its exit code
 * @param out its output
 * @param err its error output
 */
public record Client(int exit, String out, String err) {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** Skips the test, with the reason, if the program is not on the PATH. */
    public static Path need(String program, String debianPackage) {
        Optional<Path> found = Stream.of(System.getenv("PATH") + File.pathSeparator + "/usr/sbin")
                .flatMap(path -> Stream.of(path.split(File.pathSeparator)))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(
                found.isPresent(),
                () -> "skipped: the program " + program + " is not on this machine; install " + debianPackage);
        return found.orElseThrow();
    }

    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /**
     * Runs rclone with a configuration file, and without further attempts after a failure.
     *
     * @param arguments the command and its arguments
     */
    public static Client rclone(Path configuration, String... arguments) throws Exception {
        need("rclone", "rclone");
        List<String> fixed =
                List.of("rclone", "--config", configuration.toString(), "--retries", "1", "--low-level-retries", "1");
        return run(Map.of(), Stream.concat(fixed.stream(), Stream.of(arguments)).toList());
    }

    /**
     * Runs restic without a cache.
     *
     * @param options the options of the connection
     * @param arguments the command and its arguments
     */
    public static Client restic(
            String repository, String password, List<String> options, Map<String, String> more, String... arguments)
            throws Exception {
        need("restic", "restic");
        Map<String, String> environment = new HashMap<>(more);
        environment.put("RESTIC_REPOSITORY", repository);
        environment.put("RESTIC_PASSWORD", password);
        Stream<String> fixed = Stream.concat(Stream.of("restic", "--no-cache"), options.stream());
        return run(environment, Stream.concat(fixed, Stream.of(arguments)).toList());
    }

    /** Runs a program for three minutes at most. */
    public static Client run(Map<String, String> environment, List<String> command) throws Exception {
        Path out = Files.createTempFile("pgsteward-client-", ".out");
        Path err = Files.createTempFile("pgsteward-client-", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            // With AWS_CA_BUNDLE, rclone 1.60 cannot use S3 at all. Other variables would change its settings.
            builder.environment().keySet().removeIf(name -> name.matches("(AWS|RCLONE|RESTIC)_.*"));
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new IllegalStateException(command + " took longer than " + LIMIT + ": " + text(err));
            }
            return new Client(process.exitValue(), text(out), text(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    /** Returns the output. Throws if the program failed. */
    public String done() {
        if (exit != 0) {
            throw new IllegalStateException("exit code " + exit + ": " + err);
        }
        return out;
    }
}
