package org.pgsteward.postgres.guard;

import java.time.Instant;
import java.util.Set;

/**
 * A crash of one server process, after which PostgreSQL ended all sessions.
 *
 * @param after the last reading before it, by the server's clock
 * @param recovered when PostgreSQL started its processes again
 * @param readAgain the first reading after it, when recovery was over
 * @param logPrefix the server's setting {@code log_line_prefix}
 * @param cleared roles that had memory at the last reading before it, and cannot have caused it
 */
public record ServerCrash(Instant after, Instant recovered, Instant readAgain, String logPrefix, Set<String> cleared) {}
