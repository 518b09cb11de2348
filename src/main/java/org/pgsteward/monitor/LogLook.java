package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.pgsteward.model.Console;
import org.pgsteward.monitor.LogEvent.Reason;

/**
 * What PostgreSQL's log has said of late, by service.
 *
 * @param console how a person gets to the server's own console
 * @param refusals of every service, of the server itself for what is no service's, and of nobody else
 * @param slow the same of slow statements; empty where the log does not say, or something better does
 */
public record LogLook(Instant at, Console console, List<Refusals> refusals, Optional<List<Slowness>> slow)
        implements Look {
    /** How far back refusals count. */
    static final Duration REFUSALS = Duration.ofMinutes(10);

    /** How far back slow statements count. */
    static final Duration STATEMENTS = Duration.ofHours(1);

    public LogLook {
        refusals = List.copyOf(refusals);
        slow = slow.map(List::copyOf);
    }

    /**
     * Who was not let in within the last ten minutes.
     *
     * @param service or the container's name, where a container tried that is none of the service's
     * @param stranger whether it is such a container's name
     * @param attempts the most frequent first; few at most
     * @param last when the last of them was; the epoch where there was none
     */
    public record Refusals(String service, boolean stranger, int count, List<Attempts> attempts, Instant last) {
        /** Such as {@code 3 x wrong password: role vikunja, database vikunja, from web (172.18.0.5)}. */
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
     * Statements that took longer than the server's own limit, within the last hour.
     *
     * @param longest in seconds
     * @param limit from which on it writes them down
     */
    public record Slowness(String service, int count, double longest, Duration limit) {}
}
