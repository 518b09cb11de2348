package org.pgsteward.acceptance;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.pgsteward.engine.NeedsEngine;

/**
 * A copy of the checkout in its own folder, with an {@code .env} for quick tests and a {@code compose.override.yaml}.
 * The override gives the deployment its own names. It shows pgsteward only its own containers, as on an engine without
 * others.
 */
final class Checkout {
    /** A label of each container of a story. Its value is the project. */
    static final String LABEL = "org.pgsteward.test.story";

    /** The secret that signs the webhook's notices. */
    private static final String HOOK_SECRET = "whsec_a25vd24tc2VjcmV0LW9mLXRoZS1ob29r";

    private final Path folder;
    private final Names names;
    private final DataDisk disk;
    private final int port;

    /** @param folder an empty folder */
    Checkout(Path folder, Names names) throws IOException {
        this.folder = folder;
        this.names = names;
        disk = new DataDisk(folder);
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
    }

    /**
     * Copies the files that images are built from and containers run with.
     *
     * @throws IOException when a file is missing
     */
    void copy() throws IOException {
        for (String part :
                List.of("compose.yaml", "pgsteward", "pom.xml", ".dockerignore", ".mvn", "routes", "src/main")) {
            copy(Path.of(part));
        }
    }

    private void copy(Path from) throws IOException {
        Files.createDirectories(folder.resolve(from).getParent());
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    /**
     * Writes settings, the override, and the secrets of services and receivers. The service {@code init} makes the other
     * secrets.
     *
     * @param hook the address that gets each notice as well
     */
    void write(String hook) throws IOException {
        Files.createDirectories(folder.resolve("secrets/pgsteward"));
        Files.createDirectories(folder.resolve("secrets/services"));
        Files.writeString(folder.resolve("secrets/pgsteward/webhook_url"), hook);
        Files.writeString(folder.resolve("secrets/pgsteward/webhook_secret"), HOOK_SECRET);
        Files.writeString(folder.resolve("secrets/services/navidrome_password"), "known-secret-navidrome\n");
        writeSettings();
        disk.mount();
        Files.writeString(folder.resolve("compose.override.yaml"), override());
        Path shipped = Path.of("src/main/docker/proxy/haproxy.cfg");
        Files.writeString(folder.resolve("haproxy.cfg"), showingOnlyItsOwn(Files.readString(shipped)));
    }

    private void writeSettings() throws IOException {
        Path socket = Path.of(NeedsEngine.Engine.host().substring("unix://".length()));
        // Short periods keep the tests short. The schedule starts no backup. The seed's services try one another's
        // databases in tests, which must raise no alerts. All other settings are as shipped.
        Files.writeString(folder.resolve(".env"), """
                DOCKER_SOCKET_DIR=%s
                DOCKER_SOCKET_NAME=%s
                PGSTEWARD_HTTP_PORT=%d
                PGSTEWARD_MAILBOX_DIR=/var/lib/pgsteward/mailbox
                PGSTEWARD_WEBHOOK_URL_FILE=/run/pgsteward/webhook_url
                PGSTEWARD_WEBHOOK_SECRET_FILE=/run/pgsteward/webhook_secret
                PGSTEWARD_WATCH_PERIOD=2s
                PGSTEWARD_MONITOR_PERIOD=2s
                PGSTEWARD_MONITOR_POSTGRES_PERIOD=2s
                PGSTEWARD_RELIST_PERIOD=5s
                PGSTEWARD_WATCH_LOGINS_FAILED_LASTING=0s
                PGSTEWARD_WATCH_LOGINS_FAILED_SERVICES=vikunja=off,hedgedoc=off,linkding=off,navidrome=off
                PGSTEWARD_RECONCILE_PERIOD=5s
                PGSTEWARD_ALERTS_WAIT=5s
                PGSTEWARD_ALERTS_INTERVAL=5s
                PGSTEWARD_BACKUP_TICK=0 0 3 1 1 ?
                """.formatted(socket.getParent(), socket.getFileName(), port));
        if (!names.areShipped()) {
            Files.writeString(
                    folder.resolve(".env"),
                    "PGSTEWARD_POSTGRES_CONTAINER=" + names.container("postgresql") + "\n",
                    StandardOpenOption.APPEND);
        }
    }

    /**
     * Returns the override. The images have the name of the project, because an upgrade builds one with another
     * PostgreSQL.
     */
    private String override() {
        StringBuilder yaml = new StringBuilder("services:\n");
        for (String service : names.composeServices()) {
            yaml.append("  %s:\n    labels: {%s: %s}\n".formatted(service, LABEL, names.project()));
            if (service.equals("docker-proxy")) {
                yaml.append("    volumes: [\"./haproxy.cfg:/etc/haproxy/haproxy.cfg:ro\"]\n");
            } else if (!names.areShipped() && !service.equals("init")) {
                yaml.append("    container_name: %s\n".formatted(names.container(service)));
            }
        }
        if (!names.areShipped()) {
            yaml.append("networks:\n");
            for (String network : List.of("internal_db", "internal_db_pgsteward")) {
                yaml.append("  %s: {name: %s}\n".formatted(network, names.network(network)));
            }
        }
        if (disk.isMounted()) {
            yaml.append("""
                    volumes:
                      pgsteward_data:
                        driver_opts: {type: none, o: bind, device: "%s"}
                    """.formatted(disk.folder()));
        }
        return yaml.toString();
    }

    /** Adds a filter to both requests of pgsteward: the list of containers and the events. */
    private String showingOnlyItsOwn(String proxy) {
        String label = "%22label%22%3A%5B%22" + LABEL + "%3D" + names.project() + "%22%5D";
        String before = "    use_backend listening";
        if (!proxy.contains(before)) {
            throw new IllegalStateException("there is no line '" + before + "' in haproxy.cfg");
        }
        return proxy.replace(
                before,
                "    http-request set-query \"%[query]&filters=" + ("%7B" + label + "%7D").replace("%", "%%")
                        + "\" if { path_end /containers/json }\n"
                        + "    http-request set-query \"%[query,regsub(filters=%7B,filters=%7B" + label
                        + "%2C)]\" if { path_end /events }\n" + before);
    }

    Path folder() {
        return folder;
    }

    DataDisk disk() {
        return disk;
    }

    int port() {
        return port;
    }
}
