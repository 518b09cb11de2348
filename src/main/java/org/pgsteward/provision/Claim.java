package org.pgsteward.provision;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

/**
 * The request of one container.
 *
 * @param service the service's name in pgsteward
 * @param database the database that it will connect to
 * @param user the role that it will connect as
 * @param extensions the extensions that the database is to have
 * @param caution a use of the application that cannot work, however the database is made
 * @param because the label or the variable that makes the request
 */
record Claim(
        String service,
        String database,
        String user,
        Secret password,
        Set<String> extensions,
        Optional<String> caution,
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
        extensions = Set.copyOf(extensions);
    }

    /** Returns whether {@code other} asks for the same database, role and password. */
    boolean asksTheSame(Claim other) {
        return database.equals(other.database) && user.equals(other.user) && password.equals(other.password);
    }

    /** Returns this claim for the service {@code name}. */
    Claim of(String name) {
        return new Claim(name, database, user, password, extensions, caution, container, because);
    }
}
