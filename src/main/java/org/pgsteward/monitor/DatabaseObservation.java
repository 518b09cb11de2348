package org.pgsteward.monitor;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Console;
import org.pgsteward.postgres.ServerLog;

/**
 * The readings of one round in PostgreSQL. They hold no statement's text, since texts hold passwords.
 *
 * @param console an operator's way to the server's own console
 * @param server the server as a whole
 * @param databases all databases, templates too, with the services that they belong to
 * @param transactions open for a minute or more, the oldest first, without pgsteward's own
 * @param waits sessions that wait for a lock
 * @param queries the statements with the longest total time; empty without {@code pg_stat_statements}
 * @param present the connected clients, without pgsteward's own
 * @param upkeep checksums, the archive, replication slots and prepared transactions
 */
public record DatabaseObservation(
        Instant at,
        Console console,
        Server server,
        List<Database> databases,
        List<Transaction> transactions,
        List<Wait> waits,
        Optional<List<Query>> queries,
        List<Presence> present,
        Upkeep upkeep)
        implements Observation {
    public DatabaseObservation {
        databases = List.copyOf(databases);
        transactions = List.copyOf(transactions);
        waits = List.copyOf(waits);
        queries = queries.map(List::copyOf);
        present = List.copyOf(present);
    }

    /**
     * The server as a whole.
     *
     * @param startedAt the time of its last start
     * @param recoveredAt the time at which its processes were last started together: after {@code startedAt} where a
     *     crash of one of them ended all sessions
     * @param version such as {@code 15.14}
     * @param sessions of clients, pgsteward's included
     * @param maxConnections the limit for all roles
     * @param reservedConnections the part of the limit for superusers alone
     * @param notifyShare the used share of the queue of {@code NOTIFY}, from 0 to 1
     * @param limitBytes the container's memory limit; 0 where there is none, empty while no container is known
     * @param lastOrder the time of the last order to stop or create the container; empty if unknown
     * @param log the format of its log
     * @param ourAddress pgsteward's address as the server sees it; empty for a socket
     * @param crash the cause of {@code recoveredAt}, where it is known
     * @param reported restarts that an alert already reports, of this pgsteward or the one before it
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
            Restarts reported) {
        /** Returns these readings with the cause of the server's recovery. */
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
                    reported);
        }
    }

    /**
     * The memory that the server's settings allow, in bytes.
     *
     * @param workBytes for each sort or hash of a session
     * @param maintenanceBytes for each worker of autovacuum
     * @param workers the maximum number of workers of autovacuum
     */
    public record MemorySettings(long sharedBytes, long workBytes, long maintenanceBytes, int workers) {}

    /**
     * One database.
     *
     * @param oid stays the same under another name and another owner; counters belong to it
     * @param service the database's service; its own name where it has none
     * @param enrolledAt empty where it has no service
     * @param passwordSetAt the time at which its role last got its container's password; empty where that was not
     *     within the last hour
     * @param sessions of clients, without pgsteward's own
     * @param limit of sessions, by the database or its role; empty where there is none
     * @param counted sessions that count for the limit
     * @param idAge the age of its oldest row in transaction ids, or in multixact ids if that is more
     * @param deadlocks since the counters began
     * @param failures reads that failed because of a page's checksum
     * @param lastSession the time at which a session, other than pgsteward's, was last seen; empty for never
     * @param watchedSince the time since which sessions are counted
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
            Upkeep.PageFailures failures,
            Optional<Instant> lastSession,
            Instant watchedSince) {}

    /**
     * A session, with the marks of its owner.
     *
     * @param application the name that it gives itself
     * @param address empty for a socket on the server's own host
     */
    public record Session(int pid, String user, String application, String address) {
        /** Returns a text such as {@code pid 4711 (vikunja, web-1, 172.18.0.5)}. */
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
     * An open transaction.
     *
     * @param idle whether its session is idle in it
     * @param openSeconds since it began
     * @param idleSeconds since its last statement ended; 0 while one runs
     */
    public record Transaction(String service, Session session, boolean idle, double openSeconds, double idleSeconds) {}

    /**
     * A session that waits for a lock.
     *
     * @param blockers the sessions that hold the lock or are ahead in its queue, each with its state
     */
    public record Wait(String service, Session session, double seconds, List<Blocker> blockers) {}

    /**
     * A holder of a lock that another session waits for.
     *
     * @param session empty for a prepared transaction, which has no session
     * @param state such as {@code idle in transaction}
     */
    public record Blocker(Optional<Session> session, String state, double openSeconds) {}

    /**
     * The cost of a statement since its counters began.
     *
     * @param database the oid of its database
     * @param id as {@code pg_stat_statements} calls it; the same in every database for {@code COMMIT} and the like
     * @param seconds the total time
     */
    public record Query(long database, String service, long id, long calls, double seconds) {}

    /**
     * One role that is connected from one address, with any number of sessions.
     *
     * @param address empty for a socket on the server's own host
     * @param since the start of the oldest of these sessions
     */
    public record Presence(String service, String user, String address, Instant since) {}

    /** Returns these readings with the cause of the server's last crash, from the log. */
    public DatabaseObservation after(Optional<ServerProcessCrash> crash) {
        return new DatabaseObservation(
                at, console, server.after(crash), databases, transactions, waits, queries, present, upkeep);
    }

    /** Returns the database with this oid, under any name. */
    Optional<Database> database(long oid) {
        return databases.stream().filter(database -> database.oid() == oid).findFirst();
    }

    /** Returns the database of a service, if there is one. */
    Optional<Database> database(String service) {
        return databases.stream()
                .filter(database -> database.service().equals(service))
                .findFirst();
    }
}
