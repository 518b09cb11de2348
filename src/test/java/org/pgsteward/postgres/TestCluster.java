package org.pgsteward.postgres;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.pgsteward.model.Secret;

/**
 * A real PostgreSQL of a test class's own, on a port of its own; ends with {@link #close}. It can be {@linkplain #kill
 * killed} as a power cut would, and {@linkplain #startAgain started again} with what its disk holds.
 */
public final class TestCluster implements AutoCloseable {
    public static final Secret PASSWORD = new Secret("the-administrators-own");

    private static final int MANAGED = 15;

    /** As long as the pipe to us is open. */
    private static final String LEASH =
            "exec 3<&0; \"$@\" </dev/null & server=$!;" + " (cat >/dev/null; kill -INT $server) <&3 & wait $server";

    private final Programs programs;
    private final ThrowawayCluster cluster;
    private final Server server;
    private final Path data;
    private Optional<Process> second = Optional.empty();

    private TestCluster(Programs programs, ThrowawayCluster cluster, Server server, Path data) {
        this.programs = programs;
        this.cluster = cluster;
        this.server = server;
        this.data = data;
    }

    public static TestCluster start() {
        return start(programs());
    }

    /**
     * Returns the cluster that the test classes of this JVM share. They make databases and roles of their own in it. They neither
     * stop it nor close it, and change no settings of the server. It ends with the JVM.
     */
    public static TestCluster shared() {
        return Shared.CLUSTER;
    }

    private static final class Shared {
        static final TestCluster CLUSTER = start();

        static {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    CLUSTER.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
    }

    /** Of the version that is managed where it is here, and else of the newest. */
    public static Programs programs() {
        try {
            return Programs.find(Optional.empty(), MANAGED);
        } catch (IOException notHere) {
            return Programs.newest(Optional.empty()).orElseThrow();
        }
    }

    /** Of the version of {@code programs}. */
    public static TestCluster start(Programs programs) {
        return start(programs, Map.of());
    }

    /** The same with settings more. */
    public static TestCluster start(Programs programs, Map<String, String> more) {
        try {
            Map<String, String> settings = new HashMap<>(Map.of("fsync", "off", "shared_buffers", "32MB"));
            settings.putAll(more);
            UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
            Path data = user.own(Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-"));
            int port = freePort();
            ThrowawayCluster cluster = ThrowawayCluster.startMade(
                    programs,
                    user,
                    TestClusterTemplate.copy(programs, user, data.resolve("cluster")),
                    new ThrowawayCluster.Plan(
                            "homelab", Optional.of(PASSWORD), Optional.of(port), settings, false, Optional.empty()));
            cluster.sql("postgres", "CREATE DATABASE homelab;");
            Server server = new Server(new ServerAddress("127.0.0.1", port, "homelab", PASSWORD, "homelab"));
            return new TestCluster(programs, cluster, server, data);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Those that it was started with. */
    public Programs ownPrograms() {
        return programs;
    }

    public Server server() {
        return server;
    }

    public ThrowawayCluster cluster() {
        return cluster;
    }

    /** Runs statements as the administrator. */
    public void run(String database, String... statements) throws SQLException {
        try (Connection connection = server.connect(database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** A new, empty database with a name of its own. */
    public String newDatabase() throws SQLException {
        String name = "t" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        run("homelab", "CREATE DATABASE " + name + " TEMPLATE template0");
        return name;
    }

    /** Ends the server at once, and all that it started with it. */
    public void kill() throws IOException {
        Path pid = cluster.data().resolve("postmaster.pid");
        ProcessHandle postmaster = ProcessHandle.of(
                        Long.parseLong(Files.readAllLines(pid).get(0).strip()))
                .orElseThrow();
        List<ProcessHandle> all =
                Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
        all.forEach(ProcessHandle::destroyForcibly);
        await().until(() -> !answers());
    }

    /** On the same port and with the same data, as it was started the first time. */
    public void startAgain() throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", LEASH, "postgres"));
        // The server writes down how it was started: the program, and each argument in double quotes.
        Matcher words = Pattern.compile("\"([^\"]*)\"|(\\S+)")
                .matcher(Files.readString(cluster.data().resolve("postmaster.opts")));
        while (words.find()) {
            command.add(words.group(1) == null ? words.group(2) : words.group(1));
        }
        List<String> unprivileged = UnprivilegedUser.ofThisProcess().command(command);
        // What the killed server left in shared memory may keep the first attempts from starting.
        await().until(() -> {
            if (second.filter(Process::isAlive).isEmpty()) {
                second = Optional.of(new ProcessBuilder(unprivileged)
                        .directory(new File("/"))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start());
            }
            return answers();
        });
    }

    private boolean answers() {
        try {
            return "1".equals(server.ask("SELECT 1"));
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        if (second.isPresent()) {
            second.get().getOutputStream().close();
            await().until(() -> !second.get().isAlive());
        }
        cluster.close();
        Files.deleteIfExists(data);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
