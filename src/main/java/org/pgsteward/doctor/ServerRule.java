package org.pgsteward.doctor;

import static org.pgsteward.model.Diagnosis.Symptom.CONNECTION_REFUSED;

import java.util.Optional;
import org.pgsteward.model.Container;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NoConnection;

/** Reason why the managed PostgreSQL does not answer. Until it does, the causes of services' failures are unknown. */
final class ServerRule {
    /** Service name in these diagnoses. */
    static final String SERVICE = "postgresql";

    private ServerRule() {}

    /**
     * @param where PostgreSQL's host and port, as tried
     * @param error the error
     * @param refused whether PostgreSQL answered, but refused pgsteward's login
     * @param container PostgreSQL's container, if an engine answered and has it
     * @param asked whether an engine answered
     */
    static Diagnosis judge(String where, String error, boolean refused, Optional<Container> container, boolean asked) {
        if (refused) {
            return bad("PostgreSQL answers, and refuses pgsteward's login: " + error, NoConnection.remedy(error));
        }
        if (container.isEmpty()) {
            return bad(
                    where + " does not answer: " + error
                            + (asked
                                    ? "; no container on this host has this name"
                                    : "; the state of its container is not known"),
                    asked
                            ? "docker ps -a\ndocker compose up -d   # in the folder of PostgreSQL's compose file\n"
                                    + "# if it runs elsewhere: PGSTEWARD_POSTGRES_HOST and _PORT"
                            : "docker ps -a\ndocker logs --tail 50 " + SERVICE);
        }
        Container server = container.get();
        String name = server.name().matches("[A-Za-z0-9][A-Za-z0-9_.-]*") ? server.name() : SERVICE;
        String logs = "docker logs --tail 50 " + name;
        return switch (server.state()) {
            case RUNNING ->
                server.health() == Container.Health.UNHEALTHY
                        ? bad(
                                "container " + name + " runs, and its own health check fails: " + error,
                                logs + "\ndocker restart " + name)
                        : bad(
                                "container " + name + " runs, and " + where + " does not answer: " + error,
                                logs + "\ndocker exec " + name + " pg_isready");
            case PAUSED -> bad("container " + name + " is paused", "docker unpause " + name);
            case RESTARTING ->
                bad(
                        "container " + name + " ended with exit code " + server.exitCode() + ", and Docker restarts it",
                        logs);
            default ->
                bad(
                        "container " + name + " does not run: "
                                + (server.oomKilled()
                                        ? "the kernel killed it for lack of memory"
                                        : "it ended with exit code " + server.exitCode()),
                        logs + "\ndocker start " + name);
        };
    }

    private static Diagnosis bad(String cause, String remedy) {
        return new Diagnosis(CONNECTION_REFUSED, Severity.CRITICAL, SERVICE, cause, remedy);
    }
}
