package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * The lock that makes one daemon active on a PostgreSQL server: an {@link AdvisoryLock} of a session of its own. The
 * server releases it when the daemon ends for any reason. Thread-safe.
 *
 * <ol>
 *   <li>A daemon without the lock marks its session, so that commands see that it stands by.
 *   <li>After a broken connection, the server may still have the old session of this daemon. That session is
 *       terminated.
 *   <li>A host that vanishes releases no lock. The server sends a keepalive probe after 15 s of silence, and ends the
 *       session after 30 s.
 * </ol>
 */
public final class DaemonLock implements AutoCloseable {
    private static final int ACTIVE = AdvisoryLock.Kind.DAEMON.number();
    private static final int STANDBY = AdvisoryLock.Kind.STANDBY.number();

    private static final AdvisoryLock LOCK = new AdvisoryLock(AdvisoryLock.Kind.DAEMON);
    private static final AdvisoryLock MARK = new AdvisoryLock(AdvisoryLock.Kind.STANDBY);

    private static final int ANSWER_SECONDS = 10;

    /** The comment in the text of each statement, which a superuser sees in pg_stat_activity. */
    private static final Pattern OWN_NAME = Pattern.compile("/\\* pgsteward daemon (\\S{1,80}) ([0-9a-f]{16}) \\*/");

    private static final String SIGN_OF_LIFE = "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5;"
            + " SET tcp_keepalives_count = 3; SET tcp_user_timeout = '30s'";

    /** A daemon that stood by and is now active has both marks. */
    private static final String SESSIONS =
            """
            SELECT l.pid, pg_catalog.bool_or(l.classid::bigint = %d), a.backend_start,
                   COALESCE(pg_catalog.host(a.client_addr), 'a local socket'), a.query
            {locks} AND l.classid::bigint IN (%d, %d)
             GROUP BY l.pid, a.backend_start, a.client_addr, a.query
             ORDER BY a.backend_start
            """.replace("{locks}", AdvisoryLock.LOCKS).formatted(ACTIVE, ACTIVE, STANDBY);

    private final Server server;
    private final String name;
    private final String id =
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    private @Nullable Connection connection;
    private boolean held;
    private boolean standsBy;
    private boolean closed;

    /** When a check takes a free lock. */
    public enum Take {
        ALWAYS,
        /** Not with a session that this check opens, since the holder may have lost its session at the same time. */
        UNLESS_RECONNECTED,
        NEVER
    }

    /** The state of the lock. */
    public enum State {
        /** This daemon has the lock. */
        HELD,
        /** Another daemon has the lock. */
        TAKEN,
        /** PostgreSQL is unavailable. */
        UNKNOWN
    }

    /**
     * A daemon's session.
     *
     * @param active whether it holds the lock; otherwise it stands by
     * @param host the name of the daemon's host or container
     * @param address the client address of the session
     * @param since when the session began
     */
    public record Session(boolean active, String host, String address, Instant since) {}

    /**
     * The result of a check.
     *
     * @param other the daemon that holds the lock, for {@link State#TAKEN}
     * @param trouble why the state is unknown, for {@link State#UNKNOWN}; empty otherwise
     * @param reconnected whether this check opened the session
     * @param tried whether this check would have taken a free lock
     */
    public record Check(State state, Optional<Session> other, String trouble, boolean reconnected, boolean tried) {}

    /**
     * Creates the lock without taking it.
     *
     * @param name the name of this host
     */
    public DaemonLock(Server server, String name) {
        this.server = server;
        this.name = name.replaceAll("[^A-Za-z0-9_.-]", "_");
    }

    /**
     * Takes the lock if it is free and may be taken, and returns its state.
     *
     * @param take {@link Take#ALWAYS} except for a daemon that first gives another one the time to come back
     */
    public synchronized Check check(Take take) {
        if (closed) {
            return new Check(State.UNKNOWN, Optional.empty(), "the daemon stops", false, false);
        }
        boolean reconnected = false;
        try {
            Connection open = connection;
            if (open == null || open.isClosed()) {
                held = false;
                standsBy = false;
                open = server.connectForDaemon(ANSWER_SECONDS);
                connection = open;
                reconnected = true;
                Query.run(open, SIGN_OF_LIFE);
            }
            boolean tries = take == Take.ALWAYS || (take == Take.UNLESS_RECONNECTED && !reconnected);
            return new Check(held(open, tries) ? State.HELD : State.TAKEN, other(open), "", reconnected, tries);
        } catch (SQLException e) {
            disconnect();
            return new Check(State.UNKNOWN, Optional.empty(), NoConnection.words(e), reconnected, false);
        }
    }

    /**
     * Waits, but no longer than until the session ends, as it does at once if PostgreSQL crashes. Costs nothing while it
     * waits. A session that has ended is forgotten, and the next check opens another one. {@link #close} waits for the end of
     * this call, because the driver uses a connection for one call at a time.
     *
     * @param longest at least a millisecond
     * @return whether the session has ended; false if there is none
     */
    public boolean endsWithin(Duration longest) {
        Connection open = session();
        if (open == null) {
            return false;
        }
        try {
            open.unwrap(PGConnection.class).getNotifications(Math.max(1, (int) longest.toMillis()));
            return false;
        } catch (SQLException ended) {
            disconnect(open);
            return true;
        }
    }

    /** Forgets a session that has ended, so that the next check opens another one before a standby takes the lock. */
    private synchronized void disconnect(Connection ended) {
        if (connection == ended) {
            disconnect();
        }
    }

    private synchronized @Nullable Connection session() {
        return connection;
    }

    /** Returns whether there is a session. */
    public boolean isConnected() {
        return session() != null;
    }

    private boolean held(Connection open, boolean tries) throws SQLException {
        if (held) {
            // A session that answers still has its lock.
            Query.run(open, ownName() + "SELECT 1");
            return true;
        }
        if (tries && (take(open) || (endOurs(open) && take(open)))) {
            held = true;
            return true;
        }
        if (standsBy) {
            Query.run(open, ownName() + "SELECT 1");
        } else {
            MARK.announce(open, ownName());
            standsBy = true;
        }
        return false;
    }

    private String ownName() {
        return "/* pgsteward daemon " + name + " " + id + " */ ";
    }

    private boolean take(Connection open) throws SQLException {
        return LOCK.take(open, ownName());
    }

    /** Terminates sessions of this daemon that still hold the lock, and returns whether there was one. */
    private boolean endOurs(Connection open) throws SQLException {
        List<Found> ours = found(open, ownName()).stream()
                .filter(found -> found.session().active() && found.id().equals(id))
                .toList();
        for (Found found : ours) {
            Query.run(open, ownName() + "SELECT pg_catalog.pg_terminate_backend(" + found.pid() + ", 5000)");
        }
        return !ours.isEmpty();
    }

    private Optional<Session> other(Connection open) throws SQLException {
        return held
                ? Optional.empty()
                : found(open, ownName()).stream()
                        .filter(found -> found.session().active() && !found.id().equals(id))
                        .map(Found::session)
                        .findFirst();
    }

    /** Returns every daemon that is active on this server or stands by, active ones first. */
    public static List<Session> sessions(Connection connection) throws SQLException {
        return found(connection, "").stream()
                .map(Found::session)
                .sorted(Comparator.comparing(Session::active).reversed())
                .toList();
    }

    /**
     * A session that was found.
     *
     * @param id the daemon's id; empty if it is unknown
     */
    private record Found(int pid, String id, Session session) {
        static Found of(ResultSet row) throws SQLException {
            Matcher own = OWN_NAME.matcher(Objects.requireNonNullElse(row.getString(5), ""));
            boolean named = own.find();
            String host = named ? own.group(1) : "an unknown host";
            return new Found(
                    row.getInt(1),
                    named ? own.group(2) : "",
                    new Session(row.getBoolean(2), host, row.getString(4), Query.time(row, 3)));
        }
    }

    /**
     * Returns the sessions of all daemons.
     *
     * @param comment the comment that identifies this session, since other sessions see only its last statement
     */
    private static List<Found> found(Connection connection, String comment) throws SQLException {
        return Query.list(connection, comment + SESSIONS, Found::of);
    }

    private void disconnect() {
        Connection open = connection;
        connection = null;
        held = false;
        standsBy = false;
        if (open != null) {
            try {
                open.abort(Runnable::run);
            } catch (SQLException e) {
                // The connection is closed already.
                connection = null;
            }
        }
    }

    /** Releases the lock. */
    @Override
    public synchronized void close() {
        closed = true;
        Connection open = connection;
        connection = null;
        held = false;
        standsBy = false;
        if (open != null) {
            try (open) {
                // Releases the lock explicitly, since the server notices a closed connection only after a while.
                AdvisoryLock.release(open);
            } catch (SQLException e) {
                connection = null;
            }
        }
    }
}
