package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import org.pgsteward.io.Threads;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/**
 * A session in another database, for a role that locks the management database while the guard has no session: when
 * pgsteward starts, and after a crash of PostgreSQL. It terminates the sessions that block logins until the guard has
 * logged in.
 */
final class EmergencySession {
    /** Databases that nearly every server has. */
    private static final List<String> DATABASES = List.of("postgres", "template1");

    /** Short, since terminated sessions may come back at once. */
    private static final long PAUSE_NANOSECONDS = 20_000_000;

    /** The most sessions that are reported. */
    private static final int MOST_KEPT = 20;

    private final Connection session;
    private final Map<Integer, TerminatedSession> terminated = new LinkedHashMap<>();

    private EmergencySession(Connection session) {
        this.session = session;
    }

    /**
     * A session in the management database.
     *
     * @param terminated the first sessions that were terminated for it
     */
    record Login(Connection connection, List<TerminatedSession> terminated) {}

    /**
     * Logs in to the management database, and meanwhile terminates the sessions that block logins.
     *
     * @param failure the failure of the previous login; it gets later failures as suppressed exceptions
     * @return empty if no other database accepts a login, or if the login to the management database still fails
     */
    static Optional<Login> login(Server server, int answerSeconds, SQLException failure) {
        for (String database : DATABASES) {
            try (Connection session =
                    server.connectAs(server.address().user(), server.address().password(), database)) {
                // On some servers every role may create operators in the schema public.
                Query.run(session, "SET search_path = pg_catalog");
                FutureTask<Connection> login = new FutureTask<>(() -> server.connectForDaemon(answerSeconds));
                Threads.start("guard-login", 256 * 1024, login);
                EmergencySession emergency = new EmergencySession(session);
                return emergency
                        .unblock(login)
                        .map(connection -> new Login(connection, List.copyOf(emergency.terminated.values())));
            } catch (SQLException e) {
                failure.addSuppressed(e);
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
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            if (!taken) {
                Threads.start("guard-login-close", 256 * 1024, () -> closeLater(login));
            }
        }
    }

    private void terminateOffenders() throws SQLException {
        for (TerminatedSession offender : LockQueues.offenders(session)) {
            Sql.terminate(session, offender.pid());
            if (terminated.size() < MOST_KEPT) {
                terminated.putIfAbsent(offender.pid(), offender);
            }
        }
    }

    /** Closes a login that succeeds too late, since it would keep its connection. */
    private static void closeLater(FutureTask<Connection> login) {
        try {
            login.get().close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | SQLException e) {
            // The login failed, so there is no session to close.
            return;
        }
    }
}
