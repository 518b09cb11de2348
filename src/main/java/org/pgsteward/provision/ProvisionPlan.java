package org.pgsteward.provision;

import static org.pgsteward.provision.Step.Where.MANAGEMENT_DATABASE;
import static org.pgsteward.provision.Step.Where.SERVICE_DATABASE;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ScramVerifier;
import org.pgsteward.postgres.ServerAddress;

/**
 * From what is asked for and what exists to the steps between them. Pure: the same two always give the same steps
 * (but for the salt of a new verifier), and no steps when nothing is amiss.
 */
record ProvisionPlan(Claim claim, List<Step> steps) {
    /** An application's pool seldom has more; the server has 100 for all of them. */
    static final int CONNECTION_LIMIT = 50;

    /** @throws RefusedClaim when the names belong to somebody else */
    static ProvisionPlan of(Claim claim, Existing existing, ServerAddress server) {
        refuseForeign(claim, existing, server);
        String role = Quote.identifier(claim.user());
        String database = Quote.identifier(claim.database());
        List<Step> steps = new ArrayList<>();

        if (existing.role().isEmpty()) {
            steps.add(new Step(
                    MANAGEMENT_DATABASE,
                    "CREATE ROLE " + role + " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
                            + " CONNECTION LIMIT " + CONNECTION_LIMIT + " PASSWORD " + verifier(claim),
                    "role " + claim.user() + " does not exist"));
        } else if (!existing.role().get().canLogIn() || !existing.role().get().passwordFits()) {
            steps.add(new Step(
                    MANAGEMENT_DATABASE,
                    "ALTER ROLE " + role + " LOGIN PASSWORD " + verifier(claim),
                    "role " + claim.user() + " cannot log in with the password that its container has"));
        }
        Optional<Existing.Database> present = existing.database();
        if (present.isEmpty()) {
            steps.add(new Step(
                    MANAGEMENT_DATABASE,
                    "CREATE DATABASE " + database + " OWNER " + role + " TEMPLATE template0 ENCODING 'UTF8'",
                    "database " + claim.database() + " does not exist"));
        } else if (!present.get().owner().equals(claim.user())) {
            steps.add(new Step(
                    MANAGEMENT_DATABASE,
                    "ALTER DATABASE " + database + " OWNER TO " + role,
                    "database " + claim.database() + " belongs to the administrator"));
        }
        if (present.isEmpty() || present.get().openToPublic()) {
            steps.add(new Step(
                    MANAGEMENT_DATABASE,
                    "REVOKE CONNECT, TEMPORARY ON DATABASE " + database + " FROM PUBLIC",
                    "every role may connect to database " + claim.database()));
        }
        if (present.isEmpty()) {
            steps.add(new Step(
                    MANAGEMENT_DATABASE,
                    "GRANT ALL PRIVILEGES ON DATABASE " + database + " TO " + role,
                    claim.user() + " has all privileges on its database"));
        } else if (!present.get().ownerMayCreate()) {
            // A new database needs none of this: since PostgreSQL 15 schema public is its owner's.
            steps.add(new Step(
                    SERVICE_DATABASE,
                    "GRANT ALL PRIVILEGES ON SCHEMA public TO " + role
                            + "; GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA public TO " + role
                            + "; GRANT ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA public TO " + role,
                    claim.user() + " may use and create everything in schema public"));
        }
        if (existing.role().filter(Existing.Role::mayLogActivity).isEmpty()) {
            steps.add(new Step(
                    MANAGEMENT_DATABASE,
                    "GRANT CONNECT ON DATABASE " + Quote.identifier(server.database()) + " TO " + role
                            + "; GRANT EXECUTE ON FUNCTION public.log_user_activity(varchar, varchar, varchar, inet) TO "
                            + role,
                    claim.user() + " may log its users' activity"));
        }
        return new ProvisionPlan(claim, List.copyOf(steps));
    }

    private static void refuseForeign(Claim claim, Existing existing, ServerAddress server) {
        String asks = "service '" + claim.service() + "' asks for ";
        if (claim.user().equalsIgnoreCase(server.user())) {
            throw new RefusedClaim(asks + "the administrator's role '" + claim.user()
                    + "': give it a role of its own in its variables, or by the label pgsteward.user");
        }
        if (claim.database().equalsIgnoreCase(server.database())) {
            throw new RefusedClaim(asks + "the management database '" + claim.database()
                    + "': give it a database of its own in its variables, or by the label pgsteward.database");
        }
        existing.takenBy().ifPresent(other -> {
            throw new RefusedClaim(asks + "database '" + claim.database() + "' or role '" + claim.user()
                    + "', which belong to service '" + other + "': choose other names");
        });
        if (existing.role().filter(Existing.Role::powerful).isPresent()) {
            throw new RefusedClaim(asks + "role '" + claim.user()
                    + "', which has powers beyond its database: give it a role of its own");
        }
        existing.database()
                .map(Existing.Database::owner)
                .filter(owner -> !owner.equals(claim.user()) && !owner.equals(server.user()))
                .ifPresent(owner -> {
                    throw new RefusedClaim(asks + "database '" + claim.database() + "', which belongs to role '" + owner
                            + "': choose another name");
                });
    }

    private static String verifier(Claim claim) {
        return Quote.literal(ScramVerifier.of(claim.password()).stored());
    }
}
