package org.pgsteward.provision;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.postgres.Query;
import org.pgsteward.postgres.Server;

/**
 * Repairs the contents of the services' databases, each over a connection of its own. Checks only databases that are in
 * another state than at the last check, see {@link CheckedDatabases}.
 */
final class ContentsRepair {
    /**
     * A session that waits for a table's lock makes all later sessions wait too. So the wait is short, and repeated.
     */
    private static final String SHORT_LOCKS = "SET lock_timeout = '200ms'";

    private static final int ATTEMPTS = 5;

    /** PostgreSQL's SQLSTATE lock_not_available: a lock was not granted in time. */
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private final Server server;
    private final boolean recorded;
    private final Map<String, String> states = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> extensions = new ConcurrentHashMap<>();

    /** @param recorded whether a database that an earlier process checked in its present state is not checked again */
    ContentsRepair(Server server, boolean recorded) {
        this.server = server;
        this.recorded = recorded;
    }

    /** The execution of one step. */
    interface Doing {
        void run(Step step, Connection connection) throws SQLException;
    }

    /**
     * Returns the states of the databases that need a check, by database.
     *
     * @param all of several with the same database, the first one counts
     */
    Map<String, CheckedDatabases.State> changed(Connection management, Collection<CheckedDatabases.Contents> all)
            throws SQLException {
        Map<String, CheckedDatabases.State> changed = new HashMap<>();
        for (CheckedDatabases.State now : CheckedDatabases.read(management, all, recorded)) {
            if (now.checked()) {
                remember(now);
            } else if (!now.isKnown() || !now.state().equals(states.get(now.database()))) {
                changed.put(now.database(), now);
            }
        }
        return changed;
    }

    /** Reads the recorded extensions of databases, so that {@link #lacks} need not assume that they have none. */
    void recall(Connection management, Collection<CheckedDatabases.Contents> all) throws SQLException {
        if (recorded) {
            changed(management, all);
        }
    }

    private void remember(CheckedDatabases.State checked) {
        states.put(checked.database(), checked.state());
        extensions.put(checked.database(), checked.extensions());
    }

    /** Returns whether {@code database} may lack any of these extensions, as far as it was read. */
    boolean lacks(String database, Set<String> wanted) {
        return !extensions.getOrDefault(database, Set.of()).containsAll(wanted);
    }

    /**
     * Remembers the state that a database had before its check. Later changes, also those of a repair, lead to a check the
     * next time.
     *
     * @return the state for {@link CheckedDatabases#record}
     */
    CheckedDatabases.State checked(CheckedDatabases.State before) {
        CheckedDatabases.State checked = before.checked(extensions.getOrDefault(before.database(), Set.of()));
        remember(checked);
        return checked;
    }

    /** Returns the steps that {@link #putRight} would carry out. */
    List<Step> plan(Step.Kind kind, String database, String role) throws SQLException {
        try (Connection inside = server.connect(database)) {
            return DatabaseContents.look(inside, role, Set.of()).steps(kind, database, role, Set.of());
        }
    }

    /**
     * Repairs the contents of a database.
     *
     * @return the steps that were carried out
     * @throws SQLException if steps remain to be done, with their number, and the first of them with its refusal
     */
    List<Step> putRight(
            Step.Kind kind, String database, String role, Collection<String> former, Set<String> wanted, Doing doing)
            throws SQLException {
        List<Step> done = new ArrayList<>();
        try (Connection inside = server.connect(database)) {
            DatabaseContents present = DatabaseContents.look(inside, role, former);
            extensions.put(database, present.extensions());
            List<Step> left = present.steps(kind, database, role, wanted);
            if (left.isEmpty()) {
                return done;
            }
            Query.run(inside, SHORT_LOCKS);
            SQLException refusal = null;
            boolean waitsForLock = true;
            for (int attempt = 0; attempt < ATTEMPTS && !left.isEmpty() && waitsForLock; attempt++) {
                List<Step> again = new ArrayList<>();
                waitsForLock = false;
                for (Step step : left) {
                    try {
                        doing.run(step, inside);
                        done.add(step);
                    } catch (SQLException e) {
                        refusal = again.isEmpty() ? e : refusal;
                        waitsForLock |= LOCK_NOT_AVAILABLE.equals(e.getSQLState());
                        again.add(step);
                    }
                }
                left = again;
            }
            if (!left.isEmpty() && refusal != null) {
                throw new SQLException(
                        left.size() + " of " + (left.size() + done.size()) + " steps in database " + database
                                + " remain; the first: " + left.get(0).reason() + " (" + refusal.getMessage()
                                + ")",
                        refusal.getSQLState(),
                        refusal);
            }
        }
        return done;
    }
}
