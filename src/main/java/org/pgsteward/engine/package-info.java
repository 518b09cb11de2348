/**
 * The edge to the Docker Engine: turns its reports into nouns, and says when it has gone deaf.
 *
 * <p>Only reads: ping, version, list, inspect, one-shot stats, events and the log of one container, so a socket
 * proxy that lets nothing else through is enough. docker-java stays in here and in the Camel component.
 *
 * <p>Why:
 * <ul>
 *   <li>2026-11: every ordinary call runs under our own {@link org.pgsteward.engine.Deadline}. The transport's response
 *       timeout is a socket timeout, and on a unix socket that is silently ignored: a frozen daemon held a call for
 *       ever.
 *   <li>2026-11: the event stream is read from the raw HTTP response and not through docker-java's callback, which
 *       hides the answer's status and Date header, and says "completed" for a cut stream, a clean end and broken JSON
 *       alike.
 * </ul>
 */
@NullMarked
package org.pgsteward.engine;

import org.jspecify.annotations.NullMarked;
