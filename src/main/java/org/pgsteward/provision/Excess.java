package org.pgsteward.provision;

import java.util.Map;
import java.util.stream.Stream;

/**
 * Rows, settings, a password or a comment of a role or a service that exceed the size that pgsteward reads.
 *
 * @param role the role that they belong to; empty where they belong to a database or a service
 * @param database the database that they belong to; empty where they belong to a role or a service
 * @param service the service of the rows; empty where only the role or the database is known
 * @param reason the object, its size, and the limit
 * @param sql the statement that ends the excess, for the management database
 * @param figures the numbers in the reason
 */
record Excess(String role, String database, String service, String reason, String sql, Map<String, Object> figures) {

    /** The subject for settings that an administrator made for all roles. */
    private static final String EVERY_ROLE = "all roles";

    Excess {
        figures = Map.copyOf(figures);
    }

    /** Returns the service, or else the name under which an operator knows the object. */
    public String subject() {
        return Stream.of(service, role, database, EVERY_ROLE)
                .filter(name -> !name.isEmpty())
                .findFirst()
                .orElse(EVERY_ROLE);
    }

    /** Returns this excess with the service that it belongs to. */
    Excess of(String known) {
        return new Excess(role, database, known, reason, sql, figures);
    }
}
