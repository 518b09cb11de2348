package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The result of one attempt to reach PostgreSQL.
 *
 * @param server host and port, for the message
 * @param error the reason of a failure, without secrets; empty after a success
 * @param refused whether the server answered and refused the login
 * @param load the load of this host, if the time was up before an answer came; {@link Load#NONE} otherwise
 * @param crowd the client that keeps the others out, if it is known
 * @param at the time of the attempt
 */
public record PostgresReading(
        String server, Optional<String> error, boolean refused, Load load, Optional<Crowd> crowd, Instant at) {
    /**
     * The signs that this host caused a time-out.
     *
     * @param delay the delay of pgsteward's own timers meanwhile
     * @param pressure the share of the last ten seconds in which a process waited for a processor, from 0 to 1
     */
    public record Load(Duration delay, double pressure) {
        public static final Load NONE = new Load(Duration.ZERO, 0);

        private static final Duration LATE = Duration.ofSeconds(2);

        private static final double BUSY = 0.8;

        /**
         * Returns whether the time-out is no evidence against the server, since the host had no processor for
         * pgsteward.
         */
        public boolean explains() {
            return delay.compareTo(LATE) >= 0 || pressure >= BUSY;
        }
    }

    public PostgresReading(String server, Optional<String> error, boolean refused, Instant at) {
        this(server, error, refused, Load.NONE, Optional.empty(), at);
    }

    PostgresReading on(Load load) {
        return new PostgresReading(server, error, refused, load, crowd, at);
    }

    PostgresReading by(Optional<Crowd> crowd) {
        return new PostgresReading(server, error, refused, load, crowd, at);
    }

    public static PostgresReading answered(String server, Instant at) {
        return new PostgresReading(server, Optional.empty(), false, at);
    }

    public static PostgresReading silent(String server, String error, Instant at) {
        return new PostgresReading(server, Optional.of(error), false, at);
    }

    public static PostgresReading refused(String server, String error, Instant at) {
        return new PostgresReading(server, Optional.of(error), true, at);
    }
}
