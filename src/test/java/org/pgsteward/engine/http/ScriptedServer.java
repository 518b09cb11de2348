package org.pgsteward.engine.http;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A server that reads the head of a request on each connection and then follows a script. It closes a connection after
 * the script, so that a script decides how an answer ends.
 */
public final class ScriptedServer implements AutoCloseable {
    /** A kind of socket. */
    public enum Kind {
        UNIX,
        TCP
    }

    /** Actions of the server on a connection whose request is read. */
    public interface Script {
        void run(SocketChannel connection) throws IOException;
    }

    private final ServerSocketChannel listening;
    private final URI host;
    private final Script script;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<SocketChannel> connections = new CopyOnWriteArrayList<>();

    private ScriptedServer(ServerSocketChannel listening, URI host, Script script) {
        this.listening = listening;
        this.host = host;
        this.script = script;
        start(this::accept);
    }

    public static ScriptedServer start(Kind kind, Script script) throws IOException {
        if (kind == Kind.UNIX) {
            Path socket = Files.createTempDirectory("scripted-").resolve("docker.sock");
            ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            listening.bind(UnixDomainSocketAddress.of(socket));
            return new ScriptedServer(listening, URI.create("unix://" + socket), script);
        }
        ServerSocketChannel listening = ServerSocketChannel.open();
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = ((InetSocketAddress) listening.getLocalAddress()).getPort();
        return new ScriptedServer(listening, URI.create("tcp://127.0.0.1:" + port), script);
    }

    /** Returns a server that sends this text and closes the connection. */
    public static ScriptedServer sending(Kind kind, String answer) throws IOException {
        return start(kind, connection -> send(connection, answer));
    }

    public static void send(SocketChannel connection, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
        while (bytes.hasRemaining()) {
            connection.write(bytes);
        }
    }

    /** Sends each byte for itself. */
    static void sendInFragments(SocketChannel connection, String text) throws IOException {
        for (int at = 0; at < text.length(); at++) {
            send(connection, text.substring(at, at + 1));
        }
    }

    /** Waits until the client closes the connection. */
    public static void awaitClose(SocketChannel connection) throws IOException {
        ByteBuffer ignored = ByteBuffer.allocate(1024);
        while (connection.read(ignored.clear()) >= 0) {
            assertPositive(ignored.position());
        }
    }

    private static void assertPositive(int count) {
        if (count <= 0) {
            throw new IllegalStateException("a blocking read returned nothing");
        }
    }

    public URI host() {
        return host;
    }

    /** Returns a transport to this server. */
    EngineTransport client() {
        return new EngineTransport(host, Duration.ofSeconds(10));
    }

    /** Sends a GET to this server. */
    DockerHttpClient.Response get(String path) {
        return client().execute(request("GET", path).build());
    }

    static DockerHttpClient.Request.Builder request(String method, String path) {
        return DockerHttpClient.Request.builder().method(method).path(path);
    }

    /** Returns the head of each request, one for each connection. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    private void accept() {
        while (listening.isOpen()) {
            try {
                SocketChannel connection = listening.accept();
                connections.add(connection);
                start(() -> serve(connection));
            } catch (AsynchronousCloseException closed) {
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void serve(SocketChannel connection) {
        try (connection) {
            if (host.getScheme().equals("tcp")) {
                connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
            }
            requests.add(head(connection));
            script.run(connection);
        } catch (IOException e) {
            // The client left before the end of the script, as many tests intend.
            connections.remove(connection);
        }
    }

    private static String head(SocketChannel connection) throws IOException {
        StringBuilder head = new StringBuilder();
        ByteBuffer part = ByteBuffer.allocate(1024);
        while (head.indexOf("\r\n\r\n") < 0 && connection.read(part.clear()) > 0) {
            head.append(StandardCharsets.ISO_8859_1.decode(part.flip()));
        }
        return head.toString();
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "scripted server");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (SocketChannel connection : connections) {
            connection.close();
        }
        if (host.getScheme().equals("unix")) {
            Files.deleteIfExists(Path.of(host.getPath()));
            Files.deleteIfExists(Path.of(host.getPath()).getParent());
        }
    }
}
