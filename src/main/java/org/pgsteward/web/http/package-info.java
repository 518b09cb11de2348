/**
 * An HTTP server for short answers, in which no client can hold a thread.
 *
 * <p>Why not the runtime's own: {@code com.sun.net.httpserver} gives a thread to each request from its first byte until the
 * last byte of the answer is taken. Two clients that asked for the page again and again and read nothing held both of its
 * threads, for ever. Its limit of time for an answer ({@code sun.net.httpserver.maxRspTime}, read once, when its first class
 * is loaded) frees them after that time, to the next two of such clients: with a limit of 3 s and 20 clients, health did not
 * answer within 24 s (tried on Java 17.0.21 and 25.0.3). More threads only raise the number of clients that it takes, since
 * the server does not know what is asked for before a thread reads it, and so can keep none for health.
 *
 * <p>Why not a library: vert.x and netty cost more memory than everything they would serve here.
 */
@NullMarked
package org.pgsteward.web.http;

import org.jspecify.annotations.NullMarked;
