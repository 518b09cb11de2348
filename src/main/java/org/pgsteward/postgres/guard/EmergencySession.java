package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import org.pgsteward.postgres.Server;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session in another database, for the case that a role locks the management database while the guard has no session: at the
 * start of pgsteward, and after a crash of PostgreSQL. It terminates the sessions for which logins wait until the guard has logged
 * in.
 */
final class EmergencySession {
    /** Databases that nearly every server has. */
    private static final List<String> DATABASES = List.of("postgres", "template1");

    /** Sessions may come back at once. */
    private static final long PAUSE_NANOSECONDS = 20_000_000;

    /** Sessions that are logged. */
    private static final int MOST_LOGGED = 20;

    private static final Logger LOG = LoggerFactory.getLogger(EmergencySession.class);

    private final Connection session;
    private int terminated;

    private EmergencySession(Connection session) {
        this.session = session;
    }

    /**
     * Logs in to the management database, and meanwhile terminates the sessions that block logins.
     *
     * @return the new session; empty if it cannot log in to any other database either, or if the login fails all the same
     */
    static Optional<Connection> login(Server server, int answerSeconds) {
        for (String database : DATABASES) {
            if (database.equals(server.address().database())) {
                continue;
            }
            try (Connection session =
                    server.connectAs(server.address().user(), server.address().password(), database)) {
                FutureTask<Connection> login = new FutureTask<>(() -> server.connectForDaemon(answerSeconds));
                Thread thread = new Thread(null, login, "guard-login", 256 * 1024);
                thread.setDaemon(true);
                thread.start();
                return new EmergencySession(session).unblock(login);
            } catch (SQLException e) {
                LOG.debug("no session in {}: {}", database, e.getMessage());
            }
        }
        return Optional.empty();
    }

    private Optional<Connection> unblock(FutureTask<Connection> login) throws SQLException {
        boolean taken = false;
        try {
            while (!login.isDone()) {
                terminateOffenders();
                LockSupport.parkNanos(PAUSE_NANOSECONDS);
            }
            Connection connection = login.get();
            taken = true;
            return Optional.of(connection);
        } catch (ExecutionException e) {
            LOG.debug("the guard's login failed: {}", String.valueOf(e.getCause()));
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            if (!taken) {
                closeLater(login);
            }
        }
    }

    private void terminateOffenders() throws SQLException {
        for (TerminatedSession offender : LockQueues.offenders(session)) {
            Sql.terminate(session, offender.pid());
            terminated++;
            if (terminated <= MOST_LOGGED) {
                LOG.warn(
                        "role {} {}, so that pgsteward could not log in; session {} was terminated",
                        offender.role(),
                        offender.reason(),
                        offender.pid());
            }
        }
    }

    /** A login that comes too late would keep its connection. */
    private static void closeLater(FutureTask<Connection> login) {
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        login.get().close();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } catch (ExecutionException | SQLException e) {
                        LOG.debug("there is no session to close: {}", e.getMessage());
                    }
                },
                "guard-login-close",
                128 * 1024);
        thread.setDaemon(true);
        thread.start();
    }
}
