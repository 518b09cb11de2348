package org.pgsteward.postgres.guard;

import java.time.Instant;
import java.util.Set;

/**
 * That all sessions ended, since one of the server's processes was killed.
 *
 * @param after a look that was before it, by the server's clock
 * @param recovered when the server's processes were started again
 * @param logPrefix the server's setting {@code log_line_prefix}
 * @param suspects the roles that had most memory or most sessions at the look before
 */
public record ServerCrash(Instant after, Instant recovered, String logPrefix, Set<String> suspects) {}
