package org.pgsteward.doctor;

import static org.pgsteward.model.Diagnosis.Symptom.CONNECTION_REFUSED;
import static org.pgsteward.model.Diagnosis.Symptom.PERMISSION_DENIED;

import java.util.Optional;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;
import org.pgsteward.provision.ConnectionRequest;

/** Meaning of PostgreSQL's answer to a service's own login. The codes are from PostgreSQL's manual, appendix A. */
final class LoginRule {
    private LoginRule() {}

    /** Returns the diagnosis; empty if the login succeeded. */
    static Optional<Diagnosis> judge(ConnectionRequest request, ConnectionRequest.Login login, LoginResult result) {
        String service = request.service();
        String put = "pgsteward provision " + word(service);
        return switch (result.sqlState()) {
            case "" -> Optional.empty();
            case "28P01" ->
                Optional.of(bad(
                        CONNECTION_REFUSED,
                        service,
                        "the container's password is not that of role '" + login.user()
                                + "', or the role does not exist",
                        put + "   # gives the role the container's password"));
            case "28000" ->
                Optional.of(bad(
                        CONNECTION_REFUSED,
                        service,
                        "PostgreSQL refuses the login of role '" + login.user() + "': " + result.message(),
                        "pgsteward status   # if the role is shut out, the alert has the line that enables its login\n"
                                + put + "   # otherwise\n# if that does not help: pg_hba.conf has no entry for it"));
            case "3D000" ->
                Optional.of(bad(
                        CONNECTION_REFUSED,
                        service,
                        "database '" + login.database() + "' does not exist",
                        put + "   # creates it\npgsteward backups " + word(service)
                                + "   # if it existed before: lists its backups"));
            case "42501" ->
                Optional.of(bad(
                        PERMISSION_DENIED,
                        service,
                        "role '" + login.user() + "' has no privilege to connect to database '" + login.database()
                                + "'",
                        put + "   # grants the privilege"));
            case "53300" ->
                Optional.of(bad(
                        CONNECTION_REFUSED,
                        service,
                        "no connection left for role '" + login.user() + "': " + result.message(),
                        "# make the application's connection pool smaller; to list the sessions:\npgsteward status"));
            default ->
                Optional.of(bad(
                        CONNECTION_REFUSED,
                        service,
                        "PostgreSQL refuses its login (" + result.sqlState() + "): " + result.message(),
                        put));
        };
    }

    private static Diagnosis bad(Diagnosis.Symptom symptom, String service, String cause, String remedy) {
        return new Diagnosis(symptom, Severity.CRITICAL, service, cause, remedy);
    }

    /** Returns a service's name as one word of a shell. */
    static String word(String service) {
        return service.matches("[A-Za-z0-9_.-]+") ? service : "'" + service.replace("'", "'\\''") + "'";
    }
}
