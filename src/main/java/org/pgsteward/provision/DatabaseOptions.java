package org.pgsteward.provision;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Properties that a container requests for its database and its role.
 *
 * @param extensions the extensions that the database is to have
 * @param locale the collation and character classification of a new database; empty for the server's
 * @param connections the connection limit of the role; empty for the usual one
 */
record DatabaseOptions(Set<String> extensions, Optional<String> locale, OptionalInt connections) {
    static final DatabaseOptions NONE = new DatabaseOptions(Set.of(), Optional.empty(), OptionalInt.empty());

    DatabaseOptions {
        extensions = Set.copyOf(extensions);
    }
}
