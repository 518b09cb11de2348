package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.Console;
import org.pgsteward.model.Elapsed;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.monitor.LogEvent.Reason;

/** The number of a service's logins that were refused within the last ten minutes, by PostgreSQL's log. */
final class FailedLoginRule extends MetricRule<LogObservation> {
    /** The {@code kind} of the conditions. */
    public static final String KIND = "logins-failed";

    FailedLoginRule() {
        super(KIND, Unit.COUNT);
    }

    @Override
    List<Finding> look(LogObservation now, List<LogObservation> past) {
        return now.refusals().stream().map(refusals -> finding(now, refusals)).toList();
    }

    private static Finding finding(LogObservation now, LogObservation.Refusals refusals) {
        String span = Elapsed.words(LogObservation.REFUSALS);
        if (refusals.count() == 0) {
            return new Finding(refusals.service(), 0, "no login refused in the last " + span, "", Map.of());
        }
        LogObservation.Attempts most = refusals.attempts().get(0);
        return new Finding(
                refusals.service(),
                refusals.count(),
                refusals.count() + (refusals.count() == 1 ? " login" : " logins") + " refused in the last " + span
                        + ": " + refusals.words(),
                "docker logs --since 15m " + Console.word(now.console().container())
                        + " 2>&1 | grep FATAL | tail -20\n"
                        + (refusals.stranger()
                                ? "# correct the role or the password in its compose file; or, if it should not connect:\n"
                                        + "docker stop " + Console.word(refusals.service())
                                : remedy(now.console(), refusals.service(), most.reason())),
                Map.of(
                        "refused", refusals.count(),
                        "reason", most.reason().words(),
                        "role", most.user(),
                        "database", most.database(),
                        "from", most.client()));
    }

    private static String remedy(Console console, String service, Reason reason) {
        String provision = service.equals(PostgresServer.SERVICE)
                ? "pgsteward provision --plan   # names the container that requests it, if there is one"
                : "pgsteward provision " + Console.word(service);
        return switch (reason) {
            case WRONG_PASSWORD, NO_ROLE, NO_DATABASE, NO_RIGHT ->
                "pgsteward doctor   # finds the wrong password, name or privilege\n" + provision;
            case NOT_LET_IN, NO_HBA_LINE ->
                console.psql("SELECT line_number, type, database, user_name, address, auth_method, error"
                        + " FROM pg_hba_file_rules");
            case NO_LOGIN, CLOSED ->
                "pgsteward status   # if the role is shut out, the alert has the line that enables its login\npgsteward remove --undo "
                        + Console.word(service) + "   # if the service is in quarantine and you need it again";
            case TOO_MANY ->
                console.psql(
                                "SELECT usename, client_addr, count(*) FROM pg_stat_activity GROUP BY 1, 2 ORDER BY 3 DESC")
                        + "\n# Make the connection pool smaller in the application's settings.";
        };
    }
}
