package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pgsteward.ChildJava;
import org.pgsteward.ProcessSignal;
import org.pgsteward.TestHost;
import org.pgsteward.postgres.AdvisoryLock;
import org.pgsteward.postgres.NeedsPostgres;

/** Two daemons on one PostgreSQL, each a process with its own folders. One works, and the other takes over. */
@NeedsPostgres
class StandbyIT {
    private static final Duration LONG = Duration.ofMinutes(2);

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    /** A daemon that shares only PostgreSQL with the other. */
    private final class Running {
        private final Path folder;
        private final int port;
        private final Path log;
        private Process process;

        Running(TestHost host, String name) throws IOException {
            folder = Files.createDirectories(host.folder().resolve(name));
            log = folder.resolve("log");
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = free.getLocalPort();
            }
            process = start(host, name);
        }

        Process start(TestHost host, String name) throws IOException {
            ProcessBuilder builder = new ProcessBuilder(ChildJava.steward("run"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().keySet().removeIf(variable -> variable.startsWith("PGSTEWARD_"));
            builder.environment().putAll(host.environment());
            builder.environment()
                    .putAll(Map.of(
                            "HOSTNAME", name,
                            "PGSTEWARD_HTTP_PORT", Integer.toString(port),
                            "PGSTEWARD_DOCKER_HOST", "unix://" + folder.resolve("no-engine.sock"),
                            "PGSTEWARD_STATE_DIR", folder.resolve("state").toString(),
                            "PGSTEWARD_BACKUP_DIR", folder.resolve("backups").toString(),
                            "PGSTEWARD_MAILBOX_DIR", folder.resolve("mailbox").toString(),
                            "PGSTEWARD_REQUESTS_DIR", folder.resolve("requests").toString(),
                            "PGSTEWARD_BACKUP_TICK", "0 0 0 1 1 ?"));
            process = builder.start();
            started.add(process);
            return process;
        }

        String get(String path) {
            try {
                return HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                        .timeout(Duration.ofSeconds(30))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
            } catch (IOException e) {
                return "";
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "";
            }
        }

        boolean works() {
            return get("/observe/metrics").contains("\npgsteward_daemon_active 1");
        }

        boolean standsBy() {
            return get("/observe/metrics").contains("\npgsteward_daemon_active 0");
        }

        void ask(String backup) throws IOException {
            Path requests = Files.createDirectories(folder.resolve("requests"));
            Path part = folder.resolve("ask.json");
            Files.writeString(part, "{\"backup\":[\"" + backup + "\"]}");
            Files.move(part, requests.resolve("ask.json"), StandardCopyOption.ATOMIC_MOVE);
        }

        boolean isAnswered() {
            return Files.exists(folder.resolve("requests/ask.answer.json"));
        }
    }

    @Test
    void theSecondStandsByAndTakesOver() throws Exception {
        try (TestHost host = TestHost.start()) {
            String database = host.cluster().newDatabase();
            Running first = new Running(host, "first");
            await().atMost(LONG).until(first::works);
            Running second = new Running(host, "second");
            await().atMost(LONG).until(second::standsBy);

            assertThat(second.get("/")).contains("Standby: another pgsteward works", "on host first (127.0.0.1)");
            assertThat(second.get("/observe/health")).contains("\"standby\":true", "\"status\":\"UP\"");
            CommandRun status = CommandRun.on(host, "status");
            assertThat(status.out()).contains("Another pgsteward stands by on host second (127.0.0.1)");
            assertThat(CommandRun.on(host, "status", "--json").out())
                    .contains("\"state\":\"active\",\"host\":\"first\"", "\"state\":\"standby\",\"host\":\"second\"");

            second.ask(database);
            // Commands work beside both daemons.
            assertThat(CommandRun.on(host, "backup", database).code()).isZero();
            first.ask(database);
            await().atMost(LONG).until(first::isAnswered);
            assertThat(second.isAnswered()).isFalse();
            assertThat(second.folder.resolve("mailbox")).doesNotExist();
            assertThat(second.folder.resolve("backups")).doesNotExist();

            first.process.destroyForcibly().waitFor();
            await().atMost(LONG).until(second::works);
            await().atMost(LONG).until(second::isAnswered);
            assertThat(Files.readString(second.log)).containsOnlyOnce("Standby: another pgsteward");

            first.start(host, "first");
            await().atMost(LONG).until(first::standsBy);
            // The standby reconnects first, since the working daemon sleeps. It must not take over.
            assertThat(ProcessSignal.send("STOP", second.process.pid())).isTrue();
            host.cluster().kill();
            host.cluster().startAgain();
            await().atMost(LONG).until(() -> daemonSessions(host) == 1);
            assertThat(ProcessSignal.send("CONT", second.process.pid())).isTrue();
            await().atMost(LONG).until(() -> daemonSessions(host) == 2);
            await().atMost(LONG).until(() -> second.works() && first.standsBy());
            assertThat(Files.readString(second.log)).doesNotContain("stops its work");

            second.process.destroy();
            second.process.waitFor();
            await().atMost(LONG).until(first::works);
            assertThat(Files.readString(first.log)).doesNotContain("stops its work");

            // A daemon that starts while PostgreSQL is down works. When PostgreSQL is available again, one of the two
            // stands by.
            host.cluster().kill();
            second.start(host, "second");
            await().atMost(LONG).until(second::works);
            host.cluster().startAgain();
            await().atMost(LONG)
                    .until(() -> (first.works() && second.standsBy()) || (first.standsBy() && second.works()));
            // The processes must end before their folders are deleted.
            for (Process process : started) {
                process.destroyForcibly().waitFor();
            }
        }
    }

    /** The sessions that hold the daemons' lock or mark a standby. */
    private static int daemonSessions(TestHost host) throws SQLException {
        return Integer.parseInt(host.cluster()
                .server()
                .ask("SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2"
                        + " AND classid::bigint IN (" + AdvisoryLock.Kind.DAEMON.number() + ", "
                        + AdvisoryLock.Kind.STANDBY.number() + ")"));
    }
}
