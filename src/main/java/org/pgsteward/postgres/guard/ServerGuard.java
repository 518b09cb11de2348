package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.pgsteward.postgres.Server;

/**
 * Keeps roles that are no superuser from locking what everybody needs: the catalogs that all databases share, and what
 * superusers own in the management database, such as its catalog and the journal; from taking nearly all the locks that
 * the server has; and from taking its memory. Safe for many threads.
 *
 * <ol>
 *   <li>PostgreSQL locks the table of {@code CREATE RULE} before it looks whether the role may. A role can keep the
 *       statement waiting there, and nobody can log in any more. Every role may lock {@code pg_settings}, too.
 *   <li>Whoever holds such a lock, or waits for one, is ended. Nothing that a service does for its own sake takes one: a
 *       statement on what is not its own is refused at once.
 *   <li>The server has a table of locks of a fixed size for all sessions. A login needs some of them, too. So the guard
 *       holds some that nobody needs, and gives them up when there are no others.
 *   <li>The look itself needs the catalogs. So the guard's session keeps them and their indexes locked, as softly as a reader
 *       does. It is then let in ahead of whoever waits, and needs no lock more. It has no snapshot, so it holds up no vacuum.
 *   <li>A role may connect again at once, with many sessions. A login takes several locks one after the other, and could
 *       take only one after each look. So the guard looks every 50 ms and ends the sessions of that role, until it finds none.
 *   <li>A role that goes on with it is shut out. The guard's session does that, too, since no other one may get in.
 *   <li>A superuser who waits for the guard, as {@code VACUUM FULL} does, goes first.
 * </ol>
 */
public final class ServerGuard implements AutoCloseable {
    /** Between the two looks that have to find the same session: a statement that is refused holds its lock for less. */
    private static final long CONFIRMATION_NANOSECONDS = 300_000_000;

    /** Between two looks while the sessions of a role come back. */
    private static final long AT_IT_NANOSECONDS = 50_000_000;

    /** The call returns after so many looks in a row that found no such session. */
    private static final int CALM_LOOKS = 10;

    /** After this the call returns, so that the alert is sent; the next call continues. */
    private static final long LONGEST_LOOK_NANOSECONDS = 10_000_000_000L;

    /** The call returns after so many sessions, so that a role can be shut out that goes on with it. */
    private static final int MOST_ENDED = 20;

    private static final long SERVICES_NANOSECONDS = 30_000_000_000L;

    private static final String CLIENTS = """
            SELECT pid, usename, datname FROM pg_catalog.pg_stat_activity
             WHERE backend_type IN ('client backend', 'parallel worker') AND usename IS NOT NULL AND datname IS NOT NULL
             LIMIT 1000
            """;

    private static final String SUPERUSER_WAITS = """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                             JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
                             JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
                            WHERE NOT l.granted AND l.locktype = 'relation' AND r.rolsuper
                              AND ARRAY[%d, %d] && pg_catalog.pg_blocking_pids(l.pid))
            """;

    private final RecentClients clients = new RecentClients();
    private final MemoryGuard memory = new MemoryGuard();

    /** The service of each role, as it was a while ago. */
    private Map<String, String> services = Map.of();

    private long servicesRead = System.nanoTime() - 2 * SERVICES_NANOSECONDS;

    /** Looks, and ends sessions. */
    private final GuardSession eyes;

    /** Shuts out. To commit that it has to give up its locks, and the other one keeps them meanwhile. */
    private final GuardSession hand;

    public ServerGuard(Server server) {
        eyes = new GuardSession(server);
        hand = new GuardSession(server);
    }

    /**
     * What a look found.
     *
     * @param ended sessions, each with one of its locks; some 100 at most
     * @param memory who had taken much of the server's memory; his sessions are not among {@code ended}
     * @param crash that all sessions have ended since the last look
     */
    public record Looked(List<Evicted> ended, Optional<MemoryTaken> memory, Optional<ServerCrash> crash) {}

    /** A session that was there at one of the last looks. */
    public record Client(String role, String database) {}

    /** The sessions that were seen last, by the number of their process. After a crash PostgreSQL does not know them. */
    public Map<Integer, Client> clients() {
        return clients.copy();
    }

    /**
     * Looks once, and as long as a role goes on with it for some 10 s; to be called every few seconds.
     *
     * @throws SQLException when PostgreSQL cannot be asked; the next call comes with a new session
     */
    public synchronized Looked look() throws SQLException {
        return within(session -> {
            // First, since after a crash it is a matter of milliseconds.
            MemoryGuard.Found found = memory.look(session);
            eyes.locks().take(session, true);
            eyes.keepLocks();
            List<Evicted> ended = List.of();
            List<Evicted> offenders = LockOffenders.now(session);
            if (offenders.isEmpty()) {
                eyes.locks().reserve(session);
                readyHand();
                rememberServices(session);
            } else {
                // Others log in with these, even if PostgreSQL cannot interrupt who has taken all others.
                eyes.locks().giveReserve(session);
                LockSupport.parkNanos(CONFIRMATION_NANOSECONDS);
                Set<Integer> before = offenders.stream().map(Evicted::pid).collect(Collectors.toSet());
                offenders = LockOffenders.now(session);
                offenders.removeIf(one -> !before.contains(one.pid()));
                ended = endAll(session, offenders);
            }
            remember(session);
            if (superuserWaits(session)) {
                eyes.rollback();
                hand.rollback();
            }
            return new Looked(ended, found.taken(), found.crash());
        });
    }

    /** For a time when there are no locks to read them with. */
    private void rememberServices(Connection session) throws SQLException {
        if (System.nanoTime() - servicesRead > SERVICES_NANOSECONDS) {
            servicesRead = System.nanoTime();
            services = ShutOut.services(session);
        }
    }

    private Optional<String> serviceNow(Connection session, String role) throws SQLException {
        return ShutOut.serviceOf(session, role).or(() -> Optional.ofNullable(services.get(role)));
    }

    /** Without it the other session shuts out. */
    private void readyHand() {
        try {
            hand.locks().take(hand.open(), false);
            hand.dropSnapshot();
        } catch (SQLException e) {
            hand.recover(e);
        }
    }

    /**
     * Asks nothing of the server but to answer. When the guard's session has ended, another one has to be there before a role
     * has taken all locks.
     *
     * @throws SQLException when the session has ended
     */
    public synchronized void check() throws SQLException {
        if (eyes.isOpen()) {
            within(session -> true);
        }
    }

    /**
     * How many TCP connections each address has to the server, logged in or not, as the guard's session sees them: also
     * when nobody else is let in.
     *
     * @return empty where the guard has no session, or the server is no Linux
     * @throws SQLException when PostgreSQL cannot be asked
     */
    public synchronized Map<String, Integer> connections() throws SQLException {
        return eyes.isOpen() ? within(ClientSockets::byAddress) : Map.of();
    }

    /**
     * The service of a role; empty for a role of none.
     *
     * @throws SQLException when PostgreSQL cannot be asked
     */
    public synchronized Optional<String> serviceOf(String role) throws SQLException {
        return within(session -> serviceNow(session, role));
    }

    /**
     * Keeps the role of a service from logging in, and ends its sessions.
     *
     * @return its service; empty, with nothing done, for a role of none
     * @throws SQLException when PostgreSQL cannot be asked
     */
    public synchronized Optional<String> shutOut(String role) throws SQLException {
        return within(session -> {
            Optional<String> service = serviceNow(session, role);
            if (service.isPresent()) {
                keepFromLoggingIn(role);
                ShutOut.endSessions(eyes.open(), role);
            }
            return service;
        });
    }

    private void keepFromLoggingIn(String role) throws SQLException {
        if (hand.isOpen()) {
            try {
                ShutOut.alter(hand.open(), role);
                hand.commit();
                return;
            } catch (SQLException e) {
                hand.recover(e);
            }
        }
        eyes.locks().giveOwn(eyes.open());
        ShutOut.alter(eyes.open(), role);
        eyes.commit();
    }

    /**
     * The services whose role was shut out and not let in again, with the role; not those in quarantine.
     *
     * @throws SQLException when PostgreSQL cannot be asked
     */
    public synchronized Map<String, String> shutOut() throws SQLException {
        return within(ShutOut::all);
    }

    /** What is asked of the server in one go. */
    private interface Work<T> {
        T of(Connection session) throws SQLException;
    }

    private <T> T within(Work<T> work) throws SQLException {
        boolean done = false;
        try {
            T result = work.of(eyes.open());
            eyes.dropSnapshot();
            done = true;
            return result;
        } catch (SQLException e) {
            eyes.recover(e);
            done = true;
            throw e;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    /** Ends these sessions and the next ones of their roles, until there are none. */
    private static List<Evicted> endAll(Connection session, List<Evicted> confirmed) throws SQLException {
        Map<Integer, Evicted> ended = new LinkedHashMap<>();
        Set<String> roles = confirmed.stream().map(Evicted::role).collect(Collectors.toSet());
        List<Evicted> harmful = confirmed;
        long begun = System.nanoTime();
        int calm = roles.isEmpty() ? CALM_LOOKS : 0;
        while (calm < CALM_LOOKS && ended.size() < MOST_ENDED && System.nanoTime() - begun < LONGEST_LOOK_NANOSECONDS) {
            calm = harmful.isEmpty() ? calm + 1 : 0;
            for (Evicted one : harmful) {
                Ask.end(session, one.pid());
                ended.putIfAbsent(one.pid(), one);
            }
            LockSupport.parkNanos(AT_IT_NANOSECONDS);
            harmful = LockOffenders.now(session);
            harmful.removeIf(one -> !roles.contains(one.role()));
        }
        harmful.forEach(one -> ended.computeIfPresent(one.pid(), (pid, still) -> still.still()));
        return List.copyOf(ended.values());
    }

    private void remember(Connection session) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet rows = statement.executeQuery(CLIENTS)) {
            while (rows.next()) {
                clients.see(rows.getInt(1), new Client(rows.getString(2), rows.getString(3)));
            }
        }
    }

    private boolean superuserWaits(Connection session) throws SQLException {
        return Ask.text(session, SUPERUSER_WAITS.formatted(eyes.pid(), hand.pid()))
                .equals("t");
    }

    @Override
    public synchronized void close() {
        eyes.close();
        hand.close();
    }
}
