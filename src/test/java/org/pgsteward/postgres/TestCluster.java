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
 * A real PostgreSQL for one test class, on its own port, until {@link #close}. A test can {@linkplain #kill kill} it as
 * a power cut would, and {@linkplain #startAgain start it again} with the data on its disk.
 */
public final class TestCluster implements AutoCloseable {
    public static final Secret PASSWORD = new Secret("the-administrators-own");

    private static final int MANAGED = 15;

    /** Runs the server only while the pipe to this JVM is open. */
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
     * Returns the cluster that the test classes of this JVM share. They create their own databases and roles in it.
     * They neither stop nor close it, and change no settings of the server. It ends with the JVM.
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

    /** Returns the programs of the managed version, or those of the newest installed version if it is missing. */
    public static Programs programs() {
        try {
            return Programs.find(Optional.empty(), MANAGED);
        } catch (IOException notHere) {
            return Programs.newest(Optional.empty()).orElseThrow();
        }
    }

    /** Starts a cluster with these programs. */
    public static TestCluster start(Programs programs) {
        return start(programs, Map.of());
    }

    /** Starts a cluster with additional settings. */
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

    /** Returns the programs that this cluster was started with. */
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

    /** Creates an empty database with a new name, and returns the name. */
    public String newDatabase() throws SQLException {
        String name = "t" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        run("homelab", "CREATE DATABASE " + name + " TEMPLATE template0");
        return name;
    }

    /** Kills the server and all its processes at once. */
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

    /** Starts the server again on the same port, with the same data and arguments. */
    public void startAgain() throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", LEASH, "postgres"));
        // The server's file has the program and each argument in double quotes.
        Matcher words = Pattern.compile("\"([^\"]*)\"|(\\S+)")
                .matcher(Files.readString(cluster.data().resolve("postmaster.opts")));
        while (words.find()) {
            command.add(words.group(1) == null ? words.group(2) : words.group(1));
        }
        List<String> unprivileged = UnprivilegedUser.ofThisProcess().command(command);
        // Shared memory of the killed server may make the first attempts fail.
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
