/**
 * The edge to PostgreSQL: the only place that quotes a name, opens a connection or starts one of its programs.
 *
 * <p>Why client programs and not {@code docker exec}: a dump through the engine costs 1.8 times the raw tool and its
 * exit code is lost on the way; a child process over TCP costs 1.1 to 1.3 times and tells us how it ended.
 *
 * <p>Why no connection pool: an idle daemon that holds connections takes them from a server with 256 MB, and a pool
 * that outlives a restart of the server hands out dead ones.
 */
@NullMarked
package org.pgsteward.postgres;

import org.jspecify.annotations.NullMarked;
