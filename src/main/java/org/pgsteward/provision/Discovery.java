package org.pgsteward.provision;

import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Container;

/**
 * Reads what a container asks for.
 *
 * <ol>
 *   <li>{@code pgsteward.enable=false}: nothing, whatever else it says.
 *   <li>Labels, if {@code pgsteward.password-file} is among them.
 *   <li>Else its application's own variables, but only if the host in them is the managed PostgreSQL and the two share a
 *       network: another server's database is not ours to make. Labels may still choose other names.
 *   <li>Labels that ask for a database and no password anywhere: refused, and told.
 * </ol>
 */
public final class Discovery {
    private static final List<String> ASKING =
            List.of("pgsteward.enable", "pgsteward.service", "pgsteward.database", "pgsteward.user");

    private final Catalogue catalogue;
    private final SecretsFolder secrets;

    public Discovery(Catalogue catalogue, SecretsFolder secrets) {
        this.catalogue = catalogue;
        this.secrets = secrets;
    }

    /**
     * @param postgres the managed PostgreSQL's container, if there is one
     * @throws RefusedClaim when it asks for what it cannot have
     */
    Optional<Claim> claim(Container container, Optional<Container> postgres) {
        if (container
                        .label("pgsteward.enable")
                        .filter("false"::equalsIgnoreCase)
                        .isPresent()
                || postgres.filter(server -> server.id().equals(container.id())).isPresent()) {
            return Optional.empty();
        }
        Optional<String> passwordFile = container.label("pgsteward.password-file");
        if (passwordFile.isPresent()) {
            return Optional.of(byLabels(container, passwordFile.get()));
        }
        Optional<Claim> claim = postgres.flatMap(server -> byVariables(container, server));
        if (claim.isEmpty()
                && ASKING.stream().anyMatch(label -> container.label(label).isPresent())) {
            throw new RefusedClaim("container '" + container.name() + "' asks for a database by label and gives no"
                    + " password: add the label pgsteward.password-file, or its application's own variables");
        }
        return claim;
    }

    private Claim byLabels(Container container, String passwordFile) {
        String service = service(container);
        return new Claim(
                service,
                container.label("pgsteward.database").orElse(service),
                container.label("pgsteward.user").orElse(service),
                secrets.read(passwordFile),
                container,
                "label pgsteward.password-file");
    }

    private Optional<Claim> byVariables(Container container, Container postgres) {
        for (Application application : catalogue.applications()) {
            Optional<DatabaseUrl> url = application.read(container.environment());
            if (url.isPresent() && postgres.answersTo(url.get().host()) && container.sharesNetworkWith(postgres)) {
                return Optional.of(new Claim(
                        service(container),
                        container.label("pgsteward.database").orElse(url.get().database()),
                        container.label("pgsteward.user").orElse(url.get().user()),
                        url.get().password(),
                        container,
                        "variable " + application.variable() + " names "
                                + url.get().host()));
            }
        }
        return Optional.empty();
    }

    private static String service(Container container) {
        return container
                .label("pgsteward.service")
                .or(container::composeService)
                .orElse(container.name());
    }
}
