package org.pgsteward.provision;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.postgres.Quote;

/**
 * The privileges of a service's role in the management database, and the steps that restore them. The role may log the
 * activity of its users and see its own status, and nothing else. Pure.
 */
final class ManagementAccess {
    static final String LOG_ACTIVITY = "FUNCTION public.log_user_activity(varchar, varchar, varchar, inet)";
    static final String STATUS = "TABLE public.service_status";

    private final Cluster cluster;
    private final String management;
    private final String role;
    private final Step.Kind kind;

    /**
     * @param management the name of the management database
     * @param kind of the steps
     */
    ManagementAccess(Cluster cluster, String management, String role, Step.Kind kind) {
        this.cluster = cluster;
        this.management = management;
        this.role = role;
        this.kind = kind;
    }

    /** Returns the SQL that revokes all privileges of a role. */
    static String revoked(String role, String management) {
        String from = " FROM " + Quote.identifier(role);
        return "REVOKE ALL ON DATABASE " + Quote.identifier(management) + from + "; REVOKE ALL ON " + LOG_ACTIVITY
                + from + "; REVOKE ALL ON " + STATUS + from;
    }

    /**
     * Returns the steps that revoke CREATE on schemas from PUBLIC. A role with this privilege can create objects that other
     * roles run without knowing it, with their own privileges.
     */
    static Stream<Step> everybodysSchemas(Step.Kind kind, Cluster cluster, String management) {
        return cluster.managementGrants(Cluster.PUBLIC)
                .filter(Cluster.ObjectGrant::isOnSchema)
                .sorted(Comparator.comparing(Cluster.ObjectGrant::object))
                .map(grant -> new Step(kind, management, grant.revoked(), mayMake("every role", grant, management)));
    }

    private static String mayMake(String who, Cluster.ObjectGrant grant, String management) {
        return who + " may create objects in " + grant.object().replaceFirst("^SCHEMA", "schema") + " of database "
                + management;
    }

    /** Returns the statements that grant the role its privileges. */
    List<String> grants() {
        return List.of(
                connectGrant(),
                "GRANT EXECUTE ON " + LOG_ACTIVITY + " TO " + quoted(role),
                "GRANT SELECT ON " + STATUS + " TO " + quoted(role));
    }

    private String connectGrant() {
        return "GRANT CONNECT ON DATABASE " + quoted(management) + " TO " + quoted(role);
    }

    /** Returns the steps from the present privileges to the desired ones; none if there is no drift. */
    List<Step> steps() {
        List<Step> steps = new ArrayList<>();
        addMissing(steps);
        revokeOnObjects(steps);
        revokeOnSchemas(steps);
        revokeOwnership(steps);
        revokeOnDatabase(steps);
        return steps;
    }

    private void addMissing(List<Step> steps) {
        Set<String> missing = grants().stream()
                .filter(grant -> !isGranted(grant))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        if (!missing.isEmpty()) {
            steps.add(step(
                    String.join("; ", missing),
                    "role " + role + " lacks the privileges to log activity and to read its own status"));
        }
    }

    private boolean isGranted(String grant) {
        if (grant.equals(connectGrant())) {
            return isDatabase(home -> home.lets(role, "CONNECT"));
        }
        String object = grant.contains(LOG_ACTIVITY) ? LOG_ACTIVITY : STATUS;
        return cluster.managementGrants(role).anyMatch(found -> found.object().equals(object));
    }

    private void revokeOnObjects(List<Step> steps) {
        List<String> beyond = cluster.managementGrants(role)
                .filter(grant -> !grant.isOnSchema()
                        && !grant.object().equals(LOG_ACTIVITY)
                        && !(grant.object().equals(STATUS) && grant.privilege().equals("SELECT")))
                .map(Cluster.ObjectGrant::revoked)
                .distinct()
                .sorted()
                .toList();
        if (!beyond.isEmpty()) {
            steps.add(step(
                    String.join("; ", beyond), "role " + role + " has privileges on tables of database " + management));
        }
    }

    /** CASCADE revokes the grants too that the role made to others. */
    private void revokeOnSchemas(List<Step> steps) {
        cluster.managementGrants(role)
                .filter(Cluster.ObjectGrant::isOnSchema)
                .sorted(Comparator.comparing(Cluster.ObjectGrant::object))
                .forEach(grant ->
                        steps.add(step(grant.revoked() + " CASCADE", mayMake("role " + role, grant, management))));
    }

    private void revokeOwnership(List<Step> steps) {
        if (isDatabase(home -> home.owner().equals(role))) {
            // A change of the owner removes the privileges of the previous one.
            steps.add(step(
                    "ALTER DATABASE " + quoted(management) + " OWNER TO CURRENT_USER; " + connectGrant(),
                    "database " + management + " belongs to role " + role));
        }
    }

    private void revokeOnDatabase(List<Step> steps) {
        List<String> privileges = Stream.of("CREATE", "TEMPORARY")
                .filter(privilege -> isDatabase(home -> home.lets(role, privilege)))
                .toList();
        if (!privileges.isEmpty()) {
            steps.add(step(
                    "REVOKE " + String.join(", ", privileges) + " ON DATABASE " + quoted(management) + " FROM "
                            + quoted(role),
                    "role " + role + " may create objects in database " + management));
        }
    }

    private boolean isDatabase(Predicate<Cluster.Database> predicate) {
        return cluster.database(management).filter(predicate).isPresent();
    }

    private Step step(String sql, String reason) {
        return new Step(kind, management, sql, reason);
    }

    private static String quoted(String name) {
        return Quote.identifier(name);
    }
}
