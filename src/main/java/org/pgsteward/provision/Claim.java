package org.pgsteward.provision;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.pgsteward.model.Container;
import org.pgsteward.model.Secret;

/**
 * What one container asks for.
 *
 * @param service its name with us
 * @param database the database it will connect to
 * @param user the role it will connect as
 * @param because what in the container says so
 */
record Claim(String service, String database, String user, Secret password, Container container, String because) {
    /** The seed's columns are 50 characters wide; PostgreSQL's names are 63 bytes long. */
    private static final int LONGEST_NAME = 50;

    private static final int LONGEST_BYTES = 63;
    private static final Set<String> RESERVED = Set.of("postgres", "template0", "template1", "public", "pgsteward");

    /** @throws RefusedClaim with one line when a name is one that nobody may have */
    Claim {
        refuseName("service", service, service);
        refuseName("database", database, service);
        refuseName("user", user, service);
    }

    private static void refuseName(String what, String name, String service) {
        String problem = null;
        if (name.isBlank()) {
            problem = "is empty";
        } else if (name.codePointCount(0, name.length()) > LONGEST_NAME) {
            problem = "is longer than " + LONGEST_NAME + " characters";
        } else if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_BYTES) {
            problem = "is longer than " + LONGEST_BYTES + " bytes";
        } else if (name.chars().anyMatch(Character::isISOControl)) {
            problem = "holds a control character";
        } else if (name.startsWith(".") || name.startsWith("_") || name.contains("/")) {
            problem = "begins with a dot or an underscore, or holds a slash";
        } else if (RESERVED.contains(name) || name.startsWith("pg_")) {
            problem = "is reserved";
        }
        if (problem != null) {
            throw new RefusedClaim(what + " '" + printable(name) + "' of service '" + printable(service) + "' "
                    + problem + ": choose another by the label pgsteward." + what);
        }
    }

    private static String printable(String name) {
        String shown = name.replaceAll("\\p{Cntrl}", "?");
        return shown.length() <= LONGEST_NAME ? shown : shown.substring(0, LONGEST_NAME) + "…";
    }
}
