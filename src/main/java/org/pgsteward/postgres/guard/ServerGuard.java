package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.pgsteward.postgres.Server;

/**
 * Terminates sessions of ordinary roles that block all services. Safe for many threads.
 *
 * <ol>
 *   <li>Locks on shared catalogs and on tables of superusers in the management database: {@code CREATE RULE} locks its table
 *       before PostgreSQL checks the privilege, and a role can make the statement wait there. Every login then waits too.
 *       Every role may also lock {@code pg_settings}. No application needs these locks.
 *   <li>Locks on databases, see {@link LockQueues}.
 *   <li>The server's lock table, which all sessions share and each login needs. The guard keeps a reserve of locks, and
 *       releases it when the table is full.
 *   <li>The memory of the server's container, see {@link MemoryGuard}.
 *   <li>The disk with the server's data, see {@link DiskGuard}.
 *   <li>The workers of autovacuum, see {@link AutovacuumGuard}.
 * </ol>
 *
 * <p>The guard needs the catalogs itself. Its sessions therefore keep {@code ACCESS SHARE} locks on them: PostgreSQL grants
 * them further locks ahead of other waiting sessions. They hold no snapshot, so they delay no vacuum. If a superuser waits
 * for these locks, as {@code VACUUM FULL} does, the guard releases them.
 */
public final class ServerGuard implements AutoCloseable {
    /** A session must have its lock in two checks this far apart: a statement without the privilege fails sooner. */
    private static final long CONFIRMATION_NANOSECONDS = 300_000_000;

    /** Pause between two checks while sessions of a role keep coming. */
    private static final long PAUSE_NANOSECONDS = 50_000_000;

    /** Checks in a row without such a session, after which {@link #check} returns. */
    private static final int CALM_CHECKS = 10;

    /** Limit for one call, so that its alert is sent; the next call continues. */
    private static final long LONGEST_CHECK_NANOSECONDS = 4_000_000_000L;

    /** Sessions of one call, after which it returns: the caller may then shut the role out. */
    private static final int MOST_TERMINATED = 20;

    /** A login that has waited so long for a lock is terminated; clients give up sooner. */
    private static final Duration LONGEST_LOGIN = Duration.ofMinutes(1);

    /** For a worker of autovacuum to analyze one table: it reads a sample of the rows, however many there are. */
    private static final Duration LONGEST_ANALYZE = Duration.ofMinutes(10);

    /** To disable a login. Each takes one second if a session of the role comes back in time to change the role again. */
    private static final int ATTEMPTS = 5;

    private static final long SERVICES_NANOSECONDS = 30_000_000_000L;

    /** A worker of autovacuum belongs to the owner of its database. */
    private static final String CLIENTS = """
            SELECT a.pid, r.rolname, a.datname, a.backend_type = 'autovacuum worker'
              FROM pg_catalog.pg_stat_activity AS a
              JOIN pg_catalog.pg_database AS d ON d.oid = a.datid
              JOIN pg_catalog.pg_roles AS r
                ON r.oid = CASE a.backend_type WHEN 'autovacuum worker' THEN d.datdba ELSE a.usesysid END
             WHERE a.backend_type IN ('client backend', 'parallel worker', 'autovacuum worker')
             LIMIT 1000
            """;

    /** The process IDs of the guard's sessions are inserted. */
    private static final String SUPERUSER_WAITS = """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                             JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
                             JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
                            WHERE NOT l.granted AND l.locktype = 'relation' AND r.rolsuper
                              AND ARRAY[%d, %d] && pg_catalog.pg_blocking_pids(l.pid))
            """;

    private final RecentClients clients = new RecentClients();
    private final MemoryGuard memory = new MemoryGuard();
    private final DiskGuard disk;
    private final LockOffenders offenders = new LockOffenders();

    /** Services by role, read regularly: during an incident no lock may be free to read them. */
    private Map<String, String> services = Map.of();

    private long servicesReadAt = System.nanoTime() - 2 * SERVICES_NANOSECONDS;

    /** Checks, and terminates sessions. */
    private final GuardSession watching;

    /** Commits shut-outs. A commit releases the session's locks, and the other session keeps its own. */
    private final GuardSession altering;

    /** @param space of the disk with the server's data; without it, the disk is not guarded */
    public ServerGuard(Server server, FreeSpace space) {
        disk = new DiskGuard(space);
        watching = new GuardSession(server);
        altering = new GuardSession(server);
    }

    /**
     * The result of a check.
     *
     * @param terminated sessions that were terminated because of their locks, about 100 at most
     * @param memory present if a role took a large share of the memory; its sessions are not in {@code terminated}
     * @param disk present if a role takes the last space of the disk; its sessions are not in {@code terminated} either
     * @param crash present if PostgreSQL has ended all sessions since the previous check
     * @param workers of autovacuum that were terminated
     */
    public record Result(
            List<TerminatedSession> terminated,
            Optional<MemoryTaken> memory,
            Optional<DiskTaken> disk,
            Optional<ServerCrash> crash,
            List<AutovacuumWorker> workers) {}

    /**
     * The role and database of a session, or of a worker of autovacuum.
     *
     * @param role of the session, or the owner of the database that the worker is in
     * @param killed whether pgsteward killed its process
     */
    public record Client(String role, String database, boolean autovacuum, boolean killed) {}

    /** Returns the most recent sessions by process ID. After a crash PostgreSQL no longer has them. */
    public Map<Integer, Client> clients() {
        return clients.copy();
    }

    /**
     * Checks the server once, or for up to 4 s if sessions of a role keep coming. To be called every few seconds.
     *
     * @throws SQLException if PostgreSQL cannot be asked; the next call opens a new session
     */
    public synchronized Result check() throws SQLException {
        return ask(session -> {
            // First, since memory may be exhausted within milliseconds after a crash.
            MemoryGuard.Result memoryResult = memory.check(session);
            Optional<DiskTaken> diskTaken = disk.check(session);
            List<AutovacuumWorker> workers = AutovacuumGuard.endHarmful(session, LONGEST_ANALYZE);
            watching.locks().take(session, true);
            watching.protectLocks();
            List<TerminatedSession> terminated = new ArrayList<>(watching.terminatedForLogin());
            List<TerminatedSession> found = offenders.find(session);
            LockQueues.endOldLogins(session, LONGEST_LOGIN);
            if (found.isEmpty()) {
                watching.locks().takeReserve(session);
                prepareAltering();
                readServices(session);
            } else {
                watching.locks().releaseReserve(session);
                LockSupport.parkNanos(CONFIRMATION_NANOSECONDS);
                Set<Integer> before = found.stream().map(TerminatedSession::pid).collect(Collectors.toSet());
                found = offenders.find(session);
                found.removeIf(offender -> !before.contains(offender.pid()));
                terminated.addAll(terminate(session, found));
            }
            rememberClients(session);
            if (superuserWaits(session)) {
                watching.rollback();
                altering.rollback();
            }
            return new Result(terminated, memoryResult.taken(), diskTaken, memoryResult.crash(), workers);
        });
    }

    /** Returns whether the disk fills, so that the next check should not wait. */
    public synchronized boolean isDiskFilling() {
        return watching.isOpen() && disk.isDue();
    }

    /** Returns whether the disk has so much space that a role that was shut out because of it may log in again. */
    public synchronized boolean hasDiskSpace() {
        return disk.hasRoom();
    }

    /**
     * Checks that the guard's session still exists.
     *
     * @throws SQLException if it has ended
     */
    public synchronized void ping() throws SQLException {
        if (watching.isOpen()) {
            ask(session -> true);
        }
    }

    /**
     * Returns the number of TCP connections of each address to the server, logged in or not; empty if the guard has no
     * session, or if the server does not run on Linux.
     *
     * @throws SQLException if PostgreSQL cannot be asked
     */
    public synchronized Map<String, Integer> connections() throws SQLException {
        return watching.isOpen() ? ask(ClientSockets::byAddress) : Map.of();
    }

    /**
     * Returns the service of a role; empty for other roles.
     *
     * @throws SQLException if PostgreSQL cannot be asked
     */
    public synchronized Optional<String> serviceOf(String role) throws SQLException {
        return ask(session -> serviceOf(session, role));
    }

    /**
     * Disables the login of a service's role, and terminates its sessions.
     *
     * @return its service; empty, without any effect, for other roles
     * @throws SQLException if PostgreSQL cannot be asked
     */
    public synchronized Optional<String> shutOut(String role) throws SQLException {
        return ask(session -> {
            Optional<String> service = serviceOf(session, role);
            if (service.isPresent()) {
                disableLogin(role);
                ShutOut.terminateSessions(watching.connection(), role);
            }
            return service;
        });
    }

    /**
     * Returns the connection limit of a role; -1 without a limit.
     *
     * @throws SQLException if PostgreSQL cannot be asked
     */
    public synchronized int connectionLimit(String role) throws SQLException {
        return ask(session -> ShutOut.connectionLimit(session, role));
    }

    /**
     * Ends a shut-out.
     *
     * @throws SQLException if PostgreSQL cannot be asked
     */
    public synchronized void readmit(String role, int connectionLimit) throws SQLException {
        ask(session -> {
            alter(altering -> ShutOut.enableLogin(altering, role, connectionLimit));
            return true;
        });
    }

    /**
     * Returns the roles that are shut out, by service, without services in quarantine; empty if that cannot be read, for
     * example because the lock table is full.
     *
     * @throws SQLException if PostgreSQL cannot be asked
     */
    public synchronized Optional<Map<String, String>> shutOutRoles() throws SQLException {
        return ask(ShutOut::rolesByService);
    }

    /**
     * Kills the process of a session that PostgreSQL cannot interrupt. PostgreSQL then ends all sessions and recovers, as
     * after any crash of a process.
     *
     * @return whether the process was killed; false if the session has ended by itself
     * @throws SQLException if PostgreSQL cannot be asked, or may not start the program that kills
     */
    public synchronized boolean killProcess(TerminatedSession session) throws SQLException {
        return ask(connection -> {
            boolean killed = KillProcess.of(connection, session);
            if (killed) {
                clients.see(session.pid(), new Client(session.role(), session.database(), false, true));
                close();
            }
            return killed;
        });
    }

    /**
     * Terminates the role's sessions before each attempt: one of them may have changed the role in a transaction that is still
     * open, and the change of the guard waits for it.
     */
    private void disableLogin(String role) throws SQLException {
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

    /** Opens the second session in calm times. Without it, the first session commits shut-outs. */
    private void prepareAltering() {
        try {
            altering.locks().take(altering.connection(), false);
            altering.protectLocks();
            altering.releaseSnapshot();
        } catch (SQLException e) {
            altering.recover(e);
        }
    }

    private void readServices(Connection session) throws SQLException {
        if (System.nanoTime() - servicesReadAt > SERVICES_NANOSECONDS) {
            servicesReadAt = System.nanoTime();
            services = ShutOut.servicesByRole(session).orElse(services);
        }
    }

    private Optional<String> serviceOf(Connection session, String role) throws SQLException {
        return ShutOut.serviceOf(session, role).or(() -> Optional.ofNullable(services.get(role)));
    }

    /** Statements over the first session. */
    private interface Question<T> {
        T ask(Connection session) throws SQLException;
    }

    private <T> T ask(Question<T> question) throws SQLException {
        try {
            T answer = question.ask(watching.connection());
            watching.releaseSnapshot();
            return answer;
        } catch (SQLException e) {
            watching.recover(e);
            throw e;
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Terminates these sessions and the next ones of their roles, until none come. */
    private List<TerminatedSession> terminate(Connection session, List<TerminatedSession> confirmed)
            throws SQLException {
        Map<Integer, TerminatedSession> terminated = new LinkedHashMap<>();
        Set<String> roles = confirmed.stream().map(TerminatedSession::role).collect(Collectors.toSet());
        List<TerminatedSession> found = confirmed;
        long begun = System.nanoTime();
        int calm = roles.isEmpty() ? CALM_CHECKS : 0;
        while (calm < CALM_CHECKS
                && terminated.size() < MOST_TERMINATED
                && System.nanoTime() - begun < LONGEST_CHECK_NANOSECONDS) {
            calm = found.isEmpty() ? calm + 1 : 0;
            for (TerminatedSession offender : found) {
                Sql.terminate(session, offender.pid());
                terminated.putIfAbsent(offender.pid(), offender);
            }
            LockSupport.parkNanos(PAUSE_NANOSECONDS);
            found = offenders.find(session);
            found.removeIf(offender -> !roles.contains(offender.role()));
        }
        found.forEach(offender -> terminated.computeIfPresent(offender.pid(), (pid, one) -> one.asRunning()));
        return List.copyOf(terminated.values());
    }

    private void rememberClients(Connection session) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet rows = statement.executeQuery(CLIENTS)) {
            while (rows.next()) {
                clients.see(
                        rows.getInt(1), new Client(rows.getString(2), rows.getString(3), rows.getBoolean(4), false));
            }
        }
    }

    private boolean superuserWaits(Connection session) throws SQLException {
        return Sql.value(session, SUPERUSER_WAITS.formatted(watching.pid(), altering.pid()))
                .equals("t");
    }

    @Override
    public synchronized void close() {
        watching.close();
        altering.close();
    }
}
