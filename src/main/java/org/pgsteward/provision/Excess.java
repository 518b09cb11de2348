package org.pgsteward.provision;

import java.util.Map;
import java.util.stream.Stream;

/**
 * Something that a role or a service has made larger than pgsteward reads.
 *
 * @param role the role that it belongs to; empty where it belongs to a database or a service
 * @param database the database that it belongs to; empty where it belongs to a role or a service
 * @param service the service whose rows they are; empty where it is known by its role or database only
 * @param reason what, how much, and the limit
 * @param sql what ends it, for the management database
 * @param figures the numbers in the reason
 */
record Excess(String role, String database, String service, String reason, String sql, Map<String, Object> figures) {

    /** Settings that an administrator made for all roles. */
    private static final String EVERY_ROLE = "all roles";

    Excess {
        figures = Map.copyOf(figures);
    }

    /** The name under which an operator knows it, where no service is known. */
    public String subject() {
        return Stream.of(service, role, database, EVERY_ROLE)
                .filter(name -> !name.isEmpty())
                .findFirst()
                .orElse(EVERY_ROLE);
    }

    /** The same, known to be that service's. */
    Excess of(String known) {
        return new Excess(role, database, known, reason, sql, figures);
    }
}
