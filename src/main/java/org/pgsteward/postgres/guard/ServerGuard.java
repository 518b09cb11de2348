package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    /** A login that has waited so long for a lock is terminated; clients give up sooner. */
    private static final Duration LONGEST_LOGIN = Duration.ofMinutes(1);

    /** For a worker of autovacuum to analyze one table: it reads a sample of the rows, however many there are. */
    private static final Duration LONGEST_ANALYZE = Duration.ofMinutes(10);

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
    private final OffenderTermination termination = new OffenderTermination(offenders);
    private final ServiceLogins logins;

    /** Checks, and terminates sessions. */
    private final GuardSession watching;

    /** Changes roles, see {@link ServiceLogins}. */
    private final GuardSession altering;

    /** @param space of the disk with the server's data; without it, the disk is not guarded */
    public ServerGuard(Server server, FreeSpace space) {
        disk = new DiskGuard(space);
        watching = new GuardSession(server);
        altering = new GuardSession(server);
        logins = new ServiceLogins(watching, altering);
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
            List<AutovacuumWorker> workers =
                    clients.read(session) ? AutovacuumGuard.endHarmful(session, LONGEST_ANALYZE) : List.of();
            watching.locks().take(session, true);
            watching.protectLocks();
            List<TerminatedSession> terminated = new ArrayList<>(watching.terminatedForLogin());
            LockTableUse locks = offenders.read(session);
            List<TerminatedSession> found = offenders.find(session, locks);
            if (locks.waiting()) {
                LockQueues.endOldLogins(session, LONGEST_LOGIN);
            }
            if (found.isEmpty()) {
                watching.locks().takeReserve(session);
                logins.prepare(session);
            } else {
                watching.locks().releaseReserve(session);
                terminated.addAll(termination.run(session, found));
            }
            if (locks.waiting() && superuserWaits(session)) {
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
        return ask(session -> logins.serviceOf(session, role));
    }

    /**
     * Disables the login of a service's role, and terminates its sessions.
     *
     * @return its service; empty, without any effect, for other roles
     * @throws SQLException if PostgreSQL cannot be asked
     */
    public synchronized Optional<String> shutOut(String role) throws SQLException {
        return ask(session -> logins.shutOut(session, role));
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
            logins.readmit(role, connectionLimit);
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
                clients.add(session.pid(), new Client(session.role(), session.database(), false, true));
                close();
            }
            return killed;
        });
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
