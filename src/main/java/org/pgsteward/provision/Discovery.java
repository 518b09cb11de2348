package org.pgsteward.provision;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Secret;
import org.pgsteward.provision.DatabaseUrl.Parts;

/**
 * Reads the claim of a container.
 *
 * <ol>
 *   <li>A container with {@code pgsteward.enable=false} has no claim.
 *   <li>The label {@code pgsteward.password-file} makes a claim. Names that no label gives come from the variables, else
 *       from the service's name.
 *   <li>Else the variables make a claim: those of an application in the catalogue, or any that holds a whole address. Their
 *       host has to be the managed PostgreSQL, on a network that both share: pgsteward creates no database for another
 *       server. Labels may still choose other names.
 *   <li>Other labels without a password are a refused claim.
 *   <li>Any other container has no claim. {@link Unenrolled} explains why, if it mentions the managed PostgreSQL.
 * </ol>
 */
public final class Discovery {
    private final Catalogue catalogue;
    private final SecretsFolder secrets;

    public Discovery(Catalogue catalogue, SecretsFolder secrets) {
        this.catalogue = catalogue;
        this.secrets = secrets;
    }

    /** Reads the first claim in the same way, with no other container known. */
    Optional<Claim> claim(Container container, Optional<Container> postgres) {
        return claim(container, postgres, List.of());
    }

    /**
     * Returns the claim of {@code container} for its first database.
     *
     * @throws RefusedClaim if the claim is invalid
     */
    Optional<Claim> claim(Container container, Optional<Container> postgres, Collection<Container> others) {
        return claims(container, postgres, others).stream().findFirst();
    }

    /**
     * Returns the claims of {@code container}, one for each database that it uses, the first one first. Empty if it has
     * none.
     *
     * @param postgres the managed PostgreSQL's container, if there is one
     * @param others the host's other containers; the host name in a variable may be the name of one of them
     * @throws RefusedClaim if the claim is invalid
     */
    List<Claim> claims(Container container, Optional<Container> postgres, Collection<Container> others) {
        if (isOff(container, postgres)) {
            return List.of();
        }
        HostLookup lookup = new HostLookup(container, postgres, others);
        Labels labels = new Labels(container);
        if (labels.passwordFile().isPresent()) {
            return all(byLabels(labels, lookup, labels.passwordFile().get()));
        }
        Optional<Claim> claim = lookup.sharesNetwork() ? byVariables(labels, lookup) : Optional.empty();
        if (claim.isEmpty() && labels.claim()) {
            throw new RefusedClaim("cannot enrol container '" + Names.printable(container.name())
                    + "': it requests a database by label and has no password; add the label pgsteward.password-file,"
                    + " or the variables of its application");
        }
        return claim.map(Discovery::all).orElse(List.of());
    }

    /** Returns the claims for all databases of the first claim's container. */
    private static List<Claim> all(Claim first) {
        return Stream.concat(
                        Stream.of(first),
                        first.together().stream()
                                .filter(database -> !database.equals(first.database()))
                                .sorted()
                                .map(first::companion))
                .toList();
    }

    private Claim byLabels(Labels labels, HostLookup lookup, String passwordFile) {
        String service = labels.service();
        Parts named = DeclaredAddress.names(labels.container(), catalogue, lookup::means)
                .orElse(Parts.NONE);
        Optional<Application> application = DeclaredAddress.application(labels.container(), catalogue, lookup::means);
        return claim(
                labels,
                named.database().orElse(service),
                named.user().orElse(service),
                secrets.read(passwordFile),
                application,
                "label " + Labels.PASSWORD_FILE);
    }

    private Optional<Claim> byVariables(Labels labels, HostLookup lookup) {
        return DeclaredAddress.of(labels.container(), catalogue, secrets, lookup::means)
                .filter(found -> labels.claim() || !(found.isAdministrators(catalogue) || isTool(labels.container())))
                .map(found -> claim(
                        labels,
                        found.address().database(),
                        found.address().user(),
                        found.address().password(),
                        found.application(),
                        "variable " + Names.printable(found.variable()) + " names "
                                + Names.printable(found.address().host())));
    }

    /** Returns whether a container connects to the databases of others, such as a dump or an exporter, and has none. */
    private boolean isTool(Container container) {
        return Unenrolled.isTool(container)
                && catalogue.ofImage(container).findAny().isEmpty();
    }

    /** Returns a claim with the names that the labels choose, else with these. */
    private Claim claim(
            Labels labels,
            String database,
            String user,
            Secret password,
            Optional<Application> application,
            String because) {
        Container container = labels.container();
        DatabaseOptions options = options(labels, application);
        Variables variables = Variables.inTheClear(container);
        String first = labels.database().orElse(database);
        Set<String> together = new LinkedHashSet<>(labels.furtherDatabases());
        application.ifPresent(entry -> together.addAll(entry.furtherDatabases(variables)));
        together.add(first);
        return new Claim(
                labels.service(),
                first,
                labels.user().orElse(user),
                password,
                options,
                catalogue.caution(container).or(() -> application.map(Application::caution)),
                application.flatMap(entry -> pool(entry, variables, options, container)),
                Optional.empty(),
                together,
                container,
                because);
    }

    /** Returns the options of the labels, and what the application needs besides. */
    private DatabaseOptions options(Labels labels, Optional<Application> application) {
        List<Application> entries = Stream.concat(application.stream(), catalogue.ofImage(labels.container()))
                .toList();
        Set<String> extensions = new HashSet<>(labels.extensions());
        entries.forEach(entry -> extensions.addAll(entry.extensions()));
        return new DatabaseOptions(
                extensions,
                labels.locale()
                        .or(() -> entries.stream()
                                .flatMap(entry -> Optional.ofNullable(entry.locale()).stream())
                                .findFirst()),
                labels.connections());
    }

    private static Optional<PoolAdvice> pool(
            Application entry, Variables variables, DatabaseOptions options, Container container) {
        int limit = options.connections().orElse(PostgresServer.ROLE_CONNECTIONS);
        OptionalInt size = entry.poolSize(variables);
        return entry.pool() == null || size.isEmpty() || size.getAsInt() <= limit
                ? Optional.empty()
                : Optional.of(
                        PoolAdvice.of(entry.application(), entry.pool().variable(), size.getAsInt(), limit, container));
    }

    /**
     * Returns the database connection in a container's settings, to the managed PostgreSQL or to any other host; empty if
     * the settings have none, or if a label excludes the container.
     */
    public Optional<ConnectionRequest> said(
            Container container, Optional<Container> postgres, Collection<Container> others) {
        if (isOff(container, postgres)) {
            return Optional.empty();
        }
        Optional<ConnectionRequest.Login> login = login(container, postgres, others);
        Predicate<String> anyHost = host -> true;
        Variables variables = Variables.inTheClear(container);
        return catalogue.applications(container).stream()
                .filter(application -> application.mayUsePostgres(variables))
                .flatMap(application -> application.place(variables, anyHost).stream()
                        .map(parts ->
                                ConnectionRequest.of(container, application.variable(variables), parts.host(), login)))
                .findFirst()
                .or(() -> variables.addresses(anyHost).entrySet().stream()
                        .findFirst()
                        .map(entry -> ConnectionRequest.of(
                                container,
                                entry.getKey(),
                                Optional.of(entry.getValue().host()),
                                login)))
                .or(() -> hasLabels(container)
                        ? Optional.of(ConnectionRequest.of(
                                container, "label " + Labels.PASSWORD_FILE, Optional.empty(), login))
                        : Optional.empty());
    }

    private Optional<ConnectionRequest.Login> login(
            Container container, Optional<Container> postgres, Collection<Container> others) {
        try {
            return claim(container, postgres, others)
                    .map(claim -> new ConnectionRequest.Login(claim.user(), claim.password(), claim.database()));
        } catch (RefusedClaim refused) {
            return Optional.empty();
        }
    }

    /**
     * Returns why a container that mentions the managed PostgreSQL gets no database. Empty if it has a claim, refused or not,
     * if a label excludes it, or if it mentions another server.
     */
    public Optional<Unenrolled> unenrolled(
            Container container, Optional<Container> postgres, Collection<Container> others) {
        HostLookup lookup = new HostLookup(container, postgres, others);
        try {
            if (isOff(container, postgres)
                    || new Labels(container).claim()
                    || claim(container, postgres, others).isPresent()) {
                return Optional.empty();
            }
        } catch (RefusedClaim refused) {
            return Optional.empty();
        }
        return Unenrolled.of(container, catalogue, lookup::meansOnAnyNetwork);
    }

    /** Returns the advice in the same way, with no other container known. */
    Optional<String> networkAdvice(Container container, Optional<Container> postgres, Optional<String> webNetwork) {
        return networkAdvice(container, postgres, webNetwork, List.of());
    }

    /**
     * Returns the networks that a running container has to join for its claim, as one line with the setting to add to the
     * compose file. Empty for a container that does not run: it may join networks after it was created.
     *
     * @param webNetwork the network on which services are reached from outside, if there is one
     */
    public Optional<String> networkAdvice(
            Container container,
            Optional<Container> postgres,
            Optional<String> webNetwork,
            Collection<Container> others) {
        HostLookup lookup = new HostLookup(container, postgres, others);
        boolean claims = container.state() == Container.State.RUNNING
                && !isOff(container, postgres)
                && (hasLabels(container)
                        || DeclaredAddress.names(container, catalogue, lookup::meansOnAnyNetwork)
                                .isPresent());
        return claims ? NetworkAdvice.of(container, postgres, lookup, webNetwork) : Optional.empty();
    }

    private static boolean isOff(Container container, Optional<Container> postgres) {
        return new Labels(container).isSwitchedOff()
                || postgres.filter(server -> server.id().equals(container.id())).isPresent();
    }

    private static boolean hasLabels(Container container) {
        Labels labels = new Labels(container);
        return labels.claim() || labels.passwordFile().isPresent();
    }
}
