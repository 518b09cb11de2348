package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps roles that are no superuser from locking what everybody needs: the catalogs that all databases share, and what
 * superusers own in the management database, such as its catalog and the journal; and from taking nearly all the locks
 * that the server has. Safe for many threads.
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
 *   <li>A superuser who waits for the guard, as {@code VACUUM FULL} does, goes first.
 * </ol>
 */
public final class CatalogGuard implements AutoCloseable {
    private static final int ANSWER_SECONDS = 10;

    /** Between the two looks that have to find the same session: a statement that is refused holds its lock for less. */
    private static final long CONFIRMATION_NANOSECONDS = 300_000_000;

    /** Between two looks while the sessions of a role come back. */
    private static final long AT_IT_NANOSECONDS = 50_000_000;

    /** The call returns after so many looks in a row that found no such session. */
    private static final int CALM_LOOKS = 10;

    /** After this the call returns, so that the alert is sent; the next call continues. */
    private static final long LONGEST_LOOK_NANOSECONDS = 10_000_000_000L;

    /** Sessions that one call tells of. */
    private static final int MOST_TOLD = 100;

    private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = '1s'";

    private static final String CATALOGS = """
            SELECT pg_catalog.string_agg(pg_catalog.format('pg_catalog.%I', relname), ', ')
              FROM pg_catalog.pg_class
             WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND relkind = 'r'
            """;

    /** The views that our own looks read, and the one that every role may lock. */
    private static final String VIEWS =
            "pg_catalog.pg_locks, pg_catalog.pg_stat_activity, pg_catalog.pg_roles, pg_catalog.pg_settings";

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    /** To plan it locks every index of the catalogs, too; it reads nothing. */
    private static final String INDEXES = """
            SELECT pg_catalog.string_agg(
                       pg_catalog.format('SELECT 1 FROM pg_catalog.%I WHERE false', relname), ' UNION ALL ')
              FROM pg_catalog.pg_class
             WHERE relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND relkind = 'r'
            """;

    /** What others hold or wait for beyond what a statement takes that reads or writes rows. */
    private static final String HARMFUL = """
            SELECT l.pid, r.rolname, COALESCE(a.datname, ''),
                   pg_catalog.format('locked %s (%s)', l.relation::pg_catalog.regclass, l.mode)
              FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE l.locktype = 'relation' AND NOT r.rolsuper
               AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
               AND (l.database = 0
                    OR (l.database = (SELECT oid FROM pg_catalog.pg_database
                                       WHERE datname = pg_catalog.current_database())
                        AND EXISTS (SELECT FROM pg_catalog.pg_class AS c
                                      JOIN pg_catalog.pg_roles AS o ON o.oid = c.relowner
                                     WHERE c.oid = l.relation AND o.rolsuper)))
             ORDER BY l.pid, 4
             LIMIT 100
            """;

    /** How many places the server's table of locks has, and how many are taken. */
    private static final String PLACES = """
            WITH places AS (
                SELECT pg_catalog.current_setting('max_locks_per_transaction')::bigint * {holders} AS there,
                       (SELECT {taken} FROM pg_catalog.pg_locks AS l WHERE {isInIt}) AS taken)
            """.replace("{holders}", LockTable.HOLDERS)
            .replace("{taken}", LockTable.TAKEN)
            .replace("{isInIt}", LockTable.IS_IN_IT);

    /** A thousand locks, or a twentieth of what there is, for a time when there are no others; none while there are few. */
    private static final String RESERVE =
            PLACES + """
            SELECT pg_catalog.count(*)
              FROM places, LATERAL pg_catalog.generate_series(
                       1, CASE WHEN taken < there * 0.5 THEN LEAST(1000, there / 20) ELSE 0 END) AS n
             WHERE pg_catalog.pg_try_advisory_lock({reserve}, n::int)
            """.replace("{reserve}", Integer.toString(AdvisoryLock.Kind.RESERVE.number()));

    /** The guard's session has no others that last beyond a transaction. */
    private static final String RELEASE_RESERVE = "SELECT pg_catalog.pg_advisory_unlock_all()";

    /**
     * Who holds most of the server's locks while few places are left: the sessions with the most of them, which together
     * hold half. The table has room for a little more than it is said to have here.
     */
    private static final String MANY = PLACES + """
            , held AS (
                SELECT l.pid, pg_catalog.count(*) AS locks, pg_catalog.sum(pg_catalog.count(*)) OVER () AS of_all,
                       COALESCE(pg_catalog.sum(pg_catalog.count(*))
                           OVER (ORDER BY pg_catalog.count(*) DESC, l.pid
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS of_larger
                  FROM pg_catalog.pg_locks AS l WHERE {isInIt} GROUP BY l.pid)
            SELECT h.pid, r.rolname, COALESCE(a.datname, ''),
                   pg_catalog.format('held %s of the server''s %s locks', h.locks, places.there)
              FROM places, held AS h
              JOIN pg_catalog.pg_stat_activity AS a ON a.pid = h.pid
              JOIN pg_catalog.pg_roles AS r ON r.oid = a.usesysid
             WHERE NOT r.rolsuper AND places.taken > places.there * 0.8 AND h.of_larger < h.of_all * 0.5
             LIMIT 100
            """.replace("{isInIt}", LockTable.IS_IN_IT);

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
                              AND pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(l.pid)))
            """;

    private final Server server;
    private final RecentClients clients = new RecentClients();
    private @Nullable Connection kept;
    private boolean locked;
    private boolean viewsLocked;
    private boolean reserved;

    public CatalogGuard(Server server) {
        this.server = server;
    }

    /**
     * A session that was ended.
     *
     * @param database that it was connected to
     * @param what such as {@code locked pg_authid (AccessExclusiveLock)}, which it may have waited for
     * @param gone whether it has ended; PostgreSQL does not interrupt everything that a statement may do
     */
    public record Evicted(int pid, String role, String database, String what, boolean gone) {
        private Evicted still() {
            return new Evicted(pid, role, database, what, false);
        }
    }

    /** A session that was there at one of the last looks. */
    public record Client(String role, String database) {}

    /** The sessions that were seen last, by the number of their process. After a crash PostgreSQL does not know them. */
    public Map<Integer, Client> clients() {
        return clients.copy();
    }

    /**
     * Looks once, and as long as a role goes on with it for some 10 s; to be called every few seconds.
     *
     * @return the sessions that were ended, each with one of its locks; 100 at most
     * @throws SQLException when PostgreSQL cannot be asked; the next call comes with a new session
     */
    public synchronized List<Evicted> look() throws SQLException {
        boolean done = false;
        try {
            Connection session = session();
            List<Evicted> ended = List.of();
            List<Evicted> harmful = harmful(session);
            if (!harmful.isEmpty()) {
                // Others log in with these, even if PostgreSQL cannot interrupt who has taken all others.
                text(session, RELEASE_RESERVE);
                reserved = false;
                LockSupport.parkNanos(CONFIRMATION_NANOSECONDS);
                Set<Integer> before = harmful.stream().map(Evicted::pid).collect(Collectors.toSet());
                harmful = harmful(session);
                harmful.removeIf(one -> !before.contains(one.pid()));
                ended = endAll(session, harmful);
            } else if (!reserved) {
                reserved = !text(session, RESERVE).equals("0");
            }
            remember(session);
            if (superuserWaits(session)) {
                session.rollback();
                locked = false;
                viewsLocked = false;
            } else {
                dropSnapshot(session);
            }
            done = true;
            return ended;
        } finally {
            if (!done) {
                close();
            }
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
        Connection session = kept;
        if (session == null) {
            return Map.of();
        }
        boolean done = false;
        try {
            Map<String, Integer> connections = ClientSockets.byAddress(session);
            dropSnapshot(session);
            done = true;
            return connections;
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
        while (calm < CALM_LOOKS && System.nanoTime() - begun < LONGEST_LOOK_NANOSECONDS) {
            calm = harmful.isEmpty() ? calm + 1 : 0;
            for (Evicted one : harmful) {
                end(session, one.pid());
                if (ended.size() < MOST_TOLD) {
                    ended.putIfAbsent(one.pid(), one);
                }
            }
            LockSupport.parkNanos(AT_IT_NANOSECONDS);
            harmful = harmful(session);
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

    private Connection session() throws SQLException {
        Connection session = kept;
        if (session == null) {
            session = server.connectForDaemon(ANSWER_SECONDS);
            kept = session;
            session.setAutoCommit(false);
        }
        if (!locked) {
            try (Statement statement = session.createStatement()) {
                statement.execute(LOCK_TIMEOUT);
                statement.execute("LOCK TABLE " + text(statement, CATALOGS) + " IN ACCESS SHARE MODE");
                statement.execute(text(statement, INDEXES));
            }
            locked = true;
        }
        if (!viewsLocked) {
            viewsLocked = lockViews(session);
        }
        return session;
    }

    /** Whether they are locked now; whoever has locked one of them is found by the look. */
    private static boolean lockViews(Connection session) throws SQLException {
        Savepoint before = session.setSavepoint();
        try (Statement statement = session.createStatement()) {
            statement.execute("LOCK TABLE " + VIEWS + " IN ACCESS SHARE MODE");
            session.releaseSavepoint(before);
            return true;
        } catch (SQLException e) {
            if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                throw e;
            }
            session.rollback(before);
            return false;
        }
    }

    private static List<Evicted> harmful(Connection session) throws SQLException {
        Map<Integer, Evicted> harmful = new LinkedHashMap<>();
        try (Statement statement = session.createStatement()) {
            // Within a transaction it would be the sessions of the first look.
            statement.execute("SELECT pg_catalog.pg_stat_clear_snapshot()");
            for (String question : List.of(HARMFUL, MANY)) {
                try (ResultSet rows = statement.executeQuery(question)) {
                    while (rows.next()) {
                        harmful.putIfAbsent(
                                rows.getInt(1),
                                new Evicted(
                                        rows.getInt(1), rows.getString(2), rows.getString(3), rows.getString(4), true));
                    }
                }
            }
        }
        return new ArrayList<>(harmful.values());
    }

    private static void end(Connection session, int pid) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement("SELECT pg_catalog.pg_terminate_backend(?)")) {
            statement.setInt(1, pid);
            statement.execute();
        }
    }

    private static boolean superuserWaits(Connection session) throws SQLException {
        return text(session, SUPERUSER_WAITS).equals("t");
    }

    /** The last query's portal keeps its snapshot until another statement takes its place, which needs none. */
    private static void dropSnapshot(Connection session) throws SQLException {
        try (Statement statement = session.createStatement()) {
            statement.execute(LOCK_TIMEOUT);
        }
    }

    private static String text(Connection session, String sql) throws SQLException {
        try (Statement statement = session.createStatement()) {
            return text(statement, sql);
        }
    }

    private static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public synchronized void close() {
        Connection session = kept;
        kept = null;
        locked = false;
        viewsLocked = false;
        reserved = false;
        if (session != null) {
            try {
                session.abort(Runnable::run);
            } catch (SQLException e) {
                // It is gone already.
                kept = null;
            }
        }
    }
}
