package org.pgsteward.model;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One container as the engine describes it at one moment.
 *
 * @param id the full id
 * @param name without the slash
 * @param image the name it was started with
 * @param imageId the digest of what that name meant then
 * @param health as its own health check sees it
 * @param exitCode of its last end; 0 while it has never ended
 * @param oomKilled whether its last end was the kernel's for want of memory
 * @param environment its variables; they hold passwords, so this record does not print them
 * @param networks by name, with the aliases under which it is known there
 * @param memoryLimitBytes 0 where none is set
 * @param startedAt empty while it has never run
 */
public record Container(
        String id,
        String name,
        String image,
        String imageId,
        State state,
        Health health,
        int exitCode,
        boolean oomKilled,
        Map<String, String> labels,
        Map<String, String> environment,
        Map<String, Set<String>> networks,
        long memoryLimitBytes,
        Instant createdAt,
        Optional<Instant> startedAt) {

    /** The engine's own states. */
    public enum State {
        CREATED,
        RUNNING,
        PAUSED,
        RESTARTING,
        REMOVING,
        EXITED,
        DEAD
    }

    /** What a container's own health check says of it. */
    public enum Health {
        NONE,
        STARTING,
        HEALTHY,
        UNHEALTHY
    }

    public Container {
        labels = Map.copyOf(labels);
        environment = Map.copyOf(environment);
        networks = Map.copyOf(networks);
    }

    public Optional<String> label(String key) {
        return Optional.ofNullable(labels.get(key)).filter(value -> !value.isBlank());
    }

    public Optional<String> composeProject() {
        return label("com.docker.compose.project");
    }

    public Optional<String> composeService() {
        return label("com.docker.compose.service");
    }

    /**
     * Who this is across re-creations: compose's project and service, or the name of a container made by hand.
     * An id changes with every update and would make each one a stranger.
     */
    public String identity() {
        return composeProject()
                .flatMap(project -> composeService().map(service -> project + "/" + service))
                .orElse(name);
    }

    /** Whether {@code host} means this container on some network: its name, its compose service or an alias. */
    public boolean answersTo(String host) {
        return name.equals(host)
                || composeService().filter(host::equals).isPresent()
                || networks.values().stream().anyMatch(aliases -> aliases.contains(host));
    }

    /** Whether the two can reach one another, as far as networks decide that. */
    public boolean sharesNetworkWith(Container other) {
        return networks.keySet().stream().anyMatch(other.networks::containsKey);
    }

    @Override
    public String toString() {
        return "Container[" + name + " " + image + " " + state + " " + id.substring(0, Math.min(12, id.length())) + "]";
    }
}
