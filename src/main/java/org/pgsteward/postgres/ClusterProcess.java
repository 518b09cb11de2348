package org.pgsteward.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.pgsteward.io.Threads;

/**
 * The server process of a {@link ThrowawayCluster}: its start, its log and its end. The server is the child of a shell that
 * reads from a pipe of this process. If this process ends, even by {@code kill -9}, the pipe closes and the shell ends the
 * server.
 */
final class ClusterProcess {
    private static final int DEFAULT_PORT = 5432;

    /** Characters. */
    private static final int KEPT_LOG = 64 * 1024;

    private static final int STOP_SECONDS = 20;

    /**
     * A cluster for a verification has the lowest priority of the host, if the programs for that exist, and is the first to be
     * killed when memory is short.
     */
    private static final String LAST_IN_LINE =
            FirstToEnd.SCRIPT + "renice -n 10 -p $$ >/dev/null 2>&1; ionice -c 3 -p $$ >/dev/null 2>&1; ";

    /**
     * A line on standard input ends the server. So does the end of the input without a line, which means that this process has
     * ended: the shell then also removes the folder of the sockets and, unless it is kept, the data. It repeats the signal each
     * second, since a server that has just started ignores it. The subshell must not hold the output open: otherwise the reader
     * of the log of a server that does not start would wait for ever.
     */
    private static final String LEASH = "sockets=$1; data=$2; shift 2; \"$@\" </dev/null & server=$!; "
            + "trap 'kill -INT $server' TERM INT HUP; "
            + "(read -r word && { kill -INT $server; exit; }; kill -INT $server || exit; "
            + "while sleep 1; kill -INT $server; do :; done; rm -rf \"$sockets\" ${data:+\"$data\"}) <&3 >/dev/null 2>&1 & "
            + "wait $server; wait $server 2>/dev/null";

    /**
     * A server with a port serves other parts of this process, which end before it. In a session of its own, it does not get
     * the Ctrl-C of a terminal.
     */
    private static final List<String> OWN_SESSION =
            Files.isExecutable(Path.of("/usr/bin/setsid")) ? List.of("/usr/bin/setsid") : List.of();

    private final Process leash;
    private final Path data;
    private final StringBuilder log = new StringBuilder();

    private ClusterProcess(Process leash, Path data) {
        this.leash = leash;
        this.data = data;
    }

    /** Starts the server, and does not wait until it accepts connections. */
    static ClusterProcess start(
            Programs programs, UnprivilegedUser user, Path data, Path sockets, ThrowawayCluster.Plan plan)
            throws IOException {
        Map<String, String> settings = new LinkedHashMap<>(plan.settings());
        settings.put("unix_socket_directories", sockets.toString());
        settings.put("listen_addresses", plan.port().isPresent() ? "127.0.0.1" : "");
        settings.put("port", Integer.toString(port(plan)));
        List<String> command = new ArrayList<>(plan.port().isPresent() ? OWN_SESSION : List.of());
        command.addAll(List.of(
                "sh",
                "-c",
                "exec 3<&0; " + (plan.port().isEmpty() ? LAST_IN_LINE : "") + LEASH,
                "postgres",
                sockets.toString(),
                plan.keepData() ? "" : data.toString(),
                programs.path("postgres").toString(),
                "-D",
                data.toString()));
        settings.forEach((name, value) -> {
            command.add("-c");
            command.add(name + "=" + value);
        });
        ClusterProcess process = new ClusterProcess(
                ChildProcess.builder(user, command, Map.of())
                        .redirectErrorStream(true)
                        .start(),
                data);
        process.joinCurrentWork();
        return process;
    }

    /** Returns the port, which is a part of the socket's name if the cluster has no TCP port. */
    static int port(ThrowawayCluster.Plan plan) {
        return plan.port().orElse(DEFAULT_PORT);
    }

    /** Registers the process with the work of this thread, whose cancellation ends it; see {@link Progress}. */
    void joinCurrentWork() {
        Progress.current().register(() -> ChildProcess.kill(leash), () -> !leash.isAlive());
    }

    /** @throws IOException if the server ends before that, or takes longer; with its log */
    void awaitReady(Duration patience) throws IOException {
        StringBuilder begun = new StringBuilder();
        long deadline = System.nanoTime() + patience.toNanos();
        InputStream stream = leash.getInputStream();
        byte[] buffer = new byte[4096];
        while (begun.indexOf("database system is ready to accept connections") < 0) {
            int read = stream.read(buffer);
            if (read < 0 || System.nanoTime() > deadline) {
                throw new IOException("the scratch cluster in " + data + " did not start: "
                        + begun.toString().strip().replaceAll("\\s*\\R\\s*", "; "));
            }
            begun.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
        }
        Threads.start("scratch-postgres-log", 128 * 1024, this::drain);
    }

    /** Keeps the end of the log. A full pipe would stop the server. */
    private void drain() {
        try (Reader reader = leash.inputReader(StandardCharsets.UTF_8)) {
            char[] buffer = new char[4096];
            for (int read = reader.read(buffer); read >= 0; read = reader.read(buffer)) {
                synchronized (log) {
                    log.append(buffer, 0, read);
                    log.delete(0, Math.max(0, log.length() - KEPT_LOG));
                }
            }
        } catch (IOException e) {
            // The server has ended, and its log with it.
            return;
        }
    }

    /** Returns the end of the log, from the moment on when the server was ready. */
    String log() {
        synchronized (log) {
            return log.toString();
        }
    }

    /** Ends the server; kills it if it has not ended after 20 seconds. */
    void stop() {
        try {
            try (OutputStream order = leash.getOutputStream()) {
                order.write('\n');
            }
            if (!leash.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                ChildProcess.kill(leash);
            }
        } catch (IOException e) {
            leash.destroyForcibly();
        } catch (InterruptedException e) {
            leash.descendants().forEach(ProcessHandle::destroyForcibly);
            Thread.currentThread().interrupt();
        }
    }
}
