/**
 * The client of the Docker Engine: converts its documents into the types of {@code model}, and detects a stale event
 * feed.
 *
 * <p>The client only reads: ping, version, list, inspect, one-shot stats, events and the log of one container. A socket
 * proxy that permits only these requests is enough. docker-java is used only here and in the Camel component.
 * <p>Why:
 * <ul>
 *   <li>2026-11: every ordinary call runs under {@link org.pgsteward.engine.Deadline}, since Java has no timeouts on Unix
 *       sockets. A frozen Docker daemon once held a call for ever.
 *   <li>2026-12: the package {@code http} replaces docker-java's transport. Decision 22 in {@code src/docs/decisions.md}
 *       has the memory that it cost.
 *   <li>2026-11: the event stream is read from the raw HTTP response, not through docker-java's callback. The callback
 *       hides the answer's status and Date header. It reports "completed" for a cut stream, a clean end and broken JSON
 *       alike.
 * </ul>
 */
@NullMarked
package org.pgsteward.engine;

import org.jspecify.annotations.NullMarked;
