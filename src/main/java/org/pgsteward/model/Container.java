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
 * @param name without the leading slash
 * @param image the image name that the container was created with
 * @param imageId the digest that this image name had when the container was created
 * @param health the state of the container's health check
 * @param exitCode the exit code of its last run; 0 if it has never ended
 * @param oomKilled whether the kernel ended its last run for lack of memory
 * @param comesBack whether the engine restarts it after any end except an explicit stop: the restart policies
 *     {@code always} and {@code unless-stopped}
 * @param environment the variables; they hold passwords, so {@link #toString} does not print them
 * @param networks the networks by name, with the container's aliases on each
 * @param memoryLimitBytes 0 if no limit is set
 * @param startedAt empty if it has never run
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

    /** The prefix that compose gives a new container's name while it replaces the old container. */
    private static final Pattern RECREATED = Pattern.compile("^[0-9a-f]{12}_(?=.)");

    /** The names that the Docker Engine allows. A shell needs no quotes for them. */
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

    /** The result of the container's health check; {@code NONE} if it has none. */
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
     * Returns an identity that survives re-creation: compose's project and service, or the name of a container that
     * compose did not create. The id changes with every update, so it cannot be the identity. Labels with a slash are
     * ignored: with one, {@code a/b} + {@code c} would equal {@code a} + {@code b/c}. A container's name cannot hold a
     * slash.
     */
    public String identity() {
        Optional<String> project = composeProject().filter(Container::withoutSlash);
        Optional<String> service = composeService().filter(Container::withoutSlash);
        return project.flatMap(one -> service.map(other -> one + "/" + other)).orElse(name);
    }

    /**
     * Returns whether {@code docker compose run} created the container. Such a container runs one task and ends, while
     * the service's own container keeps running.
     */
    public boolean isOneOff() {
        return label("com.docker.compose.oneoff").filter("True"::equals).isPresent();
    }

    /**
     * Returns a word for a command line: the name if a shell needs no quotes for it, else the short id, which Docker
     * also accepts.
     */
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
     * Returns the name for use in texts only. While compose replaces a container, the new container's name has the old
     * container's id as a prefix ({@code 67bfd4585570_shop-web-1}) for a second or two. This method removes the prefix.
     * Any user can give a container such a name, so no decision may rest on it.
     */
    public String lastingName() {
        return composeService().isPresent() ? RECREATED.matcher(name).replaceFirst("") : name;
    }

    private static boolean withoutSlash(String text) {
        return text.indexOf('/') < 0;
    }

    /** Returns whether an operator may mean this container by the name of a service, a compose service or a container. */
    public boolean isMeantBy(String given) {
        return given.equals(name)
                || label("pgsteward.service").filter(given::equals).isPresent()
                || composeService().filter(given::equals).isPresent();
    }

    /** Returns whether {@code host} is the container's name, its compose service or its alias on any network. */
    public boolean answersTo(String host) {
        return isCalled(host)
                || networks.values().stream().flatMap(Set::stream).anyMatch(alias -> alias.equalsIgnoreCase(host));
    }

    /** Returns whether {@code host} resolves to this container for a container on {@code network}. */
    public boolean answersTo(String host, String network) {
        Set<String> aliases = networks.get(network);
        return aliases != null && (isCalled(host) || aliases.stream().anyMatch(alias -> alias.equalsIgnoreCase(host)));
    }

    /** Compares with the container's name and with the compose service, which is an alias on each of its networks. */
    private boolean isCalled(String host) {
        return name.equalsIgnoreCase(host)
                || composeService().filter(host::equalsIgnoreCase).isPresent();
    }

    /**
     * Returns the networks on which the two can reach each other. Docker's {@code none} is not a network, so it never
     * counts.
     */
    public SortedSet<String> sharedNetworks(Container other) {
        SortedSet<String> shared = new TreeSet<>(networks.keySet());
        shared.retainAll(other.networks.keySet());
        shared.remove("none");
        return shared;
    }

    /** Returns the networks that another container may join: all except Docker's own and the internal network. */
    public SortedSet<String> joinableNetworks() {
        SortedSet<String> joinable = new TreeSet<>(networks.keySet());
        joinable.removeAll(List.of("none", "host", "bridge", NOT_FOR_SERVICES));
        return joinable;
    }

    /** Returns whether the two share a network. */
    public boolean sharesNetworkWith(Container other) {
        return !sharedNetworks(other).isEmpty();
    }

    @Override
    public String toString() {
        return "Container[" + name + " " + image + " " + state + " " + id.substring(0, Math.min(12, id.length())) + "]";
    }
}
