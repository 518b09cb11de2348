package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A short session in another database, for the case that a role locks the management database while the guard has no session: at
 * the start of pgsteward, and after a crash of PostgreSQL. It terminates the sessions for which the guard's login waits.
 */
final class EmergencySession {
    /** Databases that nearly every server has. */
    private static final List<String> DATABASES = List.of("postgres", "template1");

    private static final long CONFIRMATION_NANOSECONDS = 300_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(EmergencySession.class);

    private EmergencySession() {}

    /** Terminates the sessions that block logins. To be called while another login waits, or right after it gave up. */
    static void unblockLogins(Server server) {
        for (String database : DATABASES) {
            if (database.equals(server.address().database())) {
                continue;
            }
            try (Connection session =
                    server.connectAs(server.address().user(), server.address().password(), database)) {
                terminate(session);
                return;
            } catch (SQLException e) {
                LOG.debug("no session in {}: {}", database, e.getMessage());
            }
        }
    }

    private static void terminate(Connection session) throws SQLException {
        Set<Integer> before = pids(LockQueues.offenders(session));
        if (before.isEmpty()) {
            return;
        }
        LockSupport.parkNanos(CONFIRMATION_NANOSECONDS);
        for (TerminatedSession offender : LockQueues.offenders(session)) {
            if (before.contains(offender.pid())) {
                Sql.terminate(session, offender.pid());
                LOG.warn(
                        "role {} {}, so that pgsteward could not log in; session {} was terminated",
                        offender.role(),
                        offender.reason(),
                        offender.pid());
            }
        }
    }

    private static Set<Integer> pids(List<TerminatedSession> sessions) {
        return sessions.stream().map(TerminatedSession::pid).collect(Collectors.toSet());
    }
}
