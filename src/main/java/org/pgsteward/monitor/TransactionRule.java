package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Transactions that have been open for long. Until such a transaction ends, VACUUM cannot remove rows that were deleted
 * since it began, in any table of its database. Its locks are held as well.
 */
final class TransactionRule extends MetricRule<DatabaseObservation> {
    TransactionRule() {
        super("transaction-long", Unit.TIME);
    }

    @Override
    List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
        return now.databases().stream()
                .map(database -> now.transactions().stream()
                        .filter(open -> open.service().equals(database.service()))
                        .findFirst()
                        .map(open -> finding(now, open))
                        .orElseGet(() -> new Finding(
                                database.service(), 0, "no transaction has been open for a minute", "", Map.of())))
                .toList();
    }

    private static Finding finding(DatabaseObservation now, DatabaseObservation.Transaction open) {
        DatabaseObservation.Session session = open.session();
        String says = "a transaction of " + session.words() + " has been open for "
                + Unit.TIME.words(open.openSeconds())
                + (open.idle()
                        ? ", idle in transaction for the last " + Unit.TIME.words(open.idleSeconds())
                        : ", and its session is active");
        return new Finding(
                open.service(),
                open.openSeconds(),
                says,
                now.console().show(session.pid()) + "\n" + now.console().end(session.pid()),
                Map.of(
                        "pid", session.pid(),
                        "user", session.user(),
                        "application", session.application(),
                        "openSeconds", Math.round(open.openSeconds()),
                        "idleSeconds", Math.round(open.idleSeconds())));
    }

    /**
     * Sessions that are idle in a transaction. The application has forgotten its transaction, and no other program can
     * know that it is over.
     */
    public static final class Idle extends MetricRule<DatabaseObservation> {
        public Idle() {
            super("transaction-idle", Unit.TIME);
        }

        @Override
        List<Finding> look(DatabaseObservation now, List<DatabaseObservation> past) {
            return now.databases().stream()
                    .map(database -> longestIdle(now, database)
                            .map(open -> new Finding(
                                    open.service(),
                                    open.idleSeconds(),
                                    open.session().words() + " has been idle in transaction for "
                                            + Unit.TIME.words(open.idleSeconds())
                                            + ": its application began a transaction and did not end it",
                                    now.console().show(open.session().pid()) + "\n"
                                            + now.console().end(open.session().pid()),
                                    Map.of(
                                            "pid", open.session().pid(),
                                            "user", open.session().user(),
                                            "application", open.session().application(),
                                            "idleSeconds", Math.round(open.idleSeconds()))))
                            .orElseGet(() -> new Finding(
                                    database.service(), 0, "no session is idle in transaction", "", Map.of())))
                    .toList();
        }

        private static Optional<DatabaseObservation.Transaction> longestIdle(
                DatabaseObservation now, DatabaseObservation.Database database) {
            return now.transactions().stream()
                    .filter(open -> open.idle() && open.service().equals(database.service()))
                    .max(java.util.Comparator.comparingDouble(DatabaseObservation.Transaction::idleSeconds));
        }
    }
}
