package org.pgsteward.postgres;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.pgsteward.io.Threads;

/**
 * One of PostgreSQL's programs at work as a child process: its streams, and how it ended.
 *
 * <p>The child sees only the environment that it is given. Whether it did its work is decided by its exit code, never
 * by the end of its output: a {@code pg_dump} that dies half-way ends its stream like one that is done.
 */
public final class ClientProgram implements AutoCloseable {
    /** Characters of a message; the first lines tell the cause. */
    private static final int MESSAGE = 4000;

    /** Characters kept of what it said on standard error. */
    private static final int KEPT_ERRORS = 64 * 1024;

    /** Bytes of an answer that is held as a whole: a list of tens of thousands of objects, and not of a million. */
    public static final int MOST_PRINTED = 6 * 1024 * 1024;

    /** In UTF-8, the first byte of U+0100. */
    private static final int FIRST_BYTE_BEYOND_LATIN_1 = 0xc4;

    /** 128 and SIGKILL. */
    private static final int KILLED = 137;

    private static final String KILLED_FOR_MEMORY =
            " (killed, mostly for want of memory: give pgsteward's container more, mem_limit in compose.yaml)";

    private final String name;
    private final Process process;
    private final InputStream output;
    private final OutputStream input;
    private final CompletableFuture<String> errors;
    private final Closeable connection;

    private ClientProgram(String name, Process process, Closeable connection) {
        this.connection = connection;
        this.name = name;
        this.process = process;
        Progress progress = Progress.current();
        progress.register(() -> kill(process), () -> !process.isAlive());
        this.output = progress.watching(process.getInputStream());
        this.input = progress.watching(process.getOutputStream());
        this.errors = new CompletableFuture<>();
        Threads.start(name + "-errors", 128 * 1024, this::readErrors);
    }

    /**
     * @param environment everything that it sees; PATH and the locale are added
     * @throws IOException when it cannot be started
     */
    public static ClientProgram start(UnprivilegedUser user, List<String> command, Map<String, String> environment)
            throws IOException {
        return start(user, command, environment, () -> {});
    }

    /** @param connection what it reaches its server through, closed with it */
    static ClientProgram start(
            UnprivilegedUser user, List<String> command, Map<String, String> environment, Closeable connection)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(user.command(command));
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(environment);
        builder.directory(new java.io.File("/"));
        String path = command.get(0);
        Process process = builder.start();
        FirstToEnd.mark(process);
        boolean begun = false;
        try {
            ClientProgram program = new ClientProgram(path.substring(path.lastIndexOf('/') + 1), process, connection);
            begun = true;
            return program;
        } finally {
            if (!begun) {
                process.destroyForcibly();
            }
        }
    }

    /** Runs it to its end and returns what it printed; {@code input} is what it reads. */
    public static String run(UnprivilegedUser user, List<String> command, Map<String, String> environment, String input)
            throws IOException, InterruptedException {
        try (ClientProgram program = start(user, command, environment)) {
            return program.answer(StandardCharsets.UTF_8, stdin -> {
                try (stdin) {
                    stdin.write(input.getBytes(StandardCharsets.UTF_8));
                }
            });
        }
    }

    /** Writes all that a program is to read, and closes it. */
    @FunctionalInterface
    public interface Input {
        void write(OutputStream stdin) throws IOException;
    }

    /** Reads what a program prints. */
    @FunctionalInterface
    public interface Reading<T> {
        T read(InputStream stdout) throws IOException;
    }

    /**
     * Returns what it prints to its end, while its input is written beside: each may be more than a pipe holds, and then
     * whoever does one after the other waits for ever.
     *
     * @throws IOException when its exit code is not 0, it did not take all of its input, or printed more than is read
     */
    public String answer(Charset charset, Input input) throws IOException, InterruptedException {
        return answer(input, stdout -> {
            byte[] bytes = stdout.readNBytes(MOST_PRINTED + 1);
            if (bytes.length > MOST_PRINTED) {
                throw new IOException(name + " printed more than " + MOST_PRINTED + " bytes, which is the limit");
            }
            return text(bytes, charset, name);
        });
    }

    /**
     * The same for output that is too large to be kept as one text.
     *
     * @param reading to the end
     * @throws IOException also when it cannot be read
     */
    public <T> T answer(Input input, Reading<T> reading) throws IOException, InterruptedException {
        FutureTask<Boolean> writing = new FutureTask<>(() -> {
            input.write(input());
            return true;
        });
        Threads.start(name + "-input", 256 * 1024, writing);
        T printed;
        try {
            printed = reading.read(output());
        } catch (IOException e) {
            close();
            throw e;
        }
        // If it stopped reading, how it ended says why, better than "broken pipe" does.
        awaitSuccess();
        try {
            writing.get();
        } catch (ExecutionException e) {
            throw new IOException(name + " did not take all of its input", e);
        }
        return printed;
    }

    /**
     * Returns what a program printed as text. One character outside of Latin-1 makes all characters of a text take two bytes of memory.
     *
     * @throws IOException if it takes more memory than {@link #MOST_PRINTED} bytes
     */
    public static String text(byte[] bytes, Charset charset, String program) throws IOException {
        if (bytes.length > MOST_PRINTED / 2 && charset.equals(StandardCharsets.UTF_8) && isWide(bytes)) {
            throw new IOException(program + " printed more than " + MOST_PRINTED / 2
                    + " bytes, which is the limit for a text with characters outside of Latin-1");
        }
        return new String(bytes, charset);
    }

    private static boolean isWide(byte[] utf8) {
        for (byte one : utf8) {
            if ((one & 0xff) >= FIRST_BYTE_BEYOND_LATIN_1) {
                return true;
            }
        }
        return false;
    }

    public InputStream output() {
        return output;
    }

    public OutputStream input() {
        return input;
    }

    /** Returns whether it has written something, or has ended. Another thread may read what it writes, and close it at the end. */
    public boolean hasBegunOrEnded() throws IOException {
        try {
            return !process.isAlive() || output.available() > 0;
        } catch (IOException closed) {
            if (process.isAlive()) {
                throw closed;
            }
            return true;
        }
    }

    /**
     * Waits for its end.
     *
     * @throws IOException when its exit code is not 0, with the first lines of what it said
     */
    public void awaitSuccess() throws IOException, InterruptedException {
        int exit = process.waitFor();
        if (exit != 0) {
            throw new IOException(
                    name + " ended with exit code " + exit + (exit == KILLED ? KILLED_FOR_MEMORY : "") + said());
        }
    }

    /**
     * How it ended.
     *
     * @param errors the lines that it wrote on standard error
     */
    public record Ended(int exitCode, List<String> errors) {
        /** Returns the first of them on one line. */
        public String message() {
            String all = String.join(
                    "; ",
                    errors.stream()
                            .map(String::strip)
                            .filter(line -> !line.isEmpty())
                            .toList());
            return all.substring(0, Math.min(all.length(), MESSAGE));
        }
    }

    /** Waits for its end, whichever that is. */
    public Ended awaitEnd() throws InterruptedException {
        int exit = process.waitFor();
        return new Ended(exit, said(KEPT_ERRORS).lines().toList());
    }

    /** What it said on standard error so far, on one line; empty when nothing. */
    public String complaint() throws InterruptedException {
        return said(MESSAGE).replaceAll("\\s*\\R\\s*", "; ");
    }

    private String said(int characters) throws InterruptedException {
        try {
            String all = errors.get(5, TimeUnit.SECONDS).strip();
            return all.substring(0, Math.min(all.length(), characters));
        } catch (ExecutionException | TimeoutException e) {
            return "";
        }
    }

    /** Ends it, gently first; harmless when it has ended. */
    @Override
    public void close() {
        process.destroy();
        try (connection) {
            if (!process.waitFor(Duration.ofSeconds(3).toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove the socket of " + name, e);
        }
    }

    /** With whatever it has started, which holds the other end of its pipes; one that is stopped ends too. */
    static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private String said() throws InterruptedException {
        String complaint = complaint();
        return complaint.isEmpty() ? "" : ": " + complaint;
    }

    private void readErrors() {
        StringBuilder kept = new StringBuilder();
        try (InputStream stream = process.getErrorStream()) {
            byte[] buffer = new byte[1024];
            for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
                if (kept.length() < KEPT_ERRORS) {
                    kept.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            kept.append(" (its messages broke off: ").append(e.getMessage()).append(')');
        } finally {
            errors.complete(HiddenRows.in(kept.toString()));
        }
    }
}
