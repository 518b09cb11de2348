package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Threads;
import org.pgsteward.postgres.Progress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running restic. Its secrets are in its environment, which only its own user and root can read, and never in its
 * arguments.
 *
 * <p>A thread kills it if the thread that started it is interrupted, or after its time limit: a write into its input and a
 * read of its output cannot be interrupted.
 */
final class ResticProgram implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ResticProgram.class);

    /** Ends restic with pgsteward. Otherwise restic would take the end of its input for the end of the dump. */
    private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

    private static final List<String> DIES_WITH_PARENT = List.of(SETPRIV.toString(), "--pdeathsig", "KILL", "--");

    /** The beginning and the end of its errors that are kept: ssh prints the cause first, and restic last. */
    private static final int KEPT = 16 * 1024;

    private static final long STACK_BYTES = 128 * 1024;
    private static final long WATCH_MILLIS = 500;

    private final ResticSettings settings;
    private final String command;
    private final Duration limit;
    private final Process process;
    private final Path log;
    private final InputStream output;
    private final OutputStream input;
    private final CompletableFuture<String> errors = new CompletableFuture<>();
    private volatile boolean late;

    private ResticProgram(ResticSettings settings, String command, Duration limit, Process process, Path log) {
        this.settings = settings;
        this.command = command;
        this.limit = limit;
        this.process = process;
        this.log = log;
        output = Progress.current().watching(process.getInputStream());
        input = Progress.current().watching(process.getOutputStream());
        Thread owner = Thread.currentThread();
        Threads.start("restic-errors", STACK_BYTES, this::readErrors);
        Threads.start("restic-watch", STACK_BYTES, () -> watch(owner));
    }

    /**
     * Starts a command of restic.
     *
     * @param directory its working directory
     * @param arguments the command first
     * @param log the file for the errors of its ssh
     */
    static ResticProgram start(
            ResticSettings settings, Path directory, Duration limit, List<String> arguments, Path log)
            throws IOException {
        List<String> line = new ArrayList<>();
        if (Files.isExecutable(SETPRIV)) {
            line.addAll(DIES_WITH_PARENT);
        }
        line.add("restic");
        line.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(line).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv().getOrDefault("PATH", "/usr/bin:/bin"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(settings.environment());
        try {
            Process process = builder.start();
            isFirstToEnd(process);
            return new ResticProgram(settings, arguments.get(0), limit, process, log);
        } catch (IOException e) {
            throw ResticFailure.missing(e);
        }
    }

    /** Makes the kernel end restic before pgsteward when memory is short. Not every system has this. */
    private static void isFirstToEnd(Process process) {
        Path score = Path.of("/proc", Long.toString(process.pid()), "oom_score_adj");
        try {
            if (Files.exists(score)) {
                Files.writeString(score, "1000");
            }
        } catch (IOException denied) {
            LOG.debug("cannot write {}: {}", score, denied.getMessage());
        }
    }

    private void watch(Thread owner) {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (!process.waitFor(WATCH_MILLIS, TimeUnit.MILLISECONDS)) {
                late = System.nanoTime() - deadline > 0;
                if (late || owner.isInterrupted()) {
                    kill();
                }
            }
        } catch (InterruptedException e) {
            kill();
        }
    }

    private void readErrors() {
        StringBuilder kept = new StringBuilder();
        try (InputStream stream = process.getErrorStream()) {
            byte[] buffer = new byte[1024];
            for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
                kept.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
                if (kept.length() > 3 * KEPT) {
                    kept.replace(KEPT, kept.length() - KEPT, "\n…\n");
                }
            }
        } catch (IOException closed) {
            kept.append('\n').append(closed.getMessage());
        } finally {
            errors.complete(kept.toString());
        }
    }

    OutputStream input() {
        return input;
    }

    InputStream output() {
        return output;
    }

    /**
     * Waits for its end.
     *
     * @throws ResticFailure if it failed
     */
    void awaitSuccess() throws IOException, InterruptedException {
        int exit = process.waitFor();
        if (late) {
            throw ResticFailure.tooLong(command, limit);
        }
        if (exit != 0) {
            throw ResticFailure.of(settings, command, exit, errors());
        }
    }

    private String errors() throws InterruptedException {
        String ssh = "";
        try {
            ssh = Files.exists(log)
                    ? new String(BoundedFile.bytesNoLink(log, KEPT), StandardCharsets.UTF_8) + '\n'
                    : "";
            // ssh may hold the pipe open for a moment.
            return ssh + errors.get(5, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException | IOException e) {
            return ssh;
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Kills it with its ssh or rclone. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
        try {
            Files.deleteIfExists(log);
        } catch (IOException e) {
            LOG.debug("cannot remove {}: {}", log, e.getMessage());
        }
    }
}
