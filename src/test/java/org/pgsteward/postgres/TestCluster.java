package org.pgsteward.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.pgsteward.model.Secret;

/** A real PostgreSQL of a test class's own, on a port of its own; ends with {@link #close}. */
public final class TestCluster implements AutoCloseable {
    public static final Secret PASSWORD = new Secret("the-administrators-own");

    private final ThrowawayCluster cluster;
    private final Server server;
    private final Path data;

    private TestCluster(ThrowawayCluster cluster, Server server, Path data) {
        this.cluster = cluster;
        this.server = server;
        this.data = data;
    }

    public static TestCluster start() {
        try {
            Path data = Files.createTempDirectory(Path.of("/tmp"), "pgsteward-test-");
            UnprivilegedUser.ofThisProcess().own(data);
            int port = freePort();
            ThrowawayCluster cluster = ThrowawayCluster.start(
                    Programs.newest(Optional.empty()).orElseThrow(),
                    UnprivilegedUser.ofThisProcess(),
                    data.resolve("cluster"),
                    new ThrowawayCluster.Plan(
                            "homelab",
                            Optional.of(PASSWORD),
                            Optional.of(port),
                            Map.of("fsync", "off", "shared_buffers", "32MB"),
                            false,
                            Optional.empty()));
            cluster.sql("postgres", "CREATE DATABASE homelab;");
            Server server = new Server(new ServerAddress("127.0.0.1", port, "homelab", PASSWORD, "homelab"));
            return new TestCluster(cluster, server, data);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
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

    @Override
    public void close() throws IOException {
        cluster.close();
        Files.deleteIfExists(data);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
