package org.pgsteward.monitor;

import java.time.Instant;
import java.util.Optional;

/**
 * What one attempt to talk to PostgreSQL came to.
 *
 * @param server host and port, for the message
 * @param error why it could not be asked, without secrets; empty when it could
 * @param refused whether it answered, and did not let us in
 * @param at when it was tried
 */
public record PostgresReading(String server, Optional<String> error, boolean refused, Instant at) {
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
