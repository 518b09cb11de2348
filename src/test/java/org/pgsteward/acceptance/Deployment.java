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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.pgsteward.engine.NeedsEngine;

/**
 * A checkout brought up as the README says, on the engine that the tests use, by the names of a story. The methods take a
 * container of a compose file by its name there, and know what it is called on the engine.
 */
final class Deployment {
    static final String APPLICATION = "pgsteward-test/app";

    private static final List<String> BASES =
            List.of("debian:bookworm-slim", "eclipse-temurin:25-jre", "postgres:15-alpine");

    /** What an upgrade takes. */
    private static final List<String> NEXT_BASES = List.of("debian:trixie-slim", "postgres:17-alpine");

    /** What a program may take where two others have the processors, and an hour where it hangs would say no more. */
    private static final Duration SLOW = Duration.ofMinutes(10);

    private final Names names;
    private final Checkout checkout;
    private final Map<String, String> environment;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private boolean imagesAreOurs;

    /** @param folder an empty one */
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

    /** Why it cannot be brought up here, if it cannot. What an earlier run left behind is taken away first. */
    Optional<String> hindrance() throws IOException {
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
        return checkout.disk().isMounted() ? Optional.of(checkout.disk()) : Optional.empty();
    }

    /**
     * Builds the images; why they cannot be built, where that is for want of a network.
     *
     * @param hook where each notice is posted as well
     */
    Optional<String> build(String hook) throws IOException {
        checkout.copy();
        if (names.areShipped()) {
            run(SLOW, "./pgsteward", "init").well();
        } else {
            // Without the launcher, which would first make an archive of classes for the one command.
            run(SLOW, "java", "-jar", "target/pgsteward.jar", "init").well();
        }
        checkout.write(hook);
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
        shell("docker compose up --build -d").well();
    }

    /** @param chosen the services to start; all of the seed's if empty */
    void servicesUp(List<String> chosen) {
        services(command(List.of("up", "--detach"), chosen.toArray(String[]::new)))
                .well();
    }

    /** Everything goes, volumes and networks included; nothing is an error. */
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
        // Compose knows of the volume of one version only; a server that runs on the other keeps it until here.
        // Networks
        // that the override names are not in compose.yaml.
        docker("volume", "rm", names.project() + "_postgres17_data");
        shell("docker network ls --quiet --filter label=com.docker.compose.project=" + names.project()
                + " | xargs -r docker network rm; docker network prune --force " + ofThisStory());
        checkout.disk().unmount();
    }

    /** A filter of {@code docker ps} and others. */
    String ofThisStory() {
        return "--filter label=" + label();
    }

    /** A label of each container of this story; no story sees those of another. */
    String label() {
        return Checkout.LABEL + "=" + names.project();
    }

    /** Lets others have the shipped names. The engine's build cache makes the images again in seconds. */
    void removeImages() {
        if (imagesAreOurs) {
            names.images().forEach(image -> docker("image", "rm", image));
        }
        names.giveBack();
    }

    /** Until the daemon answers, if it is to run. */
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

    /** A program on the host, beside the copy, that somebody talks to. */
    Process start(String... command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder().toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** {@code docker compose} on the copy. */
    Ended compose(String... arguments) {
        return run(SLOW, command(List.of("docker", "compose"), arguments));
    }

    /** The host is gone: nothing is left but the checkout with its {@code .env} and {@code secrets}. */
    void lose() throws IOException {
        compose("down", "--volumes", "--timeout", "5").well();
        if (checkout.disk().isMounted()) {
            checkout.disk().wipe();
        }
    }

    /** {@code docker compose} on the seed's four services. */
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

    /** A command of pgsteward, as it is typed while the daemon runs. */
    Ended pgsteward(String... arguments) {
        return run(SLOW, command(List.of("docker", "exec", name("pgsteward"), "pgsteward"), arguments));
    }

    /**
     * Starts a container that is in no compose file, on the network of the services.
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

    /** What a container has written. */
    Ended log(String container) {
        return docker("logs", name(container));
    }

    /** What a container of a compose file is called on the engine. */
    String name(String container) {
        return names.container(container);
    }

    /** The network of the services. */
    String network() {
        return names.network("internal_db");
    }

    /** The network of PostgreSQL and pgsteward alone. */
    String networkOfPgsteward() {
        return names.network("internal_db_pgsteward");
    }

    String project() {
        return names.project();
    }

    Ended docker(String... arguments) {
        return run(SLOW, command(List.of("docker"), arguments));
    }

    /** A shell script on the host, beside the copy. */
    Ended shell(String script) {
        return run(SLOW, "sh", "-c", script);
    }

    /** A shell script inside a container. */
    Ended inside(String container, String script) {
        return docker("exec", name(container), "sh", "-c", script);
    }

    /** Rows of the administrator's query, columns parted by {@code |}. */
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

    /** A field of {@code docker inspect}. */
    String inspect(String container, String template) {
        return docker("inspect", "--format", template, name(container)).well().out();
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
