package org.pgsteward.provision;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.postgres.Quote;

/**
 * What the cluster holds, as far as it was looked at: all of it for a reconcile, and what has one of a claim's names for
 * a claim.
 *
 * @param major the server's major version
 * @param roles by name, PostgreSQL's own {@code pg_*} left out
 * @param databases by name
 * @param services by name, the rows of {@code service_configs}
 * @param management by grantee, what others than the administrator may do with the tables, views, functions and
 *     schemas of the management database
 * @param index the same by what claims are compared with
 */
record Cluster(
        int major,
        Map<String, Role> roles,
        Map<String, Database> databases,
        Map<String, Service> services,
        Map<String, Set<ObjectGrant>> management,
        ClusterIndex index) {

    /** How PostgreSQL's grants name everybody. */
    static final String PUBLIC = "";

    Cluster {
        roles = Map.copyOf(roles);
        databases = Map.copyOf(databases);
        services = Map.copyOf(services);
        management = Map.copyOf(management);
    }

    Cluster(
            int major,
            Map<String, Role> roles,
            Map<String, Database> databases,
            Map<String, Service> services,
            Map<String, Set<ObjectGrant>> management) {
        this(major, roles, databases, services, management, ClusterIndex.of(roles, databases, services));
    }

    /**
     * A row of {@code pg_authid}.
     *
     * @param connectionLimit -1 where there is none
     * @param verifier what is stored of its password; empty where it has none
     */
    record Role(
            String name,
            boolean canLogIn,
            boolean superuser,
            boolean replication,
            boolean otherPowers,
            int connectionLimit,
            String verifier,
            Set<Membership> memberOf) {
        /** Returns whether pgsteward or an operator has shut the role out. */
        boolean isShutOut() {
            return !canLogIn && connectionLimit == 0;
        }

        @Override
        public String toString() {
            return "Role[" + name + "]";
        }
    }

    /** @param grantor who gave it; since PostgreSQL 16 it can only be taken back in his name */
    record Membership(String role, String grantor) {}

    /**
     * A row of {@code pg_database}.
     *
     * @param ofAdministrator whether its owner is a superuser
     * @param allowsConnections false for {@code template0}, and for a database that is still being made
     * @param business roles that own something in it, were granted something in it by name, or are connected: they stay
     *     let in; read only where another role may be locked out. It shows nobody's right to the database
     * @param evidence whose the database is; read only where a container asks for the administrator's
     * @param writes rows ever written in it, the catalog's among them: it stands still while nothing in it changes
     */
    record Database(
            String name,
            String owner,
            boolean ofAdministrator,
            boolean allowsConnections,
            Set<Grant> grants,
            Set<String> business,
            Evidence evidence,
            long writes) {
        boolean lets(String grantee, String privilege) {
            return grants.contains(new Grant(grantee, privilege));
        }

        boolean isOpenToPublic() {
            return lets(PUBLIC, "CONNECT") || lets(PUBLIC, "TEMPORARY") || lets(PUBLIC, "CREATE");
        }

        Database with(Set<String> roles) {
            return new Database(name, owner, ofAdministrator, allowsConnections, grants, roles, evidence, writes);
        }

        Database with(Evidence found) {
            return new Database(name, owner, ofAdministrator, allowsConnections, grants, business, found, writes);
        }
    }

    /** A privilege on a database. */
    record Grant(String grantee, String privilege) {}

    /**
     * A privilege on an object of the management database.
     *
     * @param object as a GRANT names it: {@code TABLE public.backup_log}
     */
    record ObjectGrant(String object, String grantee, String privilege) {
        /** Whether the grantee may make objects: of a schema nothing else is looked at. */
        boolean isOnSchema() {
            return object.startsWith("SCHEMA ");
        }

        String revoked() {
            return "REVOKE " + privilege + " ON " + object + " FROM "
                    + (grantee.equals(PUBLIC) ? "PUBLIC" : Quote.identifier(grantee));
        }
    }

    /**
     * A service as it is enrolled.
     *
     * @param role empty where somebody else's script wrote the row
     * @param identity whom it is bound to; empty where nobody has claimed it yet
     * @param enabled whether it is looked after
     * @param quarantinedFrom what its database was called before; empty when it is not in quarantine
     * @param containerId the container seen last; empty where none was
     */
    record Service(
            String name,
            String database,
            String role,
            String identity,
            boolean enabled,
            String quarantinedFrom,
            String containerId,
            String image,
            String imageId) {
        boolean isQuarantined() {
            return !quarantinedFrom.isEmpty();
        }

        boolean isBound() {
            return !identity.isEmpty();
        }

        boolean isKept() {
            return enabled && !isQuarantined() && !role.isEmpty() && isBound();
        }
    }

    /** The same with what is known of whose {@code database} is. */
    Cluster with(String database, Evidence evidence) {
        Map<String, Database> all = new HashMap<>(databases);
        all.computeIfPresent(database, (name, present) -> present.with(evidence));
        return new Cluster(major, roles, all, services, management);
    }

    Optional<Role> role(String name) {
        return Optional.ofNullable(roles.get(name));
    }

    Optional<Database> database(String name) {
        return Optional.ofNullable(databases.get(name));
    }

    Optional<Service> service(String name) {
        return Optional.ofNullable(services.get(name));
    }

    Stream<ObjectGrant> managementGrants(String grantee) {
        return management.getOrDefault(grantee, Set.of()).stream();
    }
}
