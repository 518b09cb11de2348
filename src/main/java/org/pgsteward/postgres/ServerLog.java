package org.pgsteward.postgres;

import java.time.Duration;
import java.util.Optional;

/**
 * The settings of a server's log.
 *
 * @param prefix its setting {@code log_line_prefix}
 * @param toContainer whether it writes to standard error, which Docker collects, and not to files of its own
 * @param slow the duration from which a statement is logged; empty if none is logged for its duration
 */
public record ServerLog(String prefix, boolean toContainer, Optional<Duration> slow) {
    /**
     * The prefix that {@code compose.yaml} sets. Any client that may connect can choose the names of user and database.
     * So the session's id is on both sides of them. The text before them is longer than the 63 bytes to which
     * PostgreSQL cuts a name, so no name has room for the beginning of a line.
     */
    public static final String PREFIX =
            "%m [%p] session=%c state=%e %qclient=%h phase=%i user=%u database=%d session=%c ";

    /** The default of PostgreSQL, and so of its image. */
    public static final String DEFAULT_PREFIX = "%m [%p] ";

    /**
     * Creates the settings from PostgreSQL's values.
     *
     * @param slowMillis its setting {@code log_min_duration_statement}; below 0 for never
     */
    public static ServerLog of(String prefix, boolean toContainer, int slowMillis) {
        return new ServerLog(
                prefix, toContainer, slowMillis < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(slowMillis)));
    }
}
