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
 * How a program ended.
 *
 * @param out what it wrote to standard output, without the white space around it
 * @param err the same of standard error
 */
record Ended(List<String> command, int code, String out, String err) {
    private static final long MOST_BYTES = 64 * 1024 * 1024;

    /** Runs it to its end. */
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

    /** What is larger is no text: a test that reads it all would end its JVM, and hide what had failed before it. */
    private static String text(Path file) throws IOException {
        if (Files.size(file) > MOST_BYTES) {
            throw new IllegalStateException(
                    "it wrote " + Files.size(file) + " bytes, and at most " + MOST_BYTES + " are read");
        }
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
    }

    boolean isWell() {
        return code == 0;
    }

    /** Both outputs, for what may be in either. */
    String both() {
        return out + "\n" + err;
    }

    /** @throws IllegalStateException with what it said, when it failed */
    Ended well() {
        if (!isWell()) {
            throw new IllegalStateException(String.join(" ", command) + " ended with " + code + ":\n" + both());
        }
        return this;
    }
}
