package org.pgsteward.postgres.guard;

import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.pgsteward.engine.DockerCli;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;

/** A PostgreSQL in its own container, with a service {@code evil} and another role {@code wiki}. */
record PostgresContainer(String name, Server server) implements AutoCloseable {
    private static final Secret PASSWORD = new Secret("of-a-test");
    private static final Secret OF_ROLES = new Secret("its-own");

    /** @param options options of {@code docker run} */
    static PostgresContainer start(String... options) throws SQLException {
        String name = "guarded-" + UUID.randomUUID().toString().substring(0, 8);
        List<String> words = new ArrayList<>(List.of("run", "--detach", "--name", name));
        words.addAll(List.of(options));
        words.addAll(List.of("--publish", "127.0.0.1::5432", "--env", "POSTGRES_USER=homelab"));
        words.addAll(List.of("--env", "POSTGRES_DB=homelab", "--env", "POSTGRES_PASSWORD=" + PASSWORD.reveal()));
        words.addAll(List.of("postgres:15-alpine", "postgres", "-c", "shared_buffers=64MB"));
        DockerCli.docker(words.toArray(String[]::new));
        String port = DockerCli.docker("port", name, "5432/tcp").replaceAll("(?s).*127\\.0\\.0\\.1:(\\d+).*", "$1");
        Server server =
                new Server(new ServerAddress("127.0.0.1", Integer.parseInt(port), "homelab", PASSWORD, "homelab"));
        await().atMost(Duration.ofMinutes(4)).ignoreExceptions().untilAsserted(() -> server.ask("SELECT 1"));
        try (Connection connection = server.connect("homelab");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE ROLE evil LOGIN PASSWORD '" + OF_ROLES.reveal() + "'");
            statement.execute("CREATE ROLE wiki LOGIN PASSWORD '" + OF_ROLES.reveal() + "'");
            statement.execute("CREATE TABLE public.service_configs AS SELECT 'evil' AS service_name,"
                    + " 'evil' AS role_name, NULL::timestamp AS quarantined_at");
        }
        return new PostgresContainer(name, server);
    }

    /** Returns a session of a role in the management database. */
    Connection as(String role) throws SQLException {
        return as(role, "homelab");
    }

    Connection as(String role, String database) throws SQLException {
        return server.connectAs(role, OF_ROLES, database);
    }

    @Override
    public void close() {
        DockerCli.docker("rm", "--force", "--volumes", name);
    }
}
