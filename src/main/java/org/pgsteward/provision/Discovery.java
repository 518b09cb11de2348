package org.pgsteward.provision;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;
import org.pgsteward.provision.DatabaseUrl.Parts;

/**
 * Reads what a container asks for.
 *
 * <ol>
 *   <li>{@code pgsteward.enable=false}: nothing, whatever else it says.
 *   <li>Labels, if {@code pgsteward.password-file} is among them; the names that they leave out are those that its
 *       variables have, and else the service's.
 *   <li>Else its application's own variables, by the catalogue, or any variable that holds a whole address: but only if
 *       the host in them is the managed PostgreSQL and the two share a network: another server's database is not ours
 *       to make. Labels may still choose other names.
 *   <li>Labels that ask for a database and no password anywhere: refused, and told.
 *   <li>Everything else asks for nothing; {@link Unenrolled} says why, where it names the managed PostgreSQL.
 * </ol>
 */
public final class Discovery {
    private static final String PASSWORD_FILE = "pgsteward.password-file";
    private static final String DATABASE = "pgsteward.database";
    private static final String USER = "pgsteward.user";

    private static final List<String> ASKING =
            List.of("pgsteward.enable", "pgsteward.service", DATABASE, USER, "pgsteward.extensions");

    private final Catalogue catalogue;
    private final SecretsFolder secrets;

    public Discovery(Catalogue catalogue, SecretsFolder secrets) {
        this.catalogue = catalogue;
        this.secrets = secrets;
    }

    /** What is found in variables: which one, what it says, and what the entry of the catalogue warns of. */
    private record Found(String variable, DatabaseUrl address, Optional<String> caution) {}

    /** The same where no other container is known. */
    Optional<Claim> claim(Container container, Optional<Container> postgres) {
        return claim(container, postgres, List.of());
    }

    /**
     * What {@code container} asks for.
     *
     * @param postgres the managed PostgreSQL's container, if there is one
     * @param others the host's other containers, one of which may be the one that the container means
     * @throws RefusedClaim when it asks for what it cannot have
     */
    Optional<Claim> claim(Container container, Optional<Container> postgres, Collection<Container> others) {
        if (isOff(container, postgres)) {
            return Optional.empty();
        }
        HostLookup lookup = new HostLookup(container, postgres, others);
        Optional<String> passwordFile = container.label(PASSWORD_FILE);
        if (passwordFile.isPresent()) {
            return Optional.of(byLabels(container, lookup, passwordFile.get()));
        }
        Optional<Claim> claim = lookup.sharesNetwork() ? byVariables(container, lookup) : Optional.empty();
        if (claim.isEmpty() && asksByLabel(container)) {
            throw new RefusedClaim("container '" + Names.printable(container.name())
                    + "' asks for a database by label and gives no password: add the label pgsteward.password-file,"
                    + " or its application's own variables");
        }
        return claim;
    }

    /**
     * Reads what a container's settings say of its database, whether its host is the managed PostgreSQL or any other; empty
     * where it asks for no database, or is switched off.
     */
    public Optional<ConnectionRequest> said(
            Container container, Optional<Container> postgres, Collection<Container> others) {
        if (isOff(container, postgres)) {
            return Optional.empty();
        }
        Optional<ConnectionRequest.Login> login;
        try {
            login = claim(container, postgres, others)
                    .map(claim -> new ConnectionRequest.Login(claim.user(), claim.password(), claim.database()));
        } catch (RefusedClaim refused) {
            login = Optional.empty();
        }
        Optional<ConnectionRequest.Login> known = login;
        Variables variables = Variables.inTheClear(container);
        return catalogue.applications().stream()
                .filter(application -> application.mayUsePostgres(variables))
                .flatMap(application -> application.place(variables, anybody -> true).stream()
                        .map(parts -> said(container, application.variable(variables), parts.host(), known)))
                .findFirst()
                .or(() -> variables.addresses(anybody -> true).entrySet().stream()
                        .findFirst()
                        .map(entry -> said(
                                container,
                                entry.getKey(),
                                Optional.of(entry.getValue().host()),
                                known)))
                .or(() ->
                        asksByLabel(container) || container.label(PASSWORD_FILE).isPresent()
                                ? Optional.of(said(container, "label " + PASSWORD_FILE, Optional.empty(), known))
                                : Optional.empty());
    }

    private static ConnectionRequest said(
            Container container, String variable, Optional<String> host, Optional<ConnectionRequest.Login> login) {
        Map<String, String> environment = container.environment();
        String beside = variable.replaceFirst("HOST(NAME)?$", "PORT");
        Optional<ConnectionRequest.Port> port = DatabaseUrl.port(environment.getOrDefault(variable, ""))
                .map(number -> new ConnectionRequest.Port(variable, number))
                .or(() -> Optional.ofNullable(environment.get(beside))
                        .filter(value -> !beside.equals(variable) && value.matches("\\d{1,5}"))
                        .map(value -> new ConnectionRequest.Port(beside, Integer.parseInt(value))));
        return new ConnectionRequest(container, service(container), variable, host, port, login);
    }

    /**
     * Why a container that names the managed PostgreSQL gets no database; empty where it gets one, was refused, asks by
     * label, is switched off, or names another server.
     */
    public Optional<Unenrolled> unenrolled(
            Container container, Optional<Container> postgres, Collection<Container> others) {
        HostLookup lookup = new HostLookup(container, postgres, others);
        try {
            if (isOff(container, postgres)
                    || asksByLabel(container)
                    || claim(container, postgres, others).isPresent()) {
                return Optional.empty();
            }
        } catch (RefusedClaim refused) {
            return Optional.empty();
        }
        return Unenrolled.of(container, catalogue, host -> lookup.means(host) || lookup.wouldMean(host));
    }

    /** The same where no other container is known. */
    Optional<String> networkAdvice(Container container, Optional<Container> postgres, Optional<String> webNetwork) {
        return networkAdvice(container, postgres, webNetwork, List.of());
    }

    /**
     * The networks that a running container would need for what it asks for, as one line with the line to add to
     * its service in the compose file. Only while it runs: networks may be joined after it was made.
     *
     * @param webNetwork the network by which claimants are reached from outside, if there is one
     */
    public Optional<String> networkAdvice(
            Container container,
            Optional<Container> postgres,
            Optional<String> webNetwork,
            Collection<Container> others) {
        HostLookup lookup = new HostLookup(container, postgres, others);
        if (container.state() != Container.State.RUNNING || isOff(container, postgres) || !asks(container, lookup)) {
            return Optional.empty();
        }
        if (postgres.isPresent() && !lookup.sharesNetwork() && lookup.joinable().isEmpty()) {
            String server = Names.printable(postgres.get().name());
            return Optional.of(
                    "container '" + Names.printable(container.name()) + "' asks for a database, and PostgreSQL's"
                            + " container '" + server
                            + "' is on no network that services join: `docker network connect internal_db "
                            + server + "`");
        }
        List<String> missing = Stream.concat(
                        lookup.sharesNetwork()
                                ? Stream.empty()
                                : lookup.joinable().stream().limit(1),
                        webNetwork.filter(web -> !container.networks().containsKey(web)).stream())
                .distinct()
                .toList();
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of("container '" + Names.printable(container.name()) + "' asks for a database and is not on "
                + missing.stream()
                        .map(name -> "network " + Names.printable(name))
                        .collect(Collectors.joining(" and "))
                + ": beside the networks that it has, add to its service `networks: ["
                + missing.stream().map(Names::printable).collect(Collectors.joining(", ")) + "]`");
    }

    /** Whether its operator wants us to leave it alone. */
    static boolean isSwitchedOff(Container container) {
        return container
                .label("pgsteward.enable")
                .filter("false"::equalsIgnoreCase)
                .isPresent();
    }

    private static boolean isOff(Container container, Optional<Container> postgres) {
        return isSwitchedOff(container)
                || postgres.filter(server -> server.id().equals(container.id())).isPresent();
    }

    private static boolean asksByLabel(Container container) {
        return ASKING.stream().anyMatch(label -> container.label(label).isPresent());
    }

    private boolean asks(Container container, HostLookup lookup) {
        return container.label(PASSWORD_FILE).isPresent()
                || asksByLabel(container)
                || named(container, host -> lookup.means(host) || lookup.wouldMean(host))
                        .isPresent();
    }

    private Claim byLabels(Container container, HostLookup lookup, String passwordFile) {
        String service = service(container);
        Parts named = named(container, lookup::means).orElse(Parts.NONE);
        return claim(
                container,
                named.database().orElse(service),
                named.user().orElse(service),
                secrets.read(passwordFile),
                Optional.empty(),
                "label " + PASSWORD_FILE);
    }

    private Optional<Claim> byVariables(Container container, HostLookup lookup) {
        return found(container, lookup)
                .filter(found -> !isAdministrators(found, container))
                .map(found -> claim(
                        container,
                        found.address().database(),
                        found.address().user(),
                        found.address().password(),
                        found.caution(),
                        "variable " + Names.printable(found.variable()) + " names "
                                + Names.printable(found.address().host())));
    }

    /** A tool's login: no application of the catalogue, no label that asks, and the administrator's names. */
    private boolean isAdministrators(Found found, Container container) {
        return !asksByLabel(container)
                && catalogue.applications().stream()
                        .noneMatch(entry -> found.variable().equals(entry.url())
                                || found.variable().equals(entry.host()))
                && (Names.isReserved(found.address().database())
                        || Names.isReserved(found.address().user()));
    }

    /** Labels choose other names. */
    private Claim claim(
            Container container,
            String database,
            String user,
            Secret password,
            Optional<String> caution,
            String because) {
        String service = service(container);
        return new Claim(
                service,
                container.label(DATABASE).orElse(database),
                container.label(USER).orElse(user),
                password,
                Names.extensions(container.label("pgsteward.extensions").orElse(""), service),
                catalogue.caution(container).or(() -> caution),
                container,
                because);
    }

    private Optional<Found> found(Container container, HostLookup lookup) {
        Variables variables = Variables.of(container, secrets);
        SortedMap<String, DatabaseUrl> addresses = variables.addresses(lookup::means);
        for (Application application : catalogue.applications()) {
            Optional<DatabaseUrl> address = application.read(variables, lookup::means);
            if (address.isPresent()) {
                String variable = application.variable(variables);
                Found found = new Found(variable, address.get(), Optional.ofNullable(application.caution()));
                return Optional.of(variable.equals(application.url()) ? only(container, found, addresses) : found);
            }
        }
        return addresses.isEmpty() ? Optional.empty() : Optional.of(only(container, any(addresses), addresses));
    }

    private static Found any(SortedMap<String, DatabaseUrl> addresses) {
        String variable = addresses.firstKey();
        return new Found(variable, addresses.values().iterator().next(), Optional.empty());
    }

    /** Two addresses that disagree are two databases; which is the application's own, only a label can say. */
    private static Found only(Container container, Found found, SortedMap<String, DatabaseUrl> addresses) {
        SortedMap<String, DatabaseUrl> candidates = new TreeMap<>(addresses);
        candidates.put(found.variable(), found.address());
        if (candidates.values().stream().anyMatch(address -> isChosen(container, address))) {
            candidates.values().removeIf(address -> !isChosen(container, address));
        }
        String variable = candidates.containsKey(found.variable()) ? found.variable() : candidates.firstKey();
        DatabaseUrl address = candidates.getOrDefault(variable, found.address());
        candidates.forEach((other, different) -> {
            if (!sameDatabase(address, different)) {
                throw new RefusedClaim("container '" + Names.printable(container.name()) + "' names two databases, in "
                        + Names.printable(variable) + " and in " + Names.printable(other)
                        + ": say which is to be made by the labels pgsteward.database and pgsteward.user");
            }
        });
        return new Found(variable, address, found.caution());
    }

    private static boolean isChosen(Container container, DatabaseUrl address) {
        return container
                        .label(DATABASE)
                        .filter(name -> !name.equals(address.database()))
                        .isEmpty()
                && container
                        .label(USER)
                        .filter(name -> !name.equals(address.user()))
                        .isEmpty();
    }

    private static boolean sameDatabase(DatabaseUrl one, DatabaseUrl other) {
        return one.database().equals(other.database()) && one.user().equals(other.user());
    }

    /** What its variables say without a look into any file; empty where they say two things. */
    private Optional<Parts> named(Container container, Predicate<String> ours) {
        Variables variables = Variables.inTheClear(container);
        Optional<Parts> known = catalogue.applications().stream()
                .flatMap(application -> application.names(variables, ours).stream())
                .findFirst();
        return known.or(() -> {
            List<DatabaseUrl> addresses = List.copyOf(variables.addresses(ours).values());
            return addresses.stream()
                    .findFirst()
                    .filter(first -> addresses.stream().allMatch(other -> sameDatabase(first, other)))
                    .map(DatabaseUrl::parts);
        });
    }

    static String service(Container container) {
        return container
                .label("pgsteward.service")
                .or(container::composeService)
                .orElse(container.name());
    }
}
