package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/**
 * Puts right what is inside the services' databases, each over a connection of its own, and only where something was
 * written since the last look.
 */
final class Insides {
    /** Whoever waits for the lock of a table makes everybody after him wait too: short, and tried again. */
    private static final String SHORT_LOCKS = "SET lock_timeout = '200ms'";

    private static final int ATTEMPTS = 5;

    /** PostgreSQL's class for "a lock was not to be had in time". */
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private final Server server;
    private final Map<String, Long> writes = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> extensions = new ConcurrentHashMap<>();

    Insides(Server server) {
        this.server = server;
    }

    /** Carries out one step. */
    interface Doing {
        void run(Step step, Connection connection) throws SQLException;
    }

    boolean hasChanged(Cluster.Database database) {
        Long before = writes.get(database.name());
        return before == null || before != database.writes();
    }

    /** Whether {@code database} may not have all of these extensions, as far as was seen. */
    boolean lacks(String database, Set<String> wanted) {
        return !extensions.getOrDefault(database, Set.of()).containsAll(wanted);
    }

    /** As it was in {@code database} when the plan was made: what was written since is looked at next time. */
    void seen(Cluster.Database database) {
        writes.put(database.name(), database.writes());
    }

    /** What {@link #putRight} would do. */
    List<Step> plan(Step.Kind kind, String database, String role) throws SQLException {
        try (Connection inside = server.connect(database)) {
            return Inside.look(inside, role, Set.of()).steps(kind, database, role, Set.of());
        }
    }

    /**
     * @return what was done
     * @throws SQLException when something is still amiss, with how much and the first refusal
     */
    List<Step> putRight(
            Step.Kind kind, String database, String role, Collection<String> former, Set<String> wanted, Doing doing)
            throws SQLException {
        List<Step> done = new ArrayList<>();
        try (Connection inside = server.connect(database)) {
            Inside present = Inside.look(inside, role, former);
            extensions.put(database, present.extensions());
            List<Step> left = present.steps(kind, database, role, wanted);
            if (left.isEmpty()) {
                return done;
            }
            Query.run(inside, SHORT_LOCKS);
            SQLException refusal = null;
            for (int attempt = 0; attempt < ATTEMPTS && !left.isEmpty(); attempt++) {
                List<Step> again = new ArrayList<>();
                for (Step step : left) {
                    try {
                        doing.run(step, inside);
                        done.add(step);
                    } catch (SQLException e) {
                        refusal = e;
                        again.add(step);
                    }
                }
                left = again;
                if (refusal != null && !LOCK_NOT_AVAILABLE.equals(refusal.getSQLState())) {
                    break;
                }
            }
            if (!left.isEmpty() && refusal != null) {
                throw new SQLException(
                        left.size() + " of " + (left.size() + done.size()) + " steps in database " + database
                                + " are still to do, the first: " + left.get(0).reason() + " (" + refusal.getMessage()
                                + ")",
                        refusal.getSQLState(),
                        refusal);
            }
        }
        return done;
    }
}
