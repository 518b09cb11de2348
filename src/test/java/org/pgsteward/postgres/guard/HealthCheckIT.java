package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.pgsteward.postgres.guard.Sessions.run;
import static org.pgsteward.postgres.guard.Sessions.start;

import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.engine.DockerCli;
import org.pgsteward.engine.NeedsEngine;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The health check of compose.yaml, for times without a session of pgsteward. */
@NeedsEngine
class HealthCheckIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Executor LOGINS = task -> {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
    };

    @TempDir
    private Path folder;

    @Test
    void terminatesOnlyTheRoleBlockingTheAdministrator() throws Exception {
        try (PostgresContainer container = withHealthCheck()) {
            try (Socket titled = clientNamed(container, "u\n1 postgres: a waiting\nx", "homelab");
                    Socket like = clientNamed(container, "homelab", "homelab 127.0.0.1(1) startup waiting\n");
                    Connection holder = container.as("evil");
                    Connection dropper = container.as("evil");
                    Connection owner = container.as("wiki");
                    Connection waiting = container.as("wiki");
                    Connection observer = container.server().connect("homelab")) {
                run(owner, "CREATE TEMP TABLE mine (n int)", "SELECT pg_advisory_lock(4711)");
                assertThat(healthCheck(container)).as("no session waits").isEmpty();
                CompletableFuture<Void> innocent = start(waiting, "SELECT pg_advisory_lock(4711)");
                awaitWaiting(observer, 1);
                assertThat(healthCheck(container)).as("no login waits").isEmpty();
                assertThat(innocent).isNotDone();
                run(owner, "SELECT pg_advisory_unlock(4711)");
                assertThat(innocent).succeedsWithin(PATIENCE);

                for (String database : List.of("homelab", "postgres", "template1")) {
                    run(holder, "BEGIN", "ALTER ROLE CURRENT_USER IN DATABASE " + database + " SET work_mem = '2MB'");
                }
                CompletableFuture<Void> drop = start(dropper, "DROP DATABASE homelab");
                awaitWaiting(observer, 1);

                assertThat(healthCheck(container)).matches("logins wait for a lock; processes terminated: \\d{2,}");

                assertThat(drop).failsWithin(PATIENCE);
                container.server().connect("homelab").close();
                assertThat(owner.isValid(5) && waiting.isValid(5)).isTrue();
                assertThat(titled.isConnected() && like.isConnected())
                        .as("sessions whose names imitate waiting logins survive")
                        .isTrue();
                await().atMost(PATIENCE).until(() -> healthCheck(container).isEmpty());
            }
        }
    }

    /** CREATE RULE locks the catalog of roles. Waiting logins of the same role may then take all connections. */
    @Test
    void terminatesTheRoleLockingTheCatalogOfRoles() throws Exception {
        try (PostgresContainer container = withHealthCheck();
                Connection holder = container.as("evil");
                Connection locker = container.as("evil");
                Connection observer = container.server().connect("homelab")) {
            run(holder, "BEGIN", "LOCK TABLE pg_catalog.pg_settings IN ACCESS EXCLUSIVE MODE");
            CompletableFuture<Void> lock = start(
                    locker,
                    "CREATE RULE r AS ON UPDATE TO pg_catalog.pg_authid WHERE EXISTS (SELECT FROM pg_catalog.pg_settings)"
                            + " DO INSTEAD NOTHING");
            awaitWaiting(observer, 1);
            List<CompletableFuture<Void>> logins = new ArrayList<>();
            for (int n = 0; n < 120; n++) {
                logins.add(CompletableFuture.runAsync(() -> logIn(container), LOGINS));
            }
            await().atMost(PATIENCE)
                    .until(() -> DockerCli.docker("exec", container.name(), "sh", "-c", "cat /proc/[0-9]*/cmdline")
                            .contains("authentication waiting"));

            assertThat(healthCheck(container))
                    .as("first check waits for a second one")
                    .isEmpty();
            assertThat(lock).isNotDone();
            assertThat(healthCheck(container)).matches("logins wait for a lock; processes terminated: \\d+");

            assertThat(lock).failsWithin(PATIENCE);
            CompletableFuture.allOf(logins.toArray(CompletableFuture[]::new)).get(2, TimeUnit.MINUTES);
            container.as("wiki").close();
            assertThat(healthCheck(container)).isEmpty();
        }
    }

    /** Tries to log in. The result does not matter, because there may be too many connections. */
    private static void logIn(PostgresContainer container) {
        try {
            container.as("wiki").close();
        } catch (SQLException refused) {
            assertThat(refused.getSQLState()).isIn("53300", "57014", "08006", "08001");
        }
    }

    private PostgresContainer withHealthCheck() throws Exception {
        Path script = Files.writeString(folder.resolve("health.sh"), config("postgres_health"));
        Path logins = Files.writeString(folder.resolve("pg_hba.conf"), config("pg_hba"));
        PostgresContainer container = PostgresContainer.start();
        DockerCli.docker("cp", script.toString(), container.name() + ":/health.sh");
        DockerCli.docker("cp", logins.toString(), container.name() + ":/var/lib/postgresql/data/pg_hba.conf");
        container.server().ask("SELECT pg_reload_conf()");
        return container;
    }

    /** Opens a connection that sends a user name and no password. */
    private static Socket clientNamed(PostgresContainer container, String user, String database) throws IOException {
        Socket socket = new Socket(
                container.server().address().host(),
                container.server().address().port());
        byte[] names = ("user\0" + user + "\0database\0" + database + "\0\0").getBytes(StandardCharsets.UTF_8);
        DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        out.writeInt(names.length + 8);
        out.writeInt(3 << 16);
        out.write(names);
        out.flush();
        socket.getInputStream().read();
        return socket;
    }

    /** Returns a config as compose gives it to the container: two dollar signs stand for one. */
    private static String config(String name) throws Exception {
        Object part =
                new Load(LoadSettings.builder().build()).loadFromString(Files.readString(Path.of("compose.yaml")));
        for (String key : List.of("configs", name, "content")) {
            part = Objects.requireNonNull(((Map<?, ?>) part).get(key), key);
        }
        return part.toString().replace("$$", "$");
    }

    /** Returns the output of the health check. Ignores its exit code, which depends on a login at once. */
    private static String healthCheck(PostgresContainer container) {
        return DockerCli.docker("exec", "--user", "postgres", container.name(), "sh", "-c", "sh /health.sh || true")
                .strip();
    }

    private static void awaitWaiting(Connection observer, int many) {
        await().atMost(PATIENCE).until(() -> {
            try (Statement statement = observer.createStatement();
                    var row = statement.executeQuery("SELECT count(*) FROM pg_locks WHERE NOT granted")) {
                row.next();
                return row.getInt(1) == many;
            }
        });
    }
}
