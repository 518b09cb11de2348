package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Console;
import org.pgsteward.monitor.LogEvent.Reason;

/**
 * The recent events in PostgreSQL's log, by service.
 *
 * @param console an operator's way to the server's own console
 * @param refusals of every service, of the server itself for those without a service, and of strange containers
 * @param slow the slow statements of every service and of the server; empty where the log has none, or where {@code
 *     pg_stat_statements} is more precise
 */
public record LogObservation(Instant at, Console console, List<Refusals> refusals, Optional<List<Slowness>> slow)
        implements Observation {
    /** The time for which a refusal counts. */
    static final Duration REFUSALS = Duration.ofMinutes(10);

    /** The time for which a slow statement counts. */
    static final Duration STATEMENTS = Duration.ofHours(1);

    public LogObservation {
        refusals = List.copyOf(refusals);
        slow = slow.map(List::copyOf);
    }

    /**
     * The logins that were refused within the last ten minutes.
     *
     * @param service the service, or the name of a container that tried and does not belong to the service
     * @param stranger whether {@code service} is the name of such a container
     * @param attempts the most frequent first; a few at most
     * @param last the time of the last refusal; the epoch where there was none
     */
    public record Refusals(String service, boolean stranger, int count, List<Attempts> attempts, Instant last) {
        /**
         * Returns a text such as {@code 3 x wrong password: role vikunja, database vikunja, from web (172.18.0.5)}.
         */
        public String words() {
            String named =
                    String.join("; ", attempts.stream().map(Attempts::words).toList());
            int unnamed = count - attempts.stream().mapToInt(Attempts::count).sum();
            return unnamed == 0 ? named : named + "; " + unnamed + " more";
        }
    }

    /**
     * Attempts that are alike.
     *
     * @param user empty where it is not known
     * @param database empty where it is not known
     * @param client its address, with its container's name; empty where it is not known
     */
    public record Attempts(Reason reason, String user, String database, String client, int count) {
        String words() {
            StringBuilder words = new StringBuilder(count + " x " + reason.words());
            String between = ": ";
            for (String part : List.of(said("role ", user), said("database ", database), said("from ", client))) {
                if (!part.isEmpty()) {
                    words.append(between).append(part);
                    between = ", ";
                }
            }
            return words.toString();
        }

        private static String said(String what, String name) {
            return name.isEmpty() ? "" : what + name;
        }
    }

    /**
     * Statements within the last hour that took longer than the server's own limit.
     *
     * @param longest in seconds
     * @param limit the duration from which the server logs a statement
     */
    public record Slowness(String service, int count, double longest, Duration limit) {}
}
