package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;

/** The logins of the services' roles: the guard disables one during an incident, and enables it again. For one thread. */
final class ServiceLogins {
    /** To disable a login. Each takes one second if a session of the role comes back in time to change the role again. */
    private static final int ATTEMPTS = 5;

    private static final long SERVICES_NANOSECONDS = 30_000_000_000L;

    /** Terminates the sessions of a role. */
    private final GuardSession watching;

    /** Commits shut-outs. A commit releases the session's locks, and the other session keeps its own. */
    private final GuardSession altering;

    /** Services by role, read regularly: during an incident no lock may be free to read them. */
    private Map<String, String> services = Map.of();

    private long servicesReadAt = System.nanoTime() - 2 * SERVICES_NANOSECONDS;

    ServiceLogins(GuardSession watching, GuardSession altering) {
        this.watching = watching;
        this.altering = altering;
    }

    /** Prepares for an incident in calm times: opens the second session, and reads the services. */
    void prepare(Connection session) throws SQLException {
        openAltering();
        if (System.nanoTime() - servicesReadAt > SERVICES_NANOSECONDS) {
            servicesReadAt = System.nanoTime();
            services = ShutOut.servicesByRole(session).orElse(services);
        }
    }

    /** Without the second session, the first one commits shut-outs. */
    private void openAltering() {
        try {
            altering.locks().take(altering.connection(), false);
            altering.protectLocks();
            altering.releaseSnapshot();
        } catch (SQLException e) {
            altering.recover(e);
        }
    }

    /** Returns the service of a role; empty for other roles. */
    Optional<String> serviceOf(Connection session, String role) throws SQLException {
        return ShutOut.serviceOf(session, role).or(() -> Optional.ofNullable(services.get(role)));
    }

    /**
     * Disables the login of a service's role, and terminates its sessions.
     *
     * @return its service; empty, without any effect, for other roles
     */
    Optional<String> shutOut(Connection session, String role) throws SQLException {
        Optional<String> service = serviceOf(session, role);
        if (service.isPresent()) {
            disable(role);
            ShutOut.terminateSessions(watching.connection(), role);
        }
        return service;
    }

    /** Enables the login of a role that is shut out. */
    void readmit(String role, int connectionLimit) throws SQLException {
        alter(session -> ShutOut.enableLogin(session, role, connectionLimit));
    }

    /**
     * Terminates the role's sessions before each attempt: one of them may have changed the role in a transaction that is still
     * open, and the change of the guard waits for it.
     */
    private void disable(String role) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            ShutOut.terminateOnce(watching.connection(), role);
            try {
                alter(session -> ShutOut.disableLogin(session, role));
                return;
            } catch (SQLException e) {
                if (attempt == ATTEMPTS || !GuardSession.LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
    }

    /** A change of a role. */
    private interface Change {
        void make(Connection session) throws SQLException;
    }

    /** Makes a change and commits it. */
    private void alter(Change change) throws SQLException {
        if (altering.isOpen()) {
            try {
                change.make(altering.connection());
                altering.commit();
                return;
            } catch (SQLException e) {
                altering.recover(e);
                if (GuardSession.LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
        watching.locks().releaseAll(watching.connection());
        change.make(watching.connection());
        watching.commit();
    }
}
