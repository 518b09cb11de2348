/**
 * HTTP/1.1 as a client of the Docker Engine needs it (RFC 9112): GET over a Unix socket or TCP, one request for each
 * connection.
 *
 * <p>Why not docker-java's own transport: decision 22 in {@code src/docs/decisions.md}. TLS is not supported, as {@code
 * pgsteward.docker.host} only takes {@code unix://} and {@code tcp://}.
 *
 * <p>No class here has a time limit for a read, since Java has none for a Unix socket. Each method blocks in a channel
 * that an interrupt of its thread or a close by another thread ends. {@code Deadline} in the package above sets the
 * limit that way.
 */
@NullMarked
package org.pgsteward.engine.http;

import org.jspecify.annotations.NullMarked;
