package org.pgsteward.provision;

import static org.pgsteward.model.Diagnosis.Symptom.CONNECTION_REFUSED;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.pgsteward.model.Container;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;

/**
 * Checks whether the host that a container names for its database leads to PostgreSQL.
 *
 * <ol>
 *   <li>{@code localhost} is the container itself, which holds no PostgreSQL.
 *   <li>A name leads to the container that answers to it on a network of the asker. If this is the managed PostgreSQL,
 *       the port must be right. If it is another container, there is no diagnosis.
 *   <li>If the managed PostgreSQL answers to the name only on other networks, the network is missing.
 *   <li>Any other plain name leads nowhere. This is trouble where the asker shares a network with PostgreSQL, or where
 *       the name resembles PostgreSQL's. Otherwise it is information, since a local name server may know the name.
 *       Names with a dot and addresses may lead out of the host, and get no diagnosis.
 * </ol>
 */
public final class NetworkRule {
    private static final Set<String> HERE = Set.of("localhost", "127.0.0.1", "::1", "[::1]");

    /** Names that Docker's own resolver answers and that no public name server knows. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]*");

    private static final int POSTGRES_PORT = 5432;
    private static final int MOST_NETWORKS = 5;

    private NetworkRule() {}

    /**
     * Returns the fault in a request; empty where there is none or it cannot be known.
     *
     * @param postgres the managed server's container
     * @param all the host's containers
     */
    public static Optional<Diagnosis> judge(ConnectionRequest request, Container postgres, Collection<Container> all) {
        Container asker = request.container();
        if (request.host().isEmpty() || asker.networks().containsKey("host")) {
            return Optional.empty();
        }
        String host = request.host().get();
        if (HERE.contains(host)) {
            return asker.sharesNetworkWith(postgres)
                    ? Optional.of(wrongName(request, postgres, host, "which is the container itself"))
                    : Optional.empty();
        }
        if (!PLAIN.matcher(host).matches()) {
            return Optional.empty();
        }
        if (isHeard(asker, host, all)) {
            return asker.sharedNetworks(postgres).stream().anyMatch(network -> postgres.answersTo(host, network))
                    ? wrongPort(request, postgres)
                    : Optional.empty();
        }
        if (postgres.answersTo(host)) {
            return Optional.of(wrongNetwork(request, postgres, host));
        }
        return Optional.of(
                wrongName(request, postgres, host, "and no container on " + networks(asker) + " has this name"));
    }

    private static boolean isHeard(Container asker, String host, Collection<Container> all) {
        return all.stream()
                .filter(other -> !other.id().equals(asker.id()))
                .anyMatch(other ->
                        asker.sharedNetworks(other).stream().anyMatch(network -> other.answersTo(host, network)));
    }

    private static Optional<Diagnosis> wrongPort(ConnectionRequest request, Container postgres) {
        int right = Optional.ofNullable(postgres.environment().get("PGPORT"))
                .filter(port -> port.matches("\\d{1,5}"))
                .map(Integer::valueOf)
                .orElse(POSTGRES_PORT);
        return request.port().filter(port -> port.number() != right).map(port -> {
            String value = request.container().environment().getOrDefault(port.variable(), "");
            String named = String.valueOf(port.number());
            String fixed = value.contains("://")
                    ? "…:" + right + "…   # the same address with this port"
                    : value.replaceFirst("\\b" + named + "$", String.valueOf(right));
            return new Diagnosis(
                    CONNECTION_REFUSED,
                    Severity.CRITICAL,
                    request.service(),
                    printable(port.variable()) + " names port " + named + ", and PostgreSQL listens on " + right,
                    "# in the compose file of " + request.container().commandName() + ":\n" + printable(port.variable())
                            + ": " + (fixed.equals(named) || value.contains("://") ? fixed : printable(fixed))
                            + upAgain(request));
        });
    }

    /** Returns whether the author of the asker's settings can only have meant the managed PostgreSQL. */
    private static boolean isMeant(Container asker, Container postgres, String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return asker.sharesNetworkWith(postgres)
                || name.contains("postgres")
                || name.contains("pgsql")
                || name.contains(postgres.name().toLowerCase(Locale.ROOT));
    }

    private static String upAgain(ConnectionRequest request) {
        return "\n# and in its folder:\ndocker compose up -d "
                + plain(request.container()
                        .composeService()
                        .orElse(request.container().name()));
    }

    private static Diagnosis wrongName(ConnectionRequest request, Container postgres, String host, String why) {
        Container asker = request.container();
        String right = postgres.name();
        StringBuilder remedy = new StringBuilder("# in the compose file of " + plain(asker.name()) + ":\n"
                + printable(request.variable()) + ": " + replaced(request, host, right));
        if (!asker.sharesNetworkWith(postgres)) {
            joinable(postgres)
                    .ifPresent(network ->
                            remedy.append("\nnetworks: [").append(network).append(']'));
        }
        remedy.append(upAgain(request));
        return new Diagnosis(
                CONNECTION_REFUSED,
                isMeant(asker, postgres, host) ? Severity.CRITICAL : Severity.INFO,
                request.service(),
                printable(request.variable()) + " names '" + printable(host) + "', " + why
                        + "; the container of PostgreSQL is '" + right + "'",
                remedy.toString());
    }

    /** Returns the corrected value. A whole address is not shown, since it holds the password. */
    private static String replaced(ConnectionRequest request, String host, String right) {
        String value = request.container().environment().getOrDefault(request.variable(), host);
        return value.contains("://")
                ? "…@" + right + "…   # the same address with this host"
                : value.replaceFirst(Pattern.quote(host), right);
    }

    private static Diagnosis wrongNetwork(ConnectionRequest request, Container postgres, String host) {
        Container asker = request.container();
        String name = plain(asker.name());
        String remedy = joinable(postgres)
                .map(network -> "docker network connect " + network + " " + name
                        + "   # until it is recreated\n# permanently, in its compose file, beside its other networks:\n"
                        + "networks: [" + network + "]")
                .orElse("docker network create internal_db\ndocker network connect internal_db "
                        + plain(postgres.name()) + "\ndocker network connect internal_db " + name);
        return new Diagnosis(
                CONNECTION_REFUSED,
                Severity.CRITICAL,
                request.service(),
                printable(request.variable()) + " names '" + printable(host)
                        + "', which is PostgreSQL, but the container is only on " + networks(asker)
                        + " and PostgreSQL is on " + networks(postgres),
                remedy);
    }

    private static Optional<String> joinable(Container postgres) {
        return postgres.joinableNetworks().stream().findFirst();
    }

    private static String networks(Container container) {
        SortedSet<String> names = new TreeSet<>(container.networks().keySet());
        return names.isEmpty()
                ? "no network"
                : "network "
                        + names.stream()
                                .limit(MOST_NETWORKS)
                                .map(NetworkRule::printable)
                                .collect(Collectors.joining(", "))
                        + (names.size() > MOST_NETWORKS ? " and " + (names.size() - MOST_NETWORKS) + " more" : "");
    }

    /**
     * Returns the name if a shell reads it literally, else a placeholder. Docker allows no other names, but a label may
     * hold any.
     */
    private static String plain(String name) {
        return name.matches("[A-Za-z0-9][A-Za-z0-9_.-]*") ? name : "CONTAINER";
    }

    private static String printable(String text) {
        String clean = text.replaceAll("[^\\p{Print}]", "?");
        return clean.substring(0, Math.min(80, clean.length()));
    }
}
