package org.pgsteward.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The shipped socket proxy, built from this checkout, in front of a real engine. Requests are raw, like an attacker's.
 */
@NeedsEngine
class SocketProxyIT {
    private static final Path SOURCE = Path.of("src/main/docker/proxy");
    private static final String REFUSAL = "docker-proxy: refused, this door only reads\n";
    private static final String TAG = UUID.randomUUID().toString().substring(0, 8);
    private static final String IMAGE = "pgsteward-test/socket-proxy:" + TAG;
    private static final String PROXY = "socket-proxy-it-" + TAG;

    /** An operator may have given PostgreSQL such a name. The dot has a special meaning in some kinds of comparison. */
    private static final String MANAGED = PROXY + ".managed";

    private static int port;
    private static String managedId = "";

    @BeforeAll
    static void startTheProxyAsComposeDoes() {
        assumeTrue(NeedsEngine.Engine.host().startsWith("unix://"), "the proxy needs the engine's socket as a file");
        DockerCli.docker("build", "--quiet", "--tag", IMAGE, SOURCE.toString());
        managedId = DockerCli.docker("create", "--name", MANAGED, IMAGE);
        port = open(
                PROXY, socketOfTheEngine(), List.of("--read-only", "--env", "PGSTEWARD_POSTGRES_CONTAINER=" + MANAGED));
    }

    @AfterAll
    static void removeTheProxy() {
        DockerCli.docker("rm", "--force", "--volumes", PROXY, MANAGED);
        DockerCli.docker("image", "rm", "--force", IMAGE);
    }

    @AfterEach
    void removeASecondProxy() {
        DockerCli.docker("rm", "--force", "--volumes", PROXY + "-2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /_ping",
                "HEAD /_ping",
                "GET /v1.44/_ping",
                "GET /version",
                "GET /v1.44/version",
                "GET /events?until=1",
                "GET /v1.44/events?since=1&until=2",
                "GET /containers/json",
                "GET /containers/json?all=1&filters=%7B%22status%22%3A%5B%22running%22%5D%7D",
                "GET /v1.44/containers/json?all=1",
                "GET /containers/NAME/json",
                "GET /v1.44/containers/NAME/json?size=0",
                "GET /containers/NAME/stats?stream=false&one-shot=true",
                "GET /v1.44/containers/NAME/stats?stream=0&one-shot=1",
                "GET /networks",
                "GET /v1.44/networks",
                "GET /networks/bridge",
                "GET /images/IMAGE/json",
                "GET /v1.44/images/IMAGE/json",
                "GET /containers/MANAGED/logs?stdout=1&stderr=1&timestamps=1&tail=5000&since=1764035683.202000001",
                "GET /v1.44/containers/MANAGED/logs?stderr=1",
            })
    void letsQuestionsThrough(String request) throws IOException {
        assertThat(ask(request)).startsWith("HTTP/1.1 200 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Requests that write, by any method
                "POST /containers/create",
                "POST /containers/NAME/start",
                "POST /v1.44/containers/NAME/stop",
                "POST /containers/NAME/exec",
                "POST /containers/NAME/attach?stream=1&stdin=1",
                "POST /containers/json",
                "POST /build",
                "POST /networks/create",
                "POST /volumes/create",
                "POST /session",
                "POST /grpc",
                "PUT /containers/NAME/archive?path=/",
                "DELETE /containers/NAME",
                "PATCH /containers/json",
                "OPTIONS /containers/json",
                "TRACE /containers/json",
                "get /containers/json",
                // Requests that read more than pgsteward needs
                "GET /",
                "GET /info",
                "GET /containers/NAME/logs?stdout=1",
                "GET /v1.44/containers/NAME/logs?stdout=1&since=1",
                // The one readable log, under another name, by its id, followed, or spelt differently
                "GET /containers/MANAGED2/logs?stdout=1",
                "GET /containers/XMANAGED/logs?stdout=1",
                "GET /containers/ID-OF-MANAGED/logs?stdout=1",
                "GET /containers/NAMEXmanaged/logs?stdout=1",
                "GET /containers/MANAGED/logs?stdout=1&follow=1",
                "GET /containers/MANAGED/logs?stdout=1&follow",
                "GET /containers/MANAGED/logs?follow=true&stdout=1",
                "GET /containers/MANAGED/logs?stdout=1&%66ollow=1",
                "GET /containers/MANAGED/logs?stdout=1&FOLLOW=1",
                "GET /containers/MANAGED/logs?stdout=1;follow=1",
                "GET /containers/MANAGED/logs/?stdout=1",
                "GET /containers/MANAGED/logs%2f?stdout=1",
                "GET /containers/MANAGED//logs?stdout=1",
                "GET /v1.44/v1.44/containers/MANAGED/logs?stdout=1",
                "GET /containers/NAME/../MANAGED/logs?stdout=1",
                "GET /containers/NAME/logs?x=/containers/MANAGED/logs",
                "POST /containers/MANAGED/logs?stdout=1",
                "GET /containers/NAME/archive?path=/etc/passwd",
                "HEAD /containers/NAME/archive?path=/etc/passwd",
                "GET /containers/NAME/export",
                "GET /containers/NAME/top",
                "GET /containers/NAME/changes",
                "GET /containers/NAME/attach/ws?stream=1&stdin=1",
                "GET /v1.44/containers/NAME/attach/ws?stdin=1",
                "GET /exec/abc/json",
                "GET /images/json",
                "GET /images/IMAGE/get",
                "GET /images/get?names=IMAGE",
                "GET /images/search?term=x",
                "GET /volumes",
                "GET /secrets",
                "GET /configs",
                "GET /swarm",
                "GET /plugins",
                "GET /system/df",
                "GET /distribution/IMAGE/json",
                "GET /debug/pprof/",
                "GET /metrics",
                // Paths that the two sides may interpret differently
                "GET //containers/json",
                "GET /containers//json",
                "GET /containers/json/",
                "GET /v1.44//containers/json",
                "GET /v1.44/v1.44/containers/json",
                "GET /containers/../info",
                "GET /containers/./json",
                "GET /containers/../containers/NAME/export",
                "GET /containers/%2e%2e/info",
                "GET /containers/NAME%2fexport",
                "GET /containers/NAME%2Fexport%2F/json",
                "GET /containers/NAME/export%3f/json",
                "GET /containers/NAME/export;/json",
                "GET /containers/..%2f..%2finfo/json",
                "GET /%63ontainers/json",
                "GET /images/../containers/NAME/export/json",
                "GET /images/..%2fjson/json",
                "GET /images/a/../../info/json",
                "GET /images//json",
                "GET /networks/../info",
                "GET /networks/a%2fb",
                "GET /networks/a/b",
                "GET /events/../info",
                "GET /v1/containers/json",
                "GET /v1.44x/containers/json",
                "GET /V1.44/containers/json",
                "GET /info?/containers/json",
                "GET /info?x=/events",
                "GET http://docker/info",
                "GET http://docker/containers/json",
            })
    void refusesEverythingElseInOneLine(String request) throws IOException {
        assertThat(ask(request)).startsWith("HTTP/1.1 403 ").satisfies(answer -> {
            if (!request.startsWith("HEAD")) {
                assertThat(answer).endsWith("\r\n\r\n" + REFUSAL);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection: Upgrade\r\nUpgrade: tcp",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13",
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x",
                "Content-Length: 5",
                "Transfer-Encoding: chunked",
            })
    void refusesAnUpgradeOrABodyOnAQuestion(String headers) throws IOException {
        assertThat(answerTo("GET /containers/json HTTP/1.1\r\nHost: docker\r\n" + headers + "\r\n\r\n"))
                .startsWith("HTTP/1.1 403 ")
                .endsWith(REFUSAL);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "GET /containers/x/logs#/json HTTP/1.1\r\nHost: docker\r\n\r\n",
                "GET \\containers\\json HTTP/1.1\r\nHost: docker\r\n\r\n",
                "CONNECT containers:80 HTTP/1.1\r\nHost: containers:80\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: docker\r\n\r\n",
                "GET /containers/json\r\n\r\n",
                "GET /containers/json HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
                "GET /containers/json HTTP/1.1 \r\n HTTP/1.1\r\nHost: docker\r\n\r\n",
                "GET /info\0/../containers/json HTTP/1.1\r\nHost: docker\r\n\r\n",
            })
    void malformedRequestsGetNoAnswer(String request) throws IOException {
        assertThat(answerTo(request)).doesNotContain(" 200 ").doesNotContain("Id");
    }

    @Test
    void looksAtEveryRequestOfAConnectionThatIsKept() throws IOException {
        String two = String.join(
                "\r\n",
                "GET /_ping HTTP/1.1",
                "Host: docker",
                "",
                "POST /containers/prune HTTP/1.1",
                "Host: docker",
                "Connection: close",
                "",
                "");

        assertThat(answerTo(two))
                .startsWith("HTTP/1.1 200 ")
                .contains("HTTP/1.1 403 ")
                .endsWith(REFUSAL);
    }

    /**
     * Runs the shipped file with every timeout of up to a minute reduced to two seconds. A stream that outlives several
     * of these is bound by none of them. The remaining timeout is counted in days.
     *
     * <p>docker-socket-proxy #62: it cut streams after ten minutes.
     */
    @Test
    void doesNotCutAStreamThatIsQuietForLongerThanAnyOtherTimeout(@TempDir Path folder) throws Exception {
        String shipped = Files.readString(SOURCE.resolve("haproxy.cfg"));
        assertThat(shipped.substring(shipped.indexOf("backend listening"))).contains("timeout server 24d");
        Path quick = Files.writeString(folder.resolve("haproxy.cfg"), shipped.replaceAll("\\b(10|60)s\\b", "2s"));
        DockerCli.docker(create(PROXY + "-2", socketOfTheEngine(), List.of()));
        DockerCli.docker("cp", quick.toString(), PROXY + "-2:/etc/haproxy/haproxy.cfg");
        DockerCli.docker("start", PROXY + "-2");
        int quickPort = portOf(PROXY + "-2");
        String volume = "socket-proxy-it-" + TAG;

        try (Socket stream = new Socket(InetAddress.getLoopbackAddress(), quickPort)) {
            BlockingQueue<String> lines = linesOf(stream);
            stream.getOutputStream()
                    .write(request("GET /events?filters=%7B%22volume%22%3A%5B%22" + volume + "%22%5D%7D"));
            await().until(() -> "".equals(lines.poll(5, TimeUnit.SECONDS)));

            await().during(Duration.ofSeconds(7)).until(lines::isEmpty);
            DockerCli.docker("volume", "create", volume);

            await().until(() -> String.valueOf(lines.poll(5, TimeUnit.SECONDS)).contains("\"Action\":\"create\""));
        } finally {
            DockerCli.docker("volume", "rm", "--force", volume);
        }
    }

    /** traefik #5833, uptime-kuma #6357, moby #22789: after a restart of dockerd a mounted socket was useless. */
    @Test
    void findsTheEngineAgainAfterItMadeItsSocketAnew(@TempDir Path folder) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/sbin/dockerd")), "skipped: no dockerd here to restart");
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: only root can start a Docker Engine");
        Path other = folder.resolve("engine");
        try {
            bed("engine-up", other);
            Path socket = other.resolve("docker.sock");
            FileTime first = madeAt(socket);
            int otherPort = open(PROXY + "-2", socket, List.of("--read-only"));
            assertThat(ask("GET /_ping", otherPort)).startsWith("HTTP/1.1 200 ");

            ProcessHandle dockerd = ProcessHandle.of(Long.parseLong(
                            Files.readString(other.resolve("dockerd.pid")).strip()))
                    .orElseThrow();
            dockerd.destroyForcibly();
            await().until(() -> !dockerd.isAlive());
            assertThat(ask("GET /_ping", otherPort))
                    .startsWith("HTTP/1.1 503 ")
                    .endsWith("docker-proxy: the Docker Engine does not answer on its socket (DOCKER_SOCKET_DIR and"
                            + " DOCKER_SOCKET_NAME in .env say where that is)\n");

            bed("engine-up", other);
            assertThat(madeAt(socket)).isGreaterThan(first);
            assertThat(ask("GET /_ping", otherPort)).startsWith("HTTP/1.1 200 ");
        } finally {
            bed("engine-down", other);
        }
    }

    /**
     * Returns the time of the inode's last change. The inode's number is unsuitable, because a file system may give it
     * to the next file.
     */
    private static FileTime madeAt(Path socket) throws IOException {
        return (FileTime) Files.getAttribute(socket, "unix:ctime");
    }

    private static int open(String name, Path socket, List<String> options) {
        DockerCli.docker(create(name, socket, options));
        DockerCli.docker("start", name);
        return portOf(name);
    }

    private static String[] create(String name, Path socket, List<String> options) {
        List<String> words = new ArrayList<>(List.of("create", "--name", name));
        words.addAll(options);
        words.addAll(List.of("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "32m"));
        words.addAll(List.of("--publish", "127.0.0.1::2375", "--env", "DOCKER_SOCKET_NAME=" + socket.getFileName()));
        words.addAll(List.of("--volume", socket.getParent() + ":/engine:ro", IMAGE));
        return words.toArray(String[]::new);
    }

    private static int portOf(String name) {
        String address = DockerCli.docker("port", name, "2375/tcp");
        int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
        await().ignoreExceptions().until(() -> ask("GET /nothing", port).startsWith("HTTP/1.1 403 "));
        return port;
    }

    private static Path socketOfTheEngine() {
        return Path.of(NeedsEngine.Engine.host().substring("unix://".length()));
    }

    private static String ask(String request) throws IOException {
        return ask(request, port);
    }

    private static String ask(String request, int where) throws IOException {
        return answerTo(request(request), where);
    }

    private static byte[] request(String line) {
        return (line.replace("ID-OF-MANAGED", managedId)
                                .replace("MANAGED", MANAGED)
                                .replace("NAME", PROXY)
                                .replace("IMAGE", IMAGE)
                        + " HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String answerTo(String request) throws IOException {
        return answerTo(request.getBytes(StandardCharsets.ISO_8859_1), port);
    }

    /**
     * Returns everything received until the connection is closed, or until a kept connection is silent for two seconds.
     */
    private static String answerTo(byte[] request, int where) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), where)) {
            socket.setSoTimeout(2000);
            socket.getOutputStream().write(request);
            StringBuilder answer = new StringBuilder();
            byte[] part = new byte[8192];
            try {
                for (int n = socket.getInputStream().read(part);
                        n > 0;
                        n = socket.getInputStream().read(part)) {
                    answer.append(new String(part, 0, n, StandardCharsets.ISO_8859_1));
                }
            } catch (SocketTimeoutException | SocketException e) {
                return answer.toString();
            }
            return answer.toString();
        }
    }

    /**
     * Returns the lines of a stream. The end of the stream is a line as well, so that a test can distinguish it from
     * silence.
     */
    private static BlockingQueue<String> linesOf(Socket stream) throws IOException {
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(stream.getInputStream(), StandardCharsets.UTF_8));
        Thread thread = new Thread(
                () -> {
                    try {
                        reader.lines().forEach(lines::add);
                        lines.add("(end of stream)");
                    } catch (UncheckedIOException e) {
                        lines.add("(end of stream: " + e.getMessage() + ")");
                    }
                },
                "lines of the stream");
        thread.setDaemon(true);
        thread.start();
        return lines;
    }

    private static void bed(String script, Path folder) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("src/test/bed/" + script, folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolveSibling(script + ".log").toFile());
        // Its start would empty the chains of the engine that other tests use at the same time.
        builder.environment().put("BED_IPTABLES", "false");
        Process process = builder.start();
        assertThat(process.waitFor(8, TimeUnit.MINUTES) && process.exitValue() == 0)
                .as("%s: %s", script, Files.readString(folder.resolveSibling(script + ".log")))
                .isTrue();
    }
}
