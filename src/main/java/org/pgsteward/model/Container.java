package org.pgsteward.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

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
 * @param comesBack whether the engine starts it again whatever ended it, but an order: the restart policies {@code always}
 *     and {@code unless-stopped}
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
        boolean comesBack,
        Map<String, String> labels,
        Map<String, String> environment,
        Map<String, Set<String>> networks,
        long memoryLimitBytes,
        Instant createdAt,
        Optional<Instant> startedAt) {
    /** The network of {@code compose.yaml} that only PostgreSQL and pgsteward join. */
    private static final String NOT_FOR_SERVICES = "internal_db_pgsteward";

    /** The names that the Docker Engine allows; a shell reads nothing into them. */
    private static final Pattern RECREATED = Pattern.compile("^[0-9a-f]{12}_(?=.)");

    private static final Pattern PLAIN = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}");

    private static final int SHORT_ID = 12;

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
     * An id changes with every update and would make each one a stranger. A slash in either label would let
     * {@code a/b} + {@code c} pose as {@code a} + {@code b/c}; a container's name can hold none.
     */
    public String identity() {
        Optional<String> project = composeProject().filter(Container::withoutSlash);
        Optional<String> service = composeService().filter(Container::withoutSlash);
        return project.flatMap(one -> service.map(other -> one + "/" + other)).orElse(name);
    }

    /** Whether {@code docker compose run} made it: it does one thing and ends, and the service goes on without it. */
    public boolean isOneOff() {
        return label("com.docker.compose.oneoff").filter("True"::equals).isPresent();
    }

    /** For a command line: the name where a shell takes it as it is, and otherwise the short id, which Docker takes too. */
    public String commandName() {
        if (PLAIN.matcher(name).matches()) {
            return name;
        }
        return shortId();
    }

    /** Returns the first twelve digits of the id, as Docker shows it. */
    public String shortId() {
        String hex = id.replaceAll("[^0-9a-fA-F]", "");
        return hex.substring(0, Math.min(SHORT_ID, hex.length()));
    }

    /**
     * Returns the name for a text. While compose replaces a container, the new one is called by the id of the old one and its
     * name ({@code 67bfd4585570_shop-web-1}) for a second or two. Only for texts: anybody can give such a name.
     */
    public String lastingName() {
        return composeService().isPresent() ? RECREATED.matcher(name).replaceFirst("") : name;
    }

    private static boolean withoutSlash(String text) {
        return text.indexOf('/') < 0;
    }

    /** Whether {@code host} means this container on some network: its name, its compose service or an alias. */
    public boolean answersTo(String host) {
        return isCalled(host)
                || networks.values().stream().flatMap(Set::stream).anyMatch(alias -> alias.equalsIgnoreCase(host));
    }

    /** Whether {@code host}, looked up by a neighbour on {@code network}, means this container. */
    public boolean answersTo(String host, String network) {
        Set<String> aliases = networks.get(network);
        return aliases != null && (isCalled(host) || aliases.stream().anyMatch(alias -> alias.equalsIgnoreCase(host)));
    }

    /** By its name, or as compose calls it on each of its networks. */
    private boolean isCalled(String host) {
        return name.equalsIgnoreCase(host)
                || composeService().filter(host::equalsIgnoreCase).isPresent();
    }

    /** The networks on which the two can reach one another; {@code none} is the lack of one. */
    public SortedSet<String> sharedNetworks(Container other) {
        SortedSet<String> shared = new TreeSet<>(networks.keySet());
        shared.retainAll(other.networks.keySet());
        shared.remove("none");
        return shared;
    }

    /** The networks that another container may join: none of Docker's own. */
    public SortedSet<String> joinableNetworks() {
        SortedSet<String> joinable = new TreeSet<>(networks.keySet());
        joinable.removeAll(List.of("none", "host", "bridge", NOT_FOR_SERVICES));
        return joinable;
    }

    /** Whether the two can reach one another, as far as networks decide that. */
    public boolean sharesNetworkWith(Container other) {
        return !sharedNetworks(other).isEmpty();
    }

    @Override
    public String toString() {
        return "Container[" + name + " " + image + " " + state + " " + id.substring(0, Math.min(12, id.length())) + "]";
    }
}
