package org.pgsteward.monitor;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Console;
import org.pgsteward.postgres.ServerLog;

/**
 * What one round of questions found in PostgreSQL. No statement's text is in it: texts hold passwords.
 *
 * @param console how a person gets to the server's own console
 * @param server the server as a whole
 * @param databases all of them, templates too, with the services that they belong to
 * @param transactions open for a minute or more, the oldest first; our own left out
 * @param waits sessions that wait for a lock
 * @param queries the statements that took longest in all; empty where {@code pg_stat_statements} is not there
 * @param present who is connected, our own left out
 */
public record DatabaseLook(
        Instant at,
        Console console,
        Server server,
        List<Database> databases,
        List<Transaction> transactions,
        List<Wait> waits,
        Optional<List<Query>> queries,
        List<Presence> present)
        implements Look {
    public DatabaseLook {
        databases = List.copyOf(databases);
        transactions = List.copyOf(transactions);
        waits = List.copyOf(waits);
        queries = queries.map(List::copyOf);
        present = List.copyOf(present);
    }

    /**
     * The server as a whole.
     *
     * @param startedAt when it was last started
     * @param recoveredAt when its processes were last started together: after {@code startedAt} where a crash of one of
     *     them ended all sessions
     * @param version such as {@code 15.14}
     * @param sessions of clients, ours among them
     * @param maxConnections that anybody may have
     * @param reservedConnections of these, for superusers alone
     * @param notifyShare of the queue of {@code NOTIFY} that is full, from 0 to 1
     * @param limitBytes the container's memory limit; 0 where there is none, empty while no container is known
     * @param lastOrder when somebody last told the container to stop, or created it; empty if that is not known
     * @param log how it writes its log
     * @param ourAddress as it sees us; empty for a socket
     * @param crash what led to {@code recoveredAt}, where that is known
     * @param told restarts that an alert tells already, by this pgsteward or the one before it
     */
    public record Server(
            Instant startedAt,
            Instant recoveredAt,
            String version,
            int sessions,
            int maxConnections,
            int reservedConnections,
            double notifyShare,
            MemorySettings memory,
            Optional<Long> limitBytes,
            Optional<Instant> lastOrder,
            ServerLog log,
            String ourAddress,
            Optional<ServerProcessCrash> crash,
            Restarts told) {
        /** The same, with what led to its recovery. */
        public Server after(Optional<ServerProcessCrash> crash) {
            return new Server(
                    startedAt,
                    recoveredAt,
                    version,
                    sessions,
                    maxConnections,
                    reservedConnections,
                    notifyShare,
                    memory,
                    limitBytes,
                    lastOrder,
                    log,
                    ourAddress,
                    crash,
                    told);
        }
    }

    /**
     * What the server's settings let it take, in bytes.
     *
     * @param workBytes for each sort or hash of a session
     * @param maintenanceBytes for each worker of autovacuum
     * @param workers of autovacuum at most
     */
    public record MemorySettings(long sharedBytes, long workBytes, long maintenanceBytes, int workers) {}

    /**
     * One database.
     *
     * @param oid stays the same under another name and another owner; counters belong to it
     * @param service whose it is; the database's own name where it is no service's
     * @param enrolledAt empty for what is no service's
     * @param passwordSetAt when its role was given its container's password last; empty where that was not within the last hour
     * @param sessions of clients, ours left out
     * @param limit of sessions, by the database or its role; empty where there is none
     * @param counted sessions that count for the limit
     * @param idAge how many transaction ids, or multixact ids if more, its oldest row lies behind
     * @param deadlocks since the counters began
     * @param lastSession when somebody else's session was last seen; empty for never
     * @param watchedSince since when sessions have been looked for
     */
    public record Database(
            long oid,
            String service,
            String name,
            String role,
            Optional<Instant> enrolledAt,
            Optional<Instant> passwordSetAt,
            long sizeBytes,
            int sessions,
            Optional<Integer> limit,
            int counted,
            long idAge,
            long deadlocks,
            Optional<Instant> lastSession,
            Instant watchedSince) {}

    /**
     * A session, as one would look for its owner.
     *
     * @param application as it calls itself
     * @param address empty for a socket on the server's own host
     */
    public record Session(int pid, String user, String application, String address) {
        /** Such as {@code pid 4711 (vikunja, web-1, 172.18.0.5)}. */
        String words() {
            StringBuilder words = new StringBuilder("pid " + pid + " (" + user);
            for (String more : List.of(application, address)) {
                if (!more.isEmpty()) {
                    words.append(", ").append(more);
                }
            }
            return words.append(')').toString();
        }
    }

    /**
     * A transaction that is open.
     *
     * @param idle whether its session does nothing in it
     * @param openSeconds since it began
     * @param idleSeconds since its last statement ended; 0 while one runs
     */
    public record Transaction(String service, Session session, boolean idle, double openSeconds, double idleSeconds) {}

    /**
     * A session that waits for a lock.
     *
     * @param blockers who hold it or stand before, each with what it is doing
     */
    public record Wait(String service, Session session, double seconds, List<Blocker> blockers) {}

    /**
     * Who is waited for.
     *
     * @param session empty for a prepared transaction, which no session has
     * @param state such as {@code idle in transaction}
     */
    public record Blocker(Optional<Session> session, String state, double openSeconds) {}

    /**
     * What a statement has cost since its counters began.
     *
     * @param database the oid of the one in which it was run
     * @param id as {@code pg_stat_statements} calls it; the same in every database for {@code COMMIT} and the like
     * @param seconds in all
     */
    public record Query(long database, String service, long id, long calls, double seconds) {}

    /**
     * One role that is connected from one address, with however many sessions.
     *
     * @param address empty for a socket on the server's own host
     * @param since when the oldest of these sessions began
     */
    public record Presence(String service, String user, String address, Instant since) {}

    /** The same, with what the log said of the server's last crash. */
    public DatabaseLook after(Optional<ServerProcessCrash> crash) {
        return new DatabaseLook(at, console, server.after(crash), databases, transactions, waits, queries, present);
    }

    /** The database with this oid, whatever it was called then. */
    Optional<Database> database(long oid) {
        return databases.stream().filter(database -> database.oid() == oid).findFirst();
    }

    /** The database of a service, if there is one. */
    Optional<Database> database(String service) {
        return databases.stream()
                .filter(database -> database.service().equals(service))
                .findFirst();
    }
}
