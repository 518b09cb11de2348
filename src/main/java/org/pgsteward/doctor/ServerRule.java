package org.pgsteward.doctor;

import static org.pgsteward.model.Diagnosis.Symptom.CONNECTION_REFUSED;

import java.util.Optional;
import org.pgsteward.model.Container;
import org.pgsteward.model.Diagnosis;
import org.pgsteward.model.Severity;
import org.pgsteward.postgres.NoConnection;

/** Why the managed PostgreSQL does not answer: nobody else can then tell why he is refused. */
final class ServerRule {
    /** Whose it is said to be. */
    static final String SERVICE = "postgresql";

    private ServerRule() {}

    /**
     * @param where its host and port, as it was tried
     * @param error what came back
     * @param refused whether it answered, and did not let us in
     * @param container its own, where an engine was asked and has it
     * @param asked whether an engine was asked
     */
    static Diagnosis judge(String where, String error, boolean refused, Optional<Container> container, boolean asked) {
        if (refused) {
            return bad("PostgreSQL answers, and does not let pgsteward in: " + error, NoConnection.remedy(error));
        }
        if (container.isEmpty()) {
            return bad(
                    where + " does not answer: " + error
                            + (asked
                                    ? "; no container on this host is called so"
                                    : "; whether its container runs could not be looked at"),
                    asked
                            ? "docker ps -a\ndocker compose up -d   # in PostgreSQL's folder\n"
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
                                "container " + name + " runs and its own health check fails: " + error,
                                logs + "\ndocker restart " + name)
                        : bad(
                                "container " + name + " runs, and " + where + " does not answer: " + error,
                                logs + "\ndocker exec " + name + " pg_isready");
            case PAUSED -> bad("container " + name + " is paused", "docker unpause " + name);
            case RESTARTING ->
                bad(
                        "container " + name + " ended and is being restarted, last with exit code " + server.exitCode(),
                        logs);
            default ->
                bad(
                        "container " + name + " does not run: "
                                + (server.oomKilled()
                                        ? "the kernel killed it for want of memory"
                                        : "it ended with exit code " + server.exitCode()),
                        logs + "\ndocker start " + name);
        };
    }

    private static Diagnosis bad(String cause, String remedy) {
        return new Diagnosis(CONNECTION_REFUSED, Severity.CRITICAL, SERVICE, cause, remedy);
    }
}
