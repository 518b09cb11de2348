package org.pgsteward.postgres;

import java.time.Duration;
import java.util.Optional;

/**
 * How a server writes its log.
 *
 * @param prefix its setting {@code log_line_prefix}
 * @param toContainer whether it goes to standard error, where Docker takes it up, and not into files of its own
 * @param slow from what time on a statement is logged; empty for never
 */
public record ServerLog(String prefix, boolean toContainer, Optional<Duration> slow) {
    /**
     * What {@code compose.yaml} sets. The session's id stands on both sides of the two names, which anybody who may
     * connect can choose; and what stands before them is longer than the 63 bytes that PostgreSQL leaves of a name, so that
     * no name has room for the beginning of a line.
     */
    public static final String PREFIX =
            "%m [%p] session=%c state=%e %qclient=%h phase=%i user=%u database=%d session=%c ";

    /** PostgreSQL's own, and so that of its image. */
    public static final String DEFAULT_PREFIX = "%m [%p] ";

    /** @param slowMillis its setting {@code log_min_duration_statement}; below 0 for never */
    public static ServerLog of(String prefix, boolean toContainer, int slowMillis) {
        return new ServerLog(
                prefix, toContainer, slowMillis < 0 ? Optional.empty() : Optional.of(Duration.ofMillis(slowMillis)));
    }
}
