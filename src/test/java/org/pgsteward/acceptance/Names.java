package org.pgsteward.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/**
 * The names of a story on the engine. {@code compose.yaml} names its containers and networks, so an engine can have
 * them only once. Most stories have their own names and run in parallel. Stories with the shipped names wait for one
 * another.
 */
final class Names {
    private static final List<String> CONTAINERS =
            List.of("postgresql", "pgsteward", "vikunja", "hedgedoc", "linkding", "navidrome");
    private static final List<String> BUILT = List.of("docker-proxy", "init", "pgsteward");
    private static final Path TURN =
            Path.of(System.getProperty("java.io.tmpdir"), "pgsteward-tests-of-the-shipped-names.lock");

    private final String project;
    private final boolean shipped;
    private final boolean postgres;
    private Optional<FileChannel> turn = Optional.empty();

    private Names(String project, boolean shipped, boolean postgres) {
        this.project = project;
        this.shipped = shipped;
        this.postgres = postgres;
    }

    static Names own(String story) {
        return new Names(project(story), false, true);
    }

    static Names shipped(String story) {
        return new Names(project(story), true, true);
    }

    /** Returns the shipped names, for a {@code compose.yaml} without its PostgreSQL. */
    static Names withoutPostgres(String story) {
        return new Names(project(story), true, false);
    }

    /**
     * Returns a name that differs from the one in the compose file, so that tests can never delete an operator's
     * volume.
     */
    private static String project(String story) {
        return "pgsteward-e2e-" + story;
    }

    String project() {
        return project;
    }

    boolean areShipped() {
        return shipped;
    }

    List<String> composeServices() {
        return postgres ? List.of("docker-proxy", "init", "pgsteward", "postgresql") : BUILT;
    }

    /** Returns the images that compose builds. */
    List<String> images() {
        return BUILT.stream().map(this::image).toList();
    }

    /** Returns the name on the engine of a container of a compose file. Returns any other name unchanged. */
    String container(String name) {
        return !shipped && CONTAINERS.contains(name) ? project + "-" + name : name;
    }

    List<String> containers() {
        return CONTAINERS.stream().map(this::container).toList();
    }

    String network(String name) {
        return shipped ? name : project + "_" + name;
    }

    /** Returns the image of a service that compose builds. */
    private String image(String service) {
        return project + "-" + service;
    }

    /** Waits until no other story of any test JVM uses the shipped names. */
    void take() throws IOException {
        if (shipped) {
            FileChannel channel = FileChannel.open(TURN, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.lock();
            turn = Optional.of(channel);
        }
    }

    void giveBack() {
        turn.ifPresent(channel -> {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        turn = Optional.empty();
    }
}
