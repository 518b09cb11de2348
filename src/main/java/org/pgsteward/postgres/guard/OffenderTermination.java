package org.pgsteward.postgres.guard;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** The termination of lock offenders, together with the next sessions of their roles, until none come. For one thread. */
final class OffenderTermination {
    /** A session must have its lock in two checks this far apart: a statement without the privilege fails sooner. */
    private static final long CONFIRMATION_NANOSECONDS = 300_000_000;

    /** Pause between two checks while sessions of a role keep coming. */
    private static final long PAUSE_NANOSECONDS = 50_000_000;

    /** Checks in a row without such a session, after which {@link #run} returns. */
    private static final int CALM_CHECKS = 10;

    /** Limit for one call, so that its alert is sent; the next call continues. */
    private static final long LONGEST_RUN_NANOSECONDS = 4_000_000_000L;

    /** Sessions of one call, after which it returns: the caller may then shut the role out. */
    private static final int MOST_TERMINATED = 20;

    private final LockOffenders offenders;

    OffenderTermination(LockOffenders offenders) {
        this.offenders = offenders;
    }

    /**
     * Terminates the offenders that still have their lock after a pause.
     *
     * @param found offenders of the first check
     * @return the terminated sessions
     */
    List<TerminatedSession> run(Connection session, List<TerminatedSession> found) throws SQLException {
        LockSupport.parkNanos(CONFIRMATION_NANOSECONDS);
        Set<Integer> before = found.stream().map(TerminatedSession::pid).collect(Collectors.toSet());
        List<TerminatedSession> confirmed = offenders.find(session);
        confirmed.removeIf(offender -> !before.contains(offender.pid()));
        return terminate(session, confirmed);
    }

    private List<TerminatedSession> terminate(Connection session, List<TerminatedSession> confirmed)
            throws SQLException {
        Map<Integer, TerminatedSession> terminated = new LinkedHashMap<>();
        Set<String> roles = confirmed.stream().map(TerminatedSession::role).collect(Collectors.toSet());
        List<TerminatedSession> found = confirmed;
        long begun = System.nanoTime();
        int calm = roles.isEmpty() ? CALM_CHECKS : 0;
        while (calm < CALM_CHECKS
                && terminated.size() < MOST_TERMINATED
                && System.nanoTime() - begun < LONGEST_RUN_NANOSECONDS) {
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
}
