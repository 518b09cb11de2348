package org.pgsteward.provision;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.pgsteward.postgres.Quote;

/**
 * The contents of the cluster, as far as they were read: everything for a reconcile, and the objects with a claim's
 * names for one claim.
 *
 * @param major the server's major version
 * @param roles by name, without PostgreSQL's own {@code pg_*}
 * @param databases by name
 * @param services the rows of {@code service_configs}, by service
 * @param management the privileges of all grantees but the administrator on the tables, views, functions and schemas of
 *     the management database, by grantee
 * @param index the roles, databases and services by the names that claims are compared with
 */
record Cluster(
        int major,
        Map<String, Role> roles,
        Map<String, Database> databases,
        Map<String, Service> services,
        Map<String, Set<ObjectGrant>> management,
        ClusterIndex index) {

    /** The grantee that stands for PUBLIC. */
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
     * @param verifier the stored form of the password; empty where the role has none
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

    /**
     * @param grantor the role that granted the membership; since PostgreSQL 16 it can only be revoked in that role's
     *     name
     */
    record Membership(String role, String grantor) {}

    /**
     * A row of {@code pg_database}.
     *
     * @param ofAdministrator whether its owner is a superuser
     * @param allowsConnections false for {@code template0}, and for a database that is still being made
     * @param business roles that own an object in it, have a grant in it by name, or are connected: they keep their
     *     access. Read only where another role may be locked out. It is no evidence of a right to the database
     * @param evidence the evidence of the database's rightful role; read only where a container asks for a database of
     *     the administrator
     */
    record Database(
            String name,
            String owner,
            boolean ofAdministrator,
            boolean allowsConnections,
            Set<Grant> grants,
            Set<String> business,
            Evidence evidence) {
        boolean lets(String grantee, String privilege) {
            return grants.contains(new Grant(grantee, privilege));
        }

        boolean isOpenToPublic() {
            return lets(PUBLIC, "CONNECT") || lets(PUBLIC, "TEMPORARY") || lets(PUBLIC, "CREATE");
        }

        Database with(Set<String> roles) {
            return new Database(name, owner, ofAdministrator, allowsConnections, grants, roles, evidence);
        }

        Database with(Evidence found) {
            return new Database(name, owner, ofAdministrator, allowsConnections, grants, business, found);
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
        /** Returns whether the grant is on a schema. Of schemas, only the privilege to create objects is read. */
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
     * @param role empty where another program's script wrote the row
     * @param identity the container identity that the service is bound to; empty before the first claim
     * @param enabled whether pgsteward manages the service
     * @param quarantinedFrom the previous name of its database; empty when it is not in quarantine
     * @param containerId the container seen last; empty for none
     * @param companionOf the service whose container and role it shares; empty if it has its own
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
            String imageId,
            String companionOf) {
        Service(
                String name,
                String database,
                String role,
                String identity,
                boolean enabled,
                String quarantinedFrom,
                String containerId,
                String image,
                String imageId) {
            this(name, database, role, identity, enabled, quarantinedFrom, containerId, image, imageId, "");
        }

        boolean isCompanion() {
            return !companionOf.isEmpty();
        }

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

    /** Returns this cluster with the evidence for {@code database}. */
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
