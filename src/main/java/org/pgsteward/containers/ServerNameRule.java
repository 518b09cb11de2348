package org.pgsteward.containers;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Severity;

/**
 * Decides whether a second container answers to PostgreSQL's name. Docker's resolver then picks either of the two.
 * Logins of services and of pgsteward may reach the wrong container, and a hostile container may collect passwords.
 *
 * <ol>
 *   <li>The names are the host that pgsteward connects to, and the server's own name, compose service and aliases.
 *   <li>The networks are the server's and pgsteward's own. Docker's resolver does not work on {@code bridge}.
 *   <li>Only a running, paused or restarting container answers. While compose recreates the server, the old container
 *       has stopped.
 * </ol>
 */
final class ServerNameRule {
    public static final String KIND = "postgres-name-taken";

    /** The maximum number of containers that an alert names. */
    private static final int MOST_NAMED = 5;

    private static final Set<String> WITHOUT_NAMES = Set.of("none", "host", "bridge");

    private ServerNameRule() {}

    /**
     * Judges the host's containers.
     *
     * @param host the host that pgsteward connects to
     * @param server the managed PostgreSQL's container
     * @param own pgsteward's container, if pgsteward runs in one
     * @param all the host's containers
     */
    public static Condition judge(
            String host, Container server, Optional<Container> own, Collection<Container> all, Instant now) {
        Set<String> names = names(host, server);
        SortedSet<String> networks = new TreeSet<>(server.networks().keySet());
        own.ifPresent(steward -> networks.addAll(steward.networks().keySet()));
        networks.removeAll(WITHOUT_NAMES);
        SortedMap<String, String> found = new TreeMap<>();
        for (Container other : all) {
            if (!other.id().equals(server.id()) && isUp(other)) {
                networks.stream()
                        .filter(network -> names.stream().anyMatch(name -> other.answersTo(name, network)))
                        .findFirst()
                        .ifPresent(network -> found.put(plain(other.name()), network));
            }
        }
        if (found.isEmpty()) {
            return Condition.well(KIND, PostgresServer.SERVICE, "only " + server.name() + " answers to its name", now);
        }
        return bad(server, found, now);
    }

    private static Condition bad(Container server, SortedMap<String, String> found, Instant now) {
        String named = found.entrySet().stream()
                .limit(MOST_NAMED)
                .map(entry -> entry.getKey() + " on network " + plain(entry.getValue()))
                .collect(Collectors.joining(", "));
        List<String> lines = found.entrySet().stream()
                .limit(MOST_NAMED)
                .map(entry -> "docker network disconnect " + plain(entry.getValue()) + " " + entry.getKey())
                .toList();
        String first = found.firstKey();
        return Condition.bad(
                        Severity.CRITICAL,
                        KIND,
                        PostgresServer.SERVICE,
                        found.size() + (found.size() == 1 ? " other container answers" : " other containers answer")
                                + " to the name of PostgreSQL's container " + server.name() + ": " + named
                                + (found.size() > MOST_NAMED ? ", ..." : "")
                                + "; logins of services may reach it instead of PostgreSQL, and it can read their passwords",
                        "docker inspect --format '{{json .NetworkSettings.Networks}}' " + first
                                + "   # its names on each network\n"
                                + "# if it needs PostgreSQL: change its name, service or alias in its compose file, and recreate"
                                + " it\n# otherwise, or until then (it loses its connection to PostgreSQL):\n"
                                + String.join("\n", lines),
                        now)
                .with(Map.of("containers", found.size()));
    }

    private static Set<String> names(String host, Container server) {
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        names.add(server.name());
        server.composeService().ifPresent(names::add);
        server.networks().values().forEach(names::addAll);
        if (server.answersTo(host)) {
            names.add(host);
        }
        return names;
    }

    private static boolean isUp(Container container) {
        return switch (container.state()) {
            case RUNNING, PAUSED, RESTARTING -> true;
            default -> false;
        };
    }

    /** Returns the name if a shell reads it literally, else a placeholder. Docker allows no other names. */
    private static String plain(String name) {
        return name.matches("[A-Za-z0-9][A-Za-z0-9_.-]*") ? name : "CONTAINER";
    }
}
