package org.pgsteward.provision;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.pgsteward.model.Container;
import org.pgsteward.provision.DatabaseUrl.Parts;

/**
 * The address of a database in the variables of a container.
 *
 * @param variable that holds the address, or its host
 * @param application the entry of the catalogue; empty if any other variable holds a whole address
 */
record DeclaredAddress(String variable, DatabaseUrl address, Optional<Application> application) {

    /**
     * Reads the address on the managed PostgreSQL: of an application in the catalogue, else of any variable that holds a whole
     * address.
     *
     * @throws RefusedClaim if the container has addresses of two databases and no label chooses one
     */
    static Optional<DeclaredAddress> of(
            Container container, Catalogue catalogue, SecretsFolder secrets, Predicate<String> ours) {
        Variables variables = Variables.of(container, secrets);
        SortedMap<String, DatabaseUrl> addresses = variables.addresses(ours);
        for (Application application : catalogue.applications(container)) {
            Optional<DatabaseUrl> address = application.read(variables, ours);
            if (address.isPresent()) {
                String variable = application.variable(variables);
                DeclaredAddress found = new DeclaredAddress(variable, address.get(), Optional.of(application));
                return Optional.of(variable.equals(application.url()) ? found.chosen(container, addresses) : found);
            }
        }
        return addresses.isEmpty()
                ? Optional.empty()
                : Optional.of(first(addresses).chosen(container, addresses));
    }

    private static DeclaredAddress first(SortedMap<String, DatabaseUrl> addresses) {
        String variable = addresses.firstKey();
        return new DeclaredAddress(variable, addresses.values().iterator().next(), Optional.empty());
    }

    /** Returns the only address, or the address that the labels choose: each address may be the application's own. */
    private DeclaredAddress chosen(Container container, SortedMap<String, DatabaseUrl> addresses) {
        SortedMap<String, DatabaseUrl> candidates = new TreeMap<>(addresses);
        candidates.put(variable, address);
        if (candidates.values().stream().anyMatch(candidate -> isChosen(container, candidate))) {
            candidates.values().removeIf(candidate -> !isChosen(container, candidate));
        }
        String first = candidates.containsKey(variable) ? variable : candidates.firstKey();
        DatabaseUrl chosen = candidates.getOrDefault(first, address);
        candidates.forEach((other, different) -> {
            if (!isSameDatabase(chosen, different)) {
                throw new RefusedClaim("cannot enrol container '" + Names.printable(container.name())
                        + "': its variables " + Names.printable(first) + " and " + Names.printable(other)
                        + " name two databases; choose one with the labels pgsteward.database and pgsteward.user");
            }
        });
        return new DeclaredAddress(first, chosen, application);
    }

    private static boolean isChosen(Container container, DatabaseUrl address) {
        Labels labels = new Labels(container);
        return labels.database()
                        .filter(name -> !name.equals(address.database()))
                        .isEmpty()
                && labels.user().filter(name -> !name.equals(address.user())).isEmpty();
    }

    /**
     * Returns the names in the variables, and reads no secret file. Empty if the variables have addresses of two databases.
     */
    static Optional<Parts> names(Container container, Catalogue catalogue, Predicate<String> ours) {
        Variables variables = Variables.inTheClear(container);
        Optional<Parts> known = catalogue.applications(container).stream()
                .flatMap(application -> application.names(variables, ours).stream())
                .findFirst();
        return known.or(() -> {
            List<DatabaseUrl> addresses = List.copyOf(variables.addresses(ours).values());
            return addresses.stream()
                    .findFirst()
                    .filter(first -> addresses.stream().allMatch(other -> isSameDatabase(first, other)))
                    .map(DatabaseUrl::parts);
        });
    }

    /**
     * Returns the application of the catalogue whose variables name the managed PostgreSQL.
     */
    static Optional<Application> application(Container container, Catalogue catalogue, Predicate<String> ours) {
        Variables variables = Variables.inTheClear(container);
        return catalogue.applications(container).stream()
                .filter(application -> application.names(variables, ours).isPresent())
                .findFirst();
    }

    private static boolean isSameDatabase(DatabaseUrl one, DatabaseUrl other) {
        return one.database().equals(other.database()) && one.user().equals(other.user());
    }

    /** Returns whether it is the login of an administrator's tool, which is no application of the catalogue. */
    boolean isAdministrators(Catalogue catalogue) {
        return catalogue.applications().stream()
                        .noneMatch(entry -> variable.equals(entry.url()) || variable.equals(entry.host()))
                && (Names.isReserved(address.database()) || Names.isReserved(address.user()));
    }
}
