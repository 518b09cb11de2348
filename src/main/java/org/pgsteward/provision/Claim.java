package org.pgsteward.provision;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

/**
 * What one container asks for.
 *
 * @param service its name with us
 * @param database the database it will connect to
 * @param user the role it will connect as
 * @param extensions those that the database is to have
 * @param caution what is known of the application that will not work however the database is made
 * @param because what in the container says so
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

    /** @throws RefusedClaim with one line when a name is one that nobody may have, or the container cannot be written down */
    Claim {
        Names.check("service", service, service);
        Names.check("database", database, service);
        Names.check("user", user, service);
        if (Stream.of(container.identity(), container.id(), container.image(), container.imageId())
                .anyMatch(text -> text.indexOf('\0') >= 0)) {
            throw new RefusedClaim("service '" + service + "' is of a container whose image or compose labels hold the"
                    + " NUL character, which PostgreSQL cannot store: give it others");
        }
        extensions = Set.copyOf(extensions);
    }

    /** Whether {@code other} has the same database, role and password. */
    boolean asksTheSame(Claim other) {
        return database.equals(other.database) && user.equals(other.user) && password.equals(other.password);
    }

    /** The same as a claim of {@code name}. */
    Claim of(String name) {
        return new Claim(name, database, user, password, extensions, caution, container, because);
    }
}
