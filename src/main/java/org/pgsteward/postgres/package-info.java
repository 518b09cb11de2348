/**
 * The client of PostgreSQL: the only package that quotes names, opens connections and starts PostgreSQL's programs.
 *
 * <p>Why client programs and not {@code docker exec}: a dump through the engine takes 1.8 times as long as the raw
 * tool, and its exit code is lost on the way. A child process over TCP takes 1.1 to 1.3 times as long and reports its
 * exit code.
 *
 * <p>Why no connection pool: an idle daemon would hold connections of a server with 256 MB. After a restart of the
 * server, a pool hands out dead connections.
 */
@NullMarked
package org.pgsteward.postgres;

import org.jspecify.annotations.NullMarked;
