package org.pgsteward.engine.http;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The transport of docker-java, for GET only.
 *
 * <p>Each request has a connection of its own. A connection that is kept may be closed meanwhile, by the engine's restart
 * or the idle limit of a proxy. The next request on it would fail, and an event would be lost.
 */
public final class EngineTransport implements DockerHttpClient {
    /** The fields that this transport sets itself, in lower case. */
    private static final Set<String> OWN_FIELDS = Set.of("host", "connection", "accept-encoding");

    private final EngineAddress address;

    /**
     * @param host {@code unix:///path}, or {@code tcp://host:port} with an optional path
     * @param connect the limit of a TCP connect
     */
    public EngineTransport(URI host, Duration connect) {
        this.address = new EngineAddress(host, connect);
    }

    /**
     * Sends a request and waits for the head of its response, which the caller closes.
     *
     * @throws IllegalArgumentException if the request is not a GET without a body
     * @throws UncheckedIOException if there is no connection, or no valid response
     */
    @Override
    public Response execute(Request request) {
        ByteBuffer head = ByteBuffer.wrap(head(request).getBytes(StandardCharsets.ISO_8859_1));
        try {
            SocketChannel connection = address.connect();
            try {
                while (head.hasRemaining()) {
                    connection.write(head);
                }
                return EngineResponse.read(connection);
            } catch (IOException | RuntimeException e) {
                connection.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the head of a request (RFC 9112, section 3). */
    private String head(Request request) {
        if (!request.method().equals(Request.Method.GET.name())
                || request.body() != null
                || request.hijackedInput() != null) {
            throw new IllegalArgumentException("pgsteward only reads from Docker: " + request.method() + " "
                    + request.path() + " is not a GET without a body");
        }
        String path = URI.create(address.prefix() + request.path()).toASCIIString();
        StringBuilder head = new StringBuilder("GET ").append(path).append(" HTTP/1.1\r\n");
        field(head, "Host", address.hostField());
        field(head, "Connection", "close");
        // Without this field, a server may choose any coding.
        field(head, "Accept-Encoding", "identity");
        for (Map.Entry<String, String> field : request.headers().entrySet()) {
            if (!OWN_FIELDS.contains(field.getKey().toLowerCase(Locale.ROOT))) {
                field(head, field.getKey(), field.getValue());
            }
        }
        return head.append("\r\n").toString();
    }

    /** Appends a field. A line break in a value would begin another field or request. */
    private static void field(StringBuilder head, String name, String value) {
        if ((name + value).chars().anyMatch(character -> character < ' ' || character > '~')) {
            throw new IllegalArgumentException("the header field " + name + " has a character that is not allowed");
        }
        head.append(name).append(": ").append(value).append("\r\n");
    }

    /** Does nothing, since a response has its connection and closes it. */
    @Override
    public void close() {}
}
