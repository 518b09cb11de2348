package org.pgsteward.acceptance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.pgsteward.engine.NeedsEngine;

/**
 * A checkout that is started as the README describes, on the engine of the tests and with the names of a story. The
 * methods take a container's name from its compose file and translate it to its name on the engine.
 */
final class Deployment {
    static final String APPLICATION = "pgsteward-test/app";

    private static final List<String> BASES = List.of(
            "debian:bookworm-slim", "eclipse-temurin:25-jre", "maven:3.9-eclipse-temurin-17", "postgres:15-alpine");

    /** The releases of Debian with the programs of a major version. pgsteward's image chooses the others' by itself. */
    private static final Map<Integer, String> RELEASES = Map.of(15, "bookworm", 17, "trixie", 18, "forky");

    /**
     * The limit of a program while two others use the processors. A longer limit would only delay the report of a
     * program that hangs.
     */
    private static final Duration SLOW = Duration.ofMinutes(10);

    private final Names names;
    private final Checkout checkout;
    private final Map<String, String> environment;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private boolean imagesAreOurs;
    private String more = "";

    /** @param folder an empty folder */
    Deployment(Path folder, Names names) throws IOException {
        this.names = names;
        checkout = new Checkout(folder, names);
        environment = Map.of(
                "DOCKER_HOST", NeedsEngine.Engine.host(),
                "COMPOSE_PROJECT_NAME", names.project(),
                "STORY", names.project(),
                "NAME_PREFIX", names.areShipped() ? "" : names.project() + "-",
                "INTERNAL_DB", names.network("internal_db"));
    }

    /**
     * Returns the reason why the deployment cannot start here, if there is one. Removes the remains of an earlier run
     * first.
     */
    Optional<String> hindrance() throws IOException {
        if (!NeedsEngine.Engine.host().startsWith("unix://")) {
            return Optional.of(
                    "the proxy needs the engine's socket as a file, and that is " + NeedsEngine.Engine.host());
        }
        if (!docker("compose", "version").isWell()) {
            return Optional.of("there is no docker compose");
        }
        names.take();
        down();
        List<String> taken = new ArrayList<>(List.of(
                docker("ps", "--all", "--format", "{{.Names}}").well().out().split("\n")));
        taken.retainAll(names.containers());
        if (!taken.isEmpty()) {
            return Optional.of("the engine has containers of these names already: " + String.join(", ", taken));
        }
        if (docker("network", "inspect", network()).isWell()) {
            return Optional.of("the engine has a network " + network() + " already");
        }
        return missing(BASES);
    }

    /** Returns the reason why a PostgreSQL of this major version is impossible here, if there is one. */
    Optional<String> hindrance(int major) {
        return missing(List.of("debian:" + RELEASES.getOrDefault(major, "trixie") + "-slim", image(major)));
    }

    /** Selects a major version of PostgreSQL for {@link #build}. */
    void select(int major) {
        more = settings(major);
    }

    /** Returns the image of PostgreSQL. */
    static String image(int major) {
        return "postgres:" + major + "-alpine";
    }

    /**
     * Returns the lines of {@code .env} that select a major version. An operator writes only the first: the second one
     * replaces the packages of the PostgreSQL project, which a machine of the tests may not reach.
     */
    static String settings(int major) {
        String release = RELEASES.containsKey(major) ? "DEBIAN_RELEASE=" + RELEASES.get(major) + "\n" : "";
        return "POSTGRES_MAJOR=" + major + "\n" + release;
    }

    private Optional<String> missing(List<String> images) {
        return images.stream()
                .filter(image -> !docker("image", "inspect", image).isWell())
                .filter(image -> !docker("pull", "--quiet", image).isWell())
                .findFirst()
                .map(image -> "image " + image + " is not there and cannot be pulled; src/test/bed/images makes it");
    }

    /**
     * Returns the address at which containers outside of internal networks reach this process. Returns empty if they
     * cannot reach it.
     */
    Optional<InetAddress> reachableHere() throws IOException {
        String gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "bridge")
                .well()
                .out();
        InetAddress address = InetAddress.getByName(gateway);
        return NetworkInterface.getByInetAddress(address) == null ? Optional.empty() : Optional.of(address);
    }

    /**
     * Returns the disk with pgsteward's data. Returns empty if the data is on the engine's own disk, which no test may
     * fill.
     */
    Optional<DataDisk> disk() {
        return checkout.disk().isMounted() ? Optional.of(checkout.disk()) : Optional.empty();
    }

    /**
     * Builds the images. Returns the reason if they cannot be built because this host has no network access.
     *
     * @param hook the address that gets each notice as well
     */
    Optional<String> build(String hook) throws IOException {
        checkout.copy();
        checkout.write(hook);
        Files.writeString(folder().resolve(".env"), more, StandardOpenOption.APPEND);
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

    void up() {
        shell("docker compose up -d").well();
    }

    /**
     * Starts services.
     *
     * @param chosen the services to start; if empty, all services of the seed
     */
    void servicesUp(List<String> chosen) {
        services(command(List.of("up", "--detach"), chosen.toArray(String[]::new)))
                .well();
    }

    /** Removes everything, including volumes and networks. Ignores errors. */
    void down() {
        services("down", "--volumes", "--timeout", "1");
        shell("docker ps --all --quiet " + ofThisStory() + " | xargs -r docker rm --force --volumes");
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
        // Compose knows only the volume of one version. A server of the other version uses that volume until here.
        // Networks that the override names are not in compose.yaml.
        shell("docker volume ls --quiet --filter label=com.docker.compose.project=" + names.project()
                + " | xargs -r docker volume rm");
        shell("docker network ls --quiet --filter label=com.docker.compose.project=" + names.project()
                + " | xargs -r docker network rm; docker network prune --force " + ofThisStory());
        checkout.disk().unmount();
    }

    /** Returns a filter for {@code docker ps} and similar commands. */
    String ofThisStory() {
        return "--filter label=" + label();
    }

    /** Returns the label of each container of this story. A story does not see the containers of another. */
    String label() {
        return Checkout.LABEL + "=" + names.project();
    }

    /**
     * Removes the images, so that other stories can use the shipped names. The engine's build cache makes the images
     * again in seconds.
     */
    void removeImages() {
        if (imagesAreOurs) {
            names.images().forEach(image -> docker("image", "rm", image));
        }
        names.giveBack();
    }

    /** Waits until the daemon answers. Returns at once if its container does not run. */
    void awaitSteward() {
        if (!docker("inspect", "--format", "{{.State.Running}}", name("pgsteward"))
                .out()
                .equals("true")) {
            return;
        }
        Awaitility.await()
                .ignoreExceptions()
                .until(() -> get("/observe/health/live").contains("UP"));
    }

    /** Starts a program on the host, in the folder of the copy, for a dialogue with it. */
    Process start(String... command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder().toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Runs {@code docker compose} in the copy. */
    Ended compose(String... arguments) {
        return run(SLOW, command(List.of("docker", "compose"), arguments));
    }

    /** Simulates the loss of the host: only the checkout with its {@code .env} and {@code secrets} remains. */
    void lose() throws IOException {
        compose("down", "--volumes", "--timeout", "5").well();
        if (checkout.disk().isMounted()) {
            checkout.disk().wipe();
        }
    }

    /** Runs {@code docker compose} for the seed's four services. */
    Ended services(String... arguments) {
        return run(
                SLOW,
                command(
                        List.of(
                                "docker",
                                "compose",
                                "--project-name",
                                names.project() + "-services",
                                "--file",
                                Path.of("src/test/acceptance/seed-services/compose.yaml")
                                        .toAbsolutePath()
                                        .toString()),
                        arguments));
    }

    /** Runs a pgsteward command in the container of the daemon, as an operator types it. */
    Ended pgsteward(String... arguments) {
        return run(SLOW, command(List.of("docker", "exec", name("pgsteward"), "pgsteward"), arguments));
    }

    /**
     * Starts a container on the network of the services. No compose file contains it.
     *
     * @param rest further options, the image, and its arguments
     */
    Ended runs(String name, String... rest) {
        return run(
                SLOW,
                command(
                        List.of(
                                "docker",
                                "run",
                                "--detach",
                                "--label",
                                label(),
                                "--name",
                                name,
                                "--network",
                                network()),
                        rest));
    }

    private static String[] command(List<String> beginning, String... rest) {
        List<String> command = new ArrayList<>(beginning);
        command.addAll(List.of(rest));
        return command.toArray(String[]::new);
    }

    /** Returns the log of a container. */
    Ended log(String container) {
        return docker("logs", name(container));
    }

    /** Returns a container's name on the engine. */
    String name(String container) {
        return names.container(container);
    }

    /** Returns the network of the services. */
    String network() {
        return names.network("internal_db");
    }

    /** Returns the network of PostgreSQL and pgsteward alone. */
    String networkOfPgsteward() {
        return names.network("internal_db_pgsteward");
    }

    String project() {
        return names.project();
    }

    Ended docker(String... arguments) {
        return run(SLOW, command(List.of("docker"), arguments));
    }

    /** Runs a shell script on the host, in the folder of the copy. */
    Ended shell(String script) {
        return run(SLOW, "sh", "-c", script);
    }

    /** Runs a shell script inside a container. */
    Ended inside(String container, String script) {
        return docker("exec", name(container), "sh", "-c", script);
    }

    /** Returns the rows of a query as the administrator, with columns separated by {@code |}. */
    String sql(String database, String query) {
        return docker(
                        "exec",
                        name("postgresql"),
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

    /** Returns a field of {@code docker inspect}. */
    String inspect(String container, String template) {
        return docker("inspect", "--format", template, name(container)).well().out();
    }

    /** Returns all notices in the mailbox, oldest first. */
    List<JsonNode> notices() {
        List<JsonNode> notices = new ArrayList<>();
        Ended read = inside("pgsteward", "cat /var/lib/pgsteward/mailbox/*.json");
        if (!read.isWell()) {
            // The mailbox is still empty, or the engine could not start the program just now and reported it on
            // standard output.
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

    /** Returns the answer of the status port. */
    String get(String path) {
        try {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
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
        return checkout.port();
    }

    Path folder() {
        return checkout.folder();
    }

    private Ended run(Duration limit, String... command) {
        return Ended.run(folder(), environment, limit, List.of(command));
    }
}
