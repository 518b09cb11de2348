package org.pgsteward.engine.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** The address of a Docker Engine: {@code unix:///path}, or {@code tcp://host:port} with an optional path. */
final class EngineAddress {
    private final URI uri;
    private final Duration limit;

    /** @param limit of a TCP connect to one address */
    EngineAddress(URI uri, Duration limit) {
        this.uri = uri;
        this.limit = limit;
    }

    private boolean isSocket() {
        return "unix".equals(uri.getScheme());
    }

    /** Returns the field {@code Host} (RFC 9112, section 3.2). Docker accepts any name over a Unix socket. */
    String hostField() {
        return isSocket() ? "localhost" : uri.getHost() + ":" + uri.getPort();
    }

    /** Returns the path of a proxy, which comes before each path of the API; empty if there is none. */
    String prefix() {
        String path = isSocket() ? "" : uri.getRawPath();
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /**
     * Opens a connection in blocking mode. A host name is resolved each time, because a new container of a proxy has
     * another address. All its addresses are tried in turn.
     *
     * @throws IOException if no address accepts the connection
     */
    SocketChannel connect() throws IOException {
        if (isSocket()) {
            return SocketChannel.open(UnixDomainSocketAddress.of(uri.getPath()));
        }
        IOException failure = new SocketException("no address");
        for (InetAddress address : InetAddress.getAllByName(uri.getHost())) {
            try {
                return connect(new InetSocketAddress(address, uri.getPort()));
            } catch (IOException e) {
                failure = e;
            }
        }
        throw failure;
    }

    private SocketChannel connect(InetSocketAddress address) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            // The channel's own connect has no time limit. This one does, and an interrupt ends it too.
            channel.socket().connect(address, Math.toIntExact(Math.max(1, limit.toMillis())));
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }
}
