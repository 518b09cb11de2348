package org.pgsteward.postgres.guard;

import java.time.Instant;
import java.util.Set;

/**
 * A crash of one server process, after which PostgreSQL ended all sessions.
 *
 * @param after the last reading before the crash, by the server's clock
 * @param recovered when PostgreSQL started its processes again
 * @param soon whether the recovery from the previous crash ended less than 30 seconds before; both may have the same
 *     cause
 * @param logPrefix the server's setting {@code log_line_prefix}
 * @param cleared roles that had memory at the last reading before the crash, and cannot have caused it
 */
public record ServerCrash(Instant after, Instant recovered, boolean soon, String logPrefix, Set<String> cleared) {}
