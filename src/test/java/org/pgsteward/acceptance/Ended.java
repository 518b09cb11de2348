package org.pgsteward.acceptance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The result of a program.
 *
 * @param out standard output without surrounding white space
 * @param err standard error without surrounding white space
 */
record Ended(List<String> command, int code, String out, String err) {
    private static final long MOST_BYTES = 64 * 1024 * 1024;

    /** Runs a program and waits for its end. */
    static Ended run(Path folder, Map<String, String> environment, Duration limit, List<String> command) {
        try {
            Path out = Files.createTempFile("ended", ".out");
            Path err = Files.createTempFile("ended", ".err");
            try {
                Process process = start(folder, environment, out, err, command);
                if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("took more than " + limit.toSeconds() + " s: "
                            + String.join(" ", command) + "\n" + text(out) + "\n" + text(err));
                }
                return new Ended(command, process.exitValue(), text(out), text(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new IllegalStateException("cannot run " + String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted: " + String.join(" ", command), e);
        }
    }

    private static Process start(Path folder, Map<String, String> environment, Path out, Path err, List<String> command)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        return builder.start();
    }

    /**
     * Throws if the file is larger than a text can be. Reading all of it would end the test's JVM and hide the first
     * failure.
     */
    private static String text(Path file) throws IOException {
        if (Files.size(file) > MOST_BYTES) {
            throw new IllegalStateException(
                    "output of " + Files.size(file) + " bytes; at most " + MOST_BYTES + " are read");
        }
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
    }

    boolean isWell() {
        return code == 0;
    }

    /** Returns standard output and standard error, for texts that may be in either. */
    String both() {
        return out + "\n" + err;
    }

    /**
     * Returns this result if the program succeeded.
     *
     * @throws IllegalStateException with the program's output if it failed
     */
    Ended well() {
        if (!isWell()) {
            throw new IllegalStateException(String.join(" ", command) + " ended with " + code + ":\n" + both());
        }
        return this;
    }
}
