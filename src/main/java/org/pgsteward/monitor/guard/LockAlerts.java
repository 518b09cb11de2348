package org.pgsteward.monitor.guard;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgsteward.postgres.guard.TerminatedSession;

/** Raises the alert of a role whose sessions the guard terminated because of their locks. For one thread. */
final class LockAlerts {
    private final RoleAlerts alerts;
    private final GuardTexts texts;

    /** Terminated sessions since the alert fired, by role. */
    private final Map<String, Integer> counts = new HashMap<>();

    /** The terminated session that still runs, by role. */
    private final Map<String, TerminatedSession> stillRunning = new HashMap<>();

    LockAlerts(RoleAlerts alerts, GuardTexts texts) {
        this.alerts = alerts;
        this.texts = texts;
    }

    /**
     * Raises the alert of one role.
     *
     * @param sessions of the role, at least one
     * @param killed whether the process of one was killed
     */
    void raise(List<TerminatedSession> sessions, boolean killed) {
        TerminatedSession worst = killed ? worst(sessions).asEnded() : worst(sessions);
        int ended = (int) sessions.stream().filter(TerminatedSession::ended).count();
        counts.merge(worst.role(), ended, Integer::sum);
        if (worst.ended()) {
            stillRunning.remove(worst.role());
        } else {
            stillRunning.put(worst.role(), worst);
        }
        if (killed) {
            alerts.raise(GuardAlerts.LOCKED, worst.role(), service -> texts.killed(worst, service));
        } else {
            raise(worst);
        }
    }

    /** Updates the alerts of sessions that still ran at the previous check and have ended since. */
    void raiseEnded(Set<String> presentRoles) {
        List<TerminatedSession> ended = stillRunning.values().stream()
                .filter(session -> !presentRoles.contains(session.role()))
                .toList();
        for (TerminatedSession session : ended) {
            stillRunning.remove(session.role());
            counts.merge(session.role(), 1, Integer::sum);
            raise(session.asEnded());
        }
    }

    private void raise(TerminatedSession session) {
        int count = counts.getOrDefault(session.role(), 1);
        alerts.raise(GuardAlerts.LOCKED, session.role(), service -> texts.locked(session, count, service));
    }

    /** Starts to count anew, for all roles. */
    void reset() {
        counts.clear();
    }

    /** Returns a session that still runs, if there is one. */
    static TerminatedSession worst(List<TerminatedSession> sessions) {
        return sessions.stream()
                .filter(session -> !session.ended())
                .findFirst()
                .orElse(sessions.get(sessions.size() - 1));
    }
}
