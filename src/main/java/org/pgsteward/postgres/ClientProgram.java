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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.pgsteward.io.Threads;

/**
 * A running program of PostgreSQL, as a child process with its streams and its exit code.
 *
 * <p>Only the exit code shows whether the program succeeded. The end of its output does not: the output of a {@code pg_dump}
 * that dies halfway ends as usual.
 */
public final class ClientProgram implements AutoCloseable {
    /** Bytes of output that is held as a whole: enough for a list of tens of thousands of objects, not of a million. */
    public static final int MOST_PRINTED = 6 * 1024 * 1024;

    /** In UTF-8, the first byte of U+0100. */
    private static final int FIRST_BYTE_BEYOND_LATIN_1 = 0xc4;

    /** 128 + SIGKILL. */
    private static final int KILLED = 137;

    private static final String KILLED_FOR_MEMORY =
            " (killed, usually for lack of memory: raise mem_limit of pgsteward in compose.yaml)";

    private final String name;
    private final Process process;
    private final InputStream output;
    private final OutputStream input;
    private final ErrorOutput errors;
    private final Closeable connection;

    private ClientProgram(String name, Process process, Closeable connection) {
        this.connection = connection;
        this.name = name;
        this.process = process;
        Progress progress = Progress.current();
        progress.register(() -> ChildProcess.kill(process), () -> !process.isAlive());
        this.output = progress.watching(process.getInputStream());
        this.input = progress.watching(process.getOutputStream());
        this.errors = ErrorOutput.read(name, process.getErrorStream());
    }

    /**
     * Lets the cancellation of the present work end this program, which other work has started.
     *
     * @param isOver whether the present work has finished with the program, or has been cancelled; the first of both sets it
     */
    void endWithPresentWork(AtomicBoolean isOver) {
        Runnable end = () -> {
            if (!isOver.getAndSet(true)) {
                ChildProcess.kill(process);
            }
        };
        Progress.current().register(end, isOver::get);
    }

    /**
     * Starts a program.
     *
     * @param environment its variables; it inherits no others but PATH
     * @throws IOException if it cannot be started
     */
    public static ClientProgram start(UnprivilegedUser user, List<String> command, Map<String, String> environment)
            throws IOException {
        return start(user, command, environment, () -> {});
    }

    /** @param connection to its server, closed with the program */
    static ClientProgram start(
            UnprivilegedUser user, List<String> command, Map<String, String> environment, Closeable connection)
            throws IOException {
        Process process = ChildProcess.builder(user, command, environment).start();
        FirstToEnd.mark(process);
        String path = command.get(0);
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

    /** Runs a program to its end with {@code input} as its standard input, and returns its output. */
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

    /** Writes a program's whole input, and closes the stream. */
    @FunctionalInterface
    public interface Input {
        void write(OutputStream stdin) throws IOException;
    }

    /** Reads a program's output. */
    @FunctionalInterface
    public interface Reading<T> {
        T read(InputStream stdout) throws IOException;
    }

    /**
     * Returns the whole output, while another thread writes the input. Each may be larger than a pipe, so one thread for both
     * could wait for ever.
     *
     * @throws IOException if the exit code is not 0, the program does not read its whole input, or its output is too large
     */
    public String answer(Charset charset, Input input) throws IOException, InterruptedException {
        return answer(input, stdout -> {
            byte[] bytes = stdout.readNBytes(MOST_PRINTED + 1);
            if (bytes.length > MOST_PRINTED) {
                throw new IOException(name + " printed more than " + MOST_PRINTED + " bytes, the limit");
            }
            return text(bytes, charset, name);
        });
    }

    /**
     * The same for output that is too large for one text.
     *
     * @param reading to the end of the output
     * @throws IOException also if the output cannot be read
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
        // If it stopped reading, its exit code and its errors show the cause; "broken pipe" does not.
        awaitSuccess();
        try {
            writing.get();
        } catch (ExecutionException e) {
            throw new IOException(name + " did not read all of its input", e);
        }
        return printed;
    }

    /**
     * Returns output as text. One character outside of Latin-1 makes each character of a text take two bytes of memory.
     *
     * @throws IOException if it takes more memory than {@link #MOST_PRINTED} bytes
     */
    public static String text(byte[] bytes, Charset charset, String program) throws IOException {
        if (bytes.length > MOST_PRINTED / 2 && charset.equals(StandardCharsets.UTF_8) && isWide(bytes)) {
            throw new IOException(program + " printed more than " + MOST_PRINTED / 2
                    + " bytes, the limit for a text with characters outside Latin-1");
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

    /** Returns whether it has unread output, or has ended. Another thread may read the output, and close it at the end. */
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
     * @throws IOException if its exit code is not 0, with the first lines of its errors
     */
    public void awaitSuccess() throws IOException, InterruptedException {
        int exit = process.waitFor();
        if (exit != 0) {
            String complaint = complaint();
            throw new IOException(name + " ended with exit code " + exit + (exit == KILLED ? KILLED_FOR_MEMORY : "")
                    + (complaint.isEmpty() ? "" : ": " + complaint));
        }
    }

    /**
     * The end of a program.
     *
     * @param errors the lines of its standard error
     */
    public record Ended(int exitCode, List<String> errors) {
        /** Returns the first lines on one line. */
        public String message() {
            String all = String.join(
                    "; ",
                    errors.stream()
                            .map(String::strip)
                            .filter(line -> !line.isEmpty())
                            .toList());
            return all.substring(0, Math.min(all.length(), ErrorOutput.MESSAGE));
        }
    }

    /** Waits for its end, also with an exit code other than 0. */
    public Ended awaitEnd() throws InterruptedException {
        int exit = process.waitFor();
        return new Ended(exit, errors.lines());
    }

    /** Returns the first lines of its standard error on one line; empty without errors. */
    public String complaint() throws InterruptedException {
        return errors.message();
    }

    /** Ends it with SIGTERM, and after three seconds with SIGKILL. Has no effect after its end. */
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
}
