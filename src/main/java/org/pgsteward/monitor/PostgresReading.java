package org.pgsteward.monitor;

import java.time.Instant;
import java.util.Optional;

/**
 * What one attempt to talk to PostgreSQL came to.
 *
 * @param server host and port, for the message
 * @param error why it did not answer, without secrets; empty when it did
 * @param at when it was tried
 */
public record PostgresReading(String server, Optional<String> error, Instant at) {
    public static PostgresReading answered(String server, Instant at) {
        return new PostgresReading(server, Optional.empty(), at);
    }

    public static PostgresReading silent(String server, String error, Instant at) {
        return new PostgresReading(server, Optional.of(error), at);
    }
}
