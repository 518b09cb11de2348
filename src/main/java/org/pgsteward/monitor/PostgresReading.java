package org.pgsteward.monitor;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What one attempt to talk to PostgreSQL came to.
 *
 * @param server host and port, for the message
 * @param error why it could not be asked, without secrets; empty when it could
 * @param refused whether it answered, and did not let us in
 * @param load of this host, where the time was up before an answer came; {@link Load#NONE} for any other end
 * @param crowd who keeps others out, as far as it is known
 * @param at when it was tried
 */
public record PostgresReading(
        String server, Optional<String> error, boolean refused, Load load, Optional<Crowd> crowd, Instant at) {
    /**
     * Whether a time-out may be this host's doing.
     *
     * @param delay by which our own timers were late meanwhile
     * @param pressure share of the last ten seconds in which something waited for a processor, from 0 to 1
     */
    public record Load(Duration delay, double pressure) {
        public static final Load NONE = new Load(Duration.ZERO, 0);

        private static final Duration LATE = Duration.ofSeconds(2);

        private static final double BUSY = 0.8;

        /** Whether nothing can be said of the server: the host had no processor for us. */
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
