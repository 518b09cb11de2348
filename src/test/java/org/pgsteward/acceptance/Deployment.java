package org.pgsteward.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.pgsteward.engine.NeedsEngine;

/**
 * A checkout in a folder of its own, brought up as the README says, on the engine that the tests use. The shipped
 * compose file names its containers, so it takes an engine on which those names are free.
 */
final class Deployment {
    /** Not the name in the compose file, so that no volume of an operator can ever be ours to delete. */
    static final String PROJECT = "pgsteward-e2e";

    /** A container beside the two compose files; whoever starts it gives it this name. */
    static final String LATECOMER = "pgsteward-e2e-latecomer";

    private static final String SERVICES = "pgsteward-e2e-services";
    private static final List<String> NAMES =
            List.of("postgresql", "pgsteward", "vikunja", "hedgedoc", "linkding", "navidrome");
    private static final List<String> BASES =
            List.of("debian:bookworm-slim", "eclipse-temurin:25-jre", "postgres:15-alpine");

    /** What an upgrade takes. */
    private static final List<String> NEXT_BASES = List.of("debian:trixie-slim", "postgres:17-alpine");

    /** What a program may take where two others have the processors, and an hour where it hangs would say no more. */
    private static final Duration SLOW = Duration.ofMinutes(10);

    static final String APPLICATION = "pgsteward-test/app";

    /** A container of nobody's. */
    static final String STRANGER = "stranger";

    static final String GUESSER = "guesser";

    /** Containers that do not run for long. */
    static final String CRASHING = "crashing";

    static final String HUNGRY = "hungry";

    /** With which the webhook's notices are signed. */
    static final String HOOK_SECRET = "whsec_a25vd24tc2VjcmV0LW9mLXRoZS1ob29r";

    /** A container and a volume of that name: what a base backup becomes. */
    static final String RESTORED = "pgsteward-e2e-restored";

    /** The same application after an update. */
    static final String NEWER = "pgsteward-test/app:newer";

    private final Path folder;
    private final Map<String, String> environment =
            Map.of("DOCKER_HOST", NeedsEngine.Engine.host(), "COMPOSE_PROJECT_NAME", PROJECT);
    private final int port;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private final DataDisk disk;
    private boolean imagesAreOurs;

    /** @param folder an empty one */
    Deployment(Path folder) throws IOException {
        this.folder = folder;
        disk = new DataDisk(folder);
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
    }

    /** Why it cannot be brought up here, if it cannot. What an earlier run left behind is taken away first. */
    Optional<String> hindrance() {
        if (!NeedsEngine.Engine.host().startsWith("unix://")) {
            return Optional.of(
                    "the proxy needs the engine's socket as a file, and that is " + NeedsEngine.Engine.host());
        }
        if (!Files.exists(Path.of("target/pgsteward.jar")) || !Files.isDirectory(Path.of("target/lib"))) {
            return Optional.of("there is no target/pgsteward.jar with its lib/, mvn verify makes them");
        }
        if (!docker("compose", "version").isWell()) {
            return Optional.of("there is no docker compose");
        }
        down();
        List<String> taken = new ArrayList<>(List.of(
                docker("ps", "--all", "--format", "{{.Names}}").well().out().split("\n")));
        taken.retainAll(NAMES);
        if (!taken.isEmpty()) {
            return Optional.of("the engine has containers of these names already: " + String.join(", ", taken));
        }
        if (docker("network", "inspect", "internal_db").isWell()) {
            return Optional.of("the engine has a network internal_db already");
        }
        return missing(BASES);
    }

    /** Why there can be no upgrade to PostgreSQL 17 here. */
    Optional<String> hindranceOfAnUpgrade() {
        return missing(NEXT_BASES);
    }

    private Optional<String> missing(List<String> images) {
        return images.stream()
                .filter(image -> !docker("image", "inspect", image).isWell())
                .filter(image -> !docker("pull", "--quiet", image).isWell())
                .findFirst()
                .map(image -> "image " + image + " is not there and cannot be pulled; src/test/bed/images makes it");
    }

    /** Where containers that are not on an internal network reach this process; empty where they do not. */
    Optional<InetAddress> reachableHere() throws IOException {
        String gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "bridge")
                .well()
                .out();
        InetAddress address = InetAddress.getByName(gateway);
        return NetworkInterface.getByInetAddress(address) == null ? Optional.empty() : Optional.of(address);
    }

    /** The disk on which pgsteward's data lies; empty where it is the engine's own, which nobody may fill. */
    Optional<DataDisk> disk() {
        return disk.isMounted() ? Optional.of(disk) : Optional.empty();
    }

    /**
     * Builds the images; why they cannot be built, where that is for want of a network.
     *
     * @param hook where each notice is posted as well
     */
    Optional<String> build(String hook) throws IOException {
        copyTheCheckout();
        run(SLOW, "./pgsteward", "init").well();
        Files.writeString(folder.resolve("secrets/pgsteward/webhook_url"), hook);
        Files.writeString(folder.resolve("secrets/pgsteward/webhook_secret"), HOOK_SECRET);
        if (disk.mount()) {
            Files.writeString(folder.resolve("compose.override.yaml"), """
                    volumes:
                      pgsteward_data:
                        driver_opts: {type: none, o: bind, device: "%s"}
                    """.formatted(disk.folder()));
        }
        Files.writeString(folder.resolve("secrets/services/navidrome_password"), "known-secret-navidrome\n");
        writeSettings();
        imagesAreOurs = true;
        Ended built = compose("build");
        if (built.isWell() && !docker("image", "inspect", APPLICATION).isWell()) {
            built = docker(
                    "build",
                    "--quiet",
                    "--tag",
                    APPLICATION,
                    Path.of("src/test/bed/app").toAbsolutePath().toString());
        }
        if (!built.isWell()
                && built.both().matches("(?s).*(Temporary failure resolving|Could not resolve|Unable to connect).*")) {
            return Optional.of("the images cannot be built without a network");
        }
        built.well();
        return Optional.empty();
    }

    /** Writes the {@code .env} with which every test begins. */
    void writeSettings() throws IOException {
        Path socket = Path.of(NeedsEngine.Engine.host().substring("unix://".length()));
        // Quick, so that the tests are, and no backup that nobody asked for; nor are attempts of the seed's services on
        // one
        // another's databases, which are tests, told all the time. Everything else is as shipped.
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
    }

    private void copyTheCheckout() throws IOException {
        for (String part : List.of(
                "compose.yaml",
                "pgsteward",
                "pom.xml",
                ".dockerignore",
                "routes",
                "src/main/docker",
                "target/lib",
                "target/pgsteward.jar")) {
            copy(Path.of(part));
        }
        // Older than nothing beside it, so that the launcher does not build.
        Files.setLastModifiedTime(folder.resolve("target/pgsteward.jar"), FileTime.from(Instant.now()));
    }

    private void copy(Path from) throws IOException {
        Files.createDirectories(folder.resolve(from).getParent());
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    void up() {
        shell("docker compose up --build -d").well();
    }

    void servicesUp() {
        services("up", "--detach").well();
    }

    /** Everything goes, volumes and networks included; nothing is an error. */
    void down() {
        OwnPostgres.remove(this);
        services("down", "--volumes", "--timeout", "1");
        docker("rm", "--force", "--volumes", LATECOMER, STRANGER, GUESSER, CRASHING, HUNGRY, RESTORED);
        docker("volume", "rm", RESTORED);
        docker("image", "rm", NEWER);
        Ended ended = run(
                Duration.ofSeconds(90),
                "docker",
                "compose",
                "--file",
                Path.of("compose.yaml").toAbsolutePath().toString(),
                "down",
                "--volumes",
                "--timeout",
                "5");
        if (!ended.isWell()) {
            System.out.println("end-to-end tests: " + ended.err());
        }
        // Compose knows of the volume of one version only; a server that runs on the other keeps it until here.
        docker("volume", "rm", PROJECT + "_postgres17_data");
        disk.unmount();
    }

    /** The images that compose built; the engine's build cache makes them again in seconds. */
    void removeImages() {
        if (imagesAreOurs) {
            docker("image", "rm", "pgsteward", "pgsteward-docker-proxy");
        }
    }

    /** Until the daemon answers, if it is to run. */
    void awaitSteward() {
        if (!docker("inspect", "--format", "{{.State.Running}}", "pgsteward")
                .out()
                .equals("true")) {
            return;
        }
        Awaitility.await()
                .ignoreExceptions()
                .until(() -> get("/observe/health/live").contains("UP"));
    }

    /** A program on the host, beside the copy, that somebody talks to. */
    Process start(String... command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** {@code docker compose} on the copy. */
    Ended compose(String... arguments) {
        List<String> command = new ArrayList<>(List.of("docker", "compose"));
        command.addAll(List.of(arguments));
        return run(SLOW, command.toArray(String[]::new));
    }

    /** The host is gone: nothing is left but the checkout with its {@code .env} and {@code secrets}. */
    void lose() throws IOException {
        compose("down", "--volumes", "--timeout", "5").well();
        if (disk.isMounted()) {
            disk.wipe();
        }
    }

    /** {@code docker compose} on the seed's four services. */
    Ended services(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "docker",
                "compose",
                "--project-name",
                SERVICES,
                "--file",
                Path.of("src/test/acceptance/seed-services/compose.yaml")
                        .toAbsolutePath()
                        .toString()));
        command.addAll(List.of(arguments));
        return run(SLOW, command.toArray(String[]::new));
    }

    Ended docker(String... arguments) {
        List<String> command = new ArrayList<>(List.of("docker"));
        command.addAll(List.of(arguments));
        return run(SLOW, command.toArray(String[]::new));
    }

    /** A shell script on the host, beside the copy. */
    Ended shell(String script) {
        return run(SLOW, "sh", "-c", script);
    }

    /** A shell script inside a container. */
    Ended inside(String container, String script) {
        return docker("exec", container, "sh", "-c", script);
    }

    /** Rows of the administrator's query, columns parted by {@code |}. */
    String sql(String database, String query) {
        return docker(
                        "exec",
                        "postgresql",
                        "psql",
                        "-XqAt",
                        "-v",
                        "ON_ERROR_STOP=1",
                        "-U",
                        "homelab",
                        "-d",
                        database,
                        "-c",
                        query)
                .well()
                .out();
    }

    String sql(String query) {
        return sql("homelab", query);
    }

    /** A field of {@code docker inspect}. */
    String inspect(String container, String template) {
        return docker("inspect", "--format", template, container).well().out();
    }

    /** What lies in the mailbox of that kind, oldest first. */
    List<JsonNode> notices(String kind) {
        return notices().stream()
                .filter(notice -> notice.path("kind").asText().equals(kind))
                .toList();
    }

    /** All that lies in the mailbox, oldest first. */
    List<JsonNode> notices() {
        List<JsonNode> notices = new ArrayList<>();
        Ended read = inside("pgsteward", "cat /var/lib/pgsteward/mailbox/*.json");
        if (!read.isWell()) {
            // There is none yet, or the engine could not start the program just now, which it says on standard output.
            return notices;
        }
        try (MappingIterator<JsonNode> documents =
                json.readerFor(JsonNode.class).readValues(read.out())) {
            documents.forEachRemaining(notices::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return notices;
    }

    JsonNode parse(String document) {
        try {
            return json.readTree(document);
        } catch (IOException e) {
            throw new UncheckedIOException(document, e);
        }
    }

    /** What the status port answers. */
    String get(String path) {
        try {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .timeout(Duration.ofSeconds(20))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    int port() {
        return port;
    }

    Path folder() {
        return folder;
    }

    private Ended run(Duration limit, String... command) {
        return Ended.run(folder, environment, limit, List.of(command));
    }
}
