package org.pgsteward.provision;

import java.util.List;
import org.pgsteward.alert.Reporter;
import org.pgsteward.model.Condition;
import org.pgsteward.model.JournalEntry;
import org.pgsteward.model.Outcome;

/**
 * The result of one piece of provisioning, the same for the daemon and for the command.
 *
 * @param rows for the journal
 * @param conditions for the alerts
 * @param lines for a person at a terminal
 */
public record ProvisionReport(List<JournalEntry> rows, List<Condition> conditions, List<Line> lines) {
    /** The report when there was no work. */
    static final ProvisionReport NOTHING = new ProvisionReport(List.of(), List.of(), List.of());

    public ProvisionReport {
        rows = List.copyOf(rows);
        conditions = List.copyOf(conditions);
        lines = List.copyOf(lines);
    }

    /**
     * The result for one service or database.
     *
     * @param state {@code done}, {@code unchanged}, {@code refused}, {@code failed}, {@code caution}, {@code repaired}
     *     or {@code closed}
     * @param password the known state of the role's password
     */
    public record Line(String service, String state, String reason, Password password) {
        /** Returns the line for one container's service. */
        static Line of(ClaimResult result) {
            return new Line(result.service(), state(result), result.outcome().reason(), password(result));
        }

        private static String state(ClaimResult result) {
            if (result.outcome() instanceof Outcome.Done) {
                return "done";
            }
            if (result.outcome() instanceof Outcome.Failed) {
                return result.refused() ? "refused" : "failed";
            }
            return "unchanged";
        }

        private static Password password(ClaimResult result) {
            if (result.passwordSet()) {
                return Password.SET;
            }
            return result.outcome() instanceof Outcome.Skipped
                            && result.enrolment().isPresent()
                    ? Password.IN_FORCE
                    : Password.UNKNOWN;
        }

        public boolean refused() {
            return state.equals("refused");
        }

        public boolean failed() {
            return state.equals("refused") || state.equals("failed");
        }
    }

    /** The state of a role's password in comparison with its container's. */
    public enum Password {
        UNKNOWN,
        /** The role got the password just now. */
        SET,
        /** The role already had the password. */
        IN_FORCE
    }

    /** Records the rows and raises the conditions. */
    public void sendTo(Reporter reporter) {
        rows.forEach(reporter::record);
        conditions.forEach(reporter::raise);
    }
}
