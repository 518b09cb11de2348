package org.pgsteward.provision;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

/**
 * A request of one container for a database. A container with several databases has several claims.
 *
 * @param service the service's name in pgsteward
 * @param database the database that it will connect to
 * @param user the role that it will connect as
 * @param caution a use of the application that cannot work, however the database is made
 * @param pool present if the application's connection pool exceeds the role's limit
 * @param companionOf the service of the container's first database, if this is a further database
 * @param together all databases that the container requests, this one included
 * @param because the label or the variable that makes the request
 */
record Claim(
        String service,
        String database,
        String user,
        Secret password,
        DatabaseOptions options,
        Optional<String> caution,
        Optional<PoolAdvice> pool,
        Optional<String> companionOf,
        Set<String> together,
        Container container,
        String because) {

    /**
     * @throws RefusedClaim with one line if a name is not allowed, or if PostgreSQL cannot store the container's
     *     properties
     */
    Claim {
        Names.check("service", service, service);
        Names.check("database", database, service);
        Names.check("user", user, service);
        if (Stream.of(container.identity(), container.id(), container.image(), container.imageId())
                .anyMatch(text -> text.indexOf('\0') >= 0)) {
            throw new RefusedClaim("cannot enrol service '" + service + "': the image or the compose labels of its"
                    + " container contain the NUL character, which PostgreSQL cannot store; change them");
        }
        together = Set.copyOf(together);
    }

    /** Returns a claim for the only database of its container. */
    Claim(
            String service,
            String database,
            String user,
            Secret password,
            DatabaseOptions options,
            Container container,
            String because) {
        this(
                service,
                database,
                user,
                password,
                options,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of(database),
                container,
                because);
    }

    /** Returns whether {@code other} asks for the same database, role and password. */
    boolean asksTheSame(Claim other) {
        return database.equals(other.database) && user.equals(other.user) && password.equals(other.password);
    }

    /** Returns whether {@code other} is for the same one of a container's databases. */
    boolean isForTheSame(Claim other) {
        return companionOf.isPresent() == other.companionOf.isPresent()
                && (companionOf.isEmpty() || database.equals(other.database));
    }

    /** Returns whether {@code other} is a further database of the same service, whichever container has it now. */
    boolean hasCompanion(Cluster.Service other) {
        return other.isCompanion() && other.companionOf().equals(firstService());
    }

    /** Returns the service of the container's first database. An operator names the container by it. */
    String firstService() {
        return companionOf.orElse(service);
    }

    /** Returns this claim for the service {@code name}. */
    Claim of(String name) {
        return of(name, companionOf);
    }

    /** Returns this claim for the service {@code name}, as a companion of the service {@code first} if it is present. */
    Claim of(String name, Optional<String> first) {
        return new Claim(name, database, user, password, options, caution, pool, first, together, container, because);
    }

    /**
     * Returns the claim of the same container for a further database. Its service has the name of the database.
     *
     * @throws RefusedClaim with one line if the name is not allowed, or is that of the service
     */
    Claim companion(String further) {
        if (further.equals(service)) {
            throw new RefusedClaim("cannot enrol service '" + service + "': its further database '" + further
                    + "' has the name of the service; choose another name for the service with the label"
                    + " pgsteward.service");
        }
        return new Claim(
                further,
                further,
                user,
                password,
                options,
                Optional.empty(),
                Optional.empty(),
                Optional.of(service),
                together,
                container,
                because);
    }
}
