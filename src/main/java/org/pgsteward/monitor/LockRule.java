package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Sessions that wait for a lock, and the sessions that block them. */
final class LockRule extends MetricRule<DatabaseObservation> {
    private static final int NAMED = 3;

    LockRule() {
        super("lock-waiting", Unit.TIME);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        return now.databases().stream()
                .map(database -> {
                    List<DatabaseObservation.Wait> waits = now.waits().stream()
                            .filter(wait -> wait.service().equals(database.service()))
                            .toList();
                    return waits.isEmpty()
                            ? new Finding(database.service(), 0, "no session waits for a lock", "", Map.of())
                            : finding(now, waits);
                })
                .toList();
    }

    /** @param waits the longest first */
    private static Finding finding(DatabaseObservation now, List<DatabaseObservation.Wait> waits) {
        DatabaseObservation.Wait longest = waits.get(0);
        String blockers =
                longest.blockers().stream().limit(NAMED).map(LockRule::words).collect(Collectors.joining(" and "));
        String says = longest.session().words() + " has waited " + Unit.TIME.words(longest.seconds())
                + " for a lock of " + (blockers.isEmpty() ? "a session that has ended" : blockers)
                + (waits.size() > 1 ? "; " + waits.size() + " sessions wait in all" : "");
        // Suggests ending the session at the head of the lock queue, not one that is itself waiting.
        Optional<DatabaseObservation.Session> head = longest.blockers().stream()
                .flatMap(blocker -> blocker.session().stream())
                .filter(session ->
                        waits.stream().noneMatch(wait -> wait.session().pid() == session.pid()))
                .findFirst()
                .or(() -> longest.blockers().stream()
                        .flatMap(blocker -> blocker.session().stream())
                        .findFirst());
        String remedy = head.map(session ->
                        now.console().show(session.pid()) + "\n" + now.console().end(session.pid()))
                .orElseGet(() -> now.console().psql("SELECT gid, prepared, owner FROM pg_prepared_xacts"));
        return new Finding(
                longest.service(),
                longest.seconds(),
                says,
                remedy,
                Map.of(
                        "waiting", waits.size(),
                        "seconds", Math.round(longest.seconds()),
                        "pid", longest.session().pid(),
                        "blockers",
                                longest.blockers().stream()
                                        .flatMap(blocker -> blocker.session().stream())
                                        .map(DatabaseObservation.Session::pid)
                                        .toList()));
    }

    private static String words(DatabaseObservation.Blocker blocker) {
        return blocker.session().map(DatabaseObservation.Session::words).orElse("a prepared transaction")
                + (blocker.state().isEmpty() ? "" : ", which is " + blocker.state())
                + (blocker.openSeconds() > 0
                        ? " and has had a transaction open for " + Unit.TIME.words(blocker.openSeconds())
                        : "");
    }
}
