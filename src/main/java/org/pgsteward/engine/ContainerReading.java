package org.pgsteward.engine;

import com.github.dockerjava.api.command.HealthState;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.model.ContainerConfig;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.NetworkSettings;
import com.github.dockerjava.api.model.RestartPolicy;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.model.Container;

/** Converter of an inspect document. Docker, Podman and their versions differ, so any field may be missing. */
final class ContainerReading {
    /** The most bytes of a document that is read; a usual document has ten thousand. */
    static final int MOST_BYTES = 256 * 1024;

    /** The most characters of labels and variables that are kept of all containers together. */
    static final int MOST_OF_ALL = 2 * 1024 * 1024;

    /** The number of containers that an alert names if all containers together exceed {@link #MOST_OF_ALL}. */
    private static final int MOST_NAMED = 3;

    /**
     * The most characters of a variable. A longer variable is dropped: no address, name or password of a database is so
     * long.
     */
    private static final int LONGEST_VARIABLE = 8 * 1024;

    /** Prefixes of the labels that pgsteward reads. Proxies and dashboards may add many others. */
    private static final List<String> LABELS = List.of("pgsteward.", "com.docker.compose.");

    private static final Set<String> COMES_BACK = Set.of("always", "unless-stopped");

    private ContainerReading() {}

    static Container of(InspectContainerResponse document) {
        Optional<ContainerConfig> config = Optional.ofNullable(document.getConfig());
        Optional<ContainerState> state = Optional.ofNullable(document.getState());
        return new Container(
                document.getId(),
                Optional.ofNullable(document.getName()).orElse(document.getId()).replaceFirst("^/", ""),
                config.map(ContainerConfig::getImage).orElse(""),
                Optional.ofNullable(document.getImageId()).orElse(""),
                stateOf(state),
                healthOf(state),
                state.map(ContainerState::getExitCodeLong).orElse(0L).intValue(),
                state.map(ContainerState::getOOMKilled).orElse(false),
                Optional.ofNullable(document.getHostConfig())
                        .map(HostConfig::getRestartPolicy)
                        .map(RestartPolicy::getName)
                        .filter(COMES_BACK::contains)
                        .isPresent(),
                labels(config.map(ContainerConfig::getLabels).orElse(Map.of())),
                environment(config.map(ContainerConfig::getEnv).orElse(new String[0])),
                networks(document),
                Optional.ofNullable(document.getHostConfig())
                        .map(HostConfig::getMemory)
                        .orElse(0L),
                instant(document.getCreated()).orElse(Instant.EPOCH),
                state.map(ContainerState::getStartedAt).flatMap(ContainerReading::instant));
    }

    private static Container.State stateOf(Optional<ContainerState> state) {
        boolean running = state.map(ContainerState::getRunning).orElse(false);
        return switch (state.map(ContainerState::getStatus).orElse("").toLowerCase(Locale.ROOT)) {
            // "configured", "initialized", "stopping" and "stopped" are Podman's.
            case "created", "configured", "initialized" -> Container.State.CREATED;
            case "running", "stopping" -> Container.State.RUNNING;
            case "paused" -> Container.State.PAUSED;
            case "restarting" -> Container.State.RESTARTING;
            case "removing" -> Container.State.REMOVING;
            case "exited", "stopped" -> Container.State.EXITED;
            case "dead" -> Container.State.DEAD;
            default -> running ? Container.State.RUNNING : Container.State.EXITED;
        };
    }

    private static Container.Health healthOf(Optional<ContainerState> state) {
        return switch (state.map(ContainerState::getHealth)
                .map(HealthState::getStatus)
                .orElse("none")) {
            case "starting" -> Container.Health.STARTING;
            case "healthy" -> Container.Health.HEALTHY;
            case "unhealthy" -> Container.Health.UNHEALTHY;
            default -> Container.Health.NONE;
        };
    }

    /** Returns the number of characters that are kept of the container's labels and variables. */
    static long size(Container container) {
        return Stream.of(container.labels(), container.environment())
                .flatMap(texts -> texts.entrySet().stream())
                .mapToLong(text -> text.getKey().length() + text.getValue().length())
                .sum();
    }

    /** Returns the {@link #MOST_NAMED} largest containers by name, each with its {@link #size}. */
    static Map<String, Long> largest(List<Container> containers) {
        Map<String, Long> largest = new LinkedHashMap<>();
        containers.stream()
                .sorted(Comparator.comparingLong(ContainerReading::size).reversed())
                .limit(MOST_NAMED)
                .forEach(container -> largest.put(container.name(), size(container)));
        return largest;
    }

    /** Returns whether pgsteward reads labels of this name. */
    static boolean isOurs(String label) {
        return LABELS.stream().anyMatch(label::startsWith);
    }

    private static Map<String, String> labels(Map<String, String> all) {
        Map<String, String> labels = new HashMap<>();
        all.forEach((name, value) -> {
            if (value != null && isOurs(name)) {
                labels.put(name, value);
            }
        });
        return labels;
    }

    private static Map<String, String> environment(String[] lines) {
        Map<String, String> variables = new HashMap<>();
        for (String line : lines) {
            if (line.length() > LONGEST_VARIABLE) {
                continue;
            }
            int equals = line.indexOf('=');
            // A name without "=" is a variable that compose unset.
            if (equals > 0) {
                variables.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return variables;
    }

    private static Map<String, Set<String>> networks(InspectContainerResponse document) {
        Map<String, Set<String>> networks = new HashMap<>();
        Optional.ofNullable(document.getNetworkSettings())
                .map(NetworkSettings::getNetworks)
                .orElse(Map.of())
                .forEach((name, network) -> networks.put(name, aliases(network)));
        return networks;
    }

    private static Set<String> aliases(ContainerNetwork network) {
        return Optional.ofNullable(network.getAliases())
                .map(List::stream)
                .orElse(Stream.empty())
                .collect(java.util.stream.Collectors.toUnmodifiableSet());
    }

    /** Parses a time. The engine writes the year 1 for "never". */
    private static Optional<Instant> instant(String text) {
        return Optional.ofNullable(text)
                .filter(written -> !written.isBlank() && !written.startsWith("0001-"))
                .map(written -> OffsetDateTime.parse(written).toInstant());
    }
}
