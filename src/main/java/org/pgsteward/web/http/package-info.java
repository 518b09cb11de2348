/**
 * An HTTP server for short answers, in which no client can block a thread.
 *
 * <p>Why not the runtime's own: {@code com.sun.net.httpserver} assigns a thread to each request from its first byte
 * until the client has received the last byte of the answer. Two clients that requested the page again and again and
 * read no answer blocked both of its threads for ever. Its time limit for an answer is {@code
 * sun.net.httpserver.maxRspTime}, read once, when its first class is loaded. That limit frees them, but the next two
 * such clients get them. With a limit of 3 s and 20 clients, health did not answer within 24 s (tried on Java 17.0.21
 * and 25.0.3). More threads only raise the number of clients that are needed. The server does not know the path before
 * a thread reads it, and so cannot reserve a thread for health.
 *
 * <p>Why not a library: vert.x and netty need more memory than everything that they would serve here.
 */
@NullMarked
package org.pgsteward.web.http;

import org.jspecify.annotations.NullMarked;
