package org.pgsteward.web.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Clock;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.pgsteward.io.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listener on one port, with one thread that never waits for a client.
 *
 * <ol>
 *   <li>The thread reads requests and writes answers as fast as each client sends and receives them.
 *   <li>The executor of a request makes its answer, and hands it back as a whole.
 *   <li>A client that sends no request, or does not receive its answer, is disconnected after its time limit. If the
 *       limit of connections is reached and another client connects, the oldest connection is closed.
 * </ol>
 */
public final class HttpListener implements AutoCloseable {
    private static final String LATE =
            "there is no answer within 10 s; PostgreSQL or the Docker Engine may be unavailable";

    private static final Logger LOG = LoggerFactory.getLogger(HttpListener.class);

    /** Limit of connections. Each may hold an answer in memory; the page is the largest one. */
    static final int MOST_CONNECTIONS = 64;

    private static final int BACKLOG = 128;

    /** Milliseconds between two searches for connections beyond their time limit. */
    private static final long SWEEP = 500;

    private final ServerSocketChannel server;
    private final Selector selector;
    private final Function<RequestHead, Executor> lanes;
    private final Function<RequestHead, Response> answers;
    private final Clock clock;

    /** Open connections, the oldest first. */
    private final Map<HttpConnection, SelectionKey> connections = new LinkedHashMap<>();

    private final ConcurrentLinkedQueue<Runnable> handedBack = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean wanted = true;

    private HttpListener(
            ServerSocketChannel server,
            Selector selector,
            Function<RequestHead, Executor> lanes,
            Function<RequestHead, Response> answers,
            Clock clock) {
        this.server = server;
        this.selector = selector;
        this.lanes = lanes;
        this.answers = answers;
        this.clock = clock;
        this.thread = Threads.daemon("http", 256 * 1024, this::run);
    }

    /**
     * Opens the port.
     *
     * @param lanes returns the executor of a request; it may reject the request when it is busy
     * @param answers returns the answer to a request
     * @throws IOException if the port is taken
     */
    public static HttpListener open(
            InetSocketAddress address,
            Function<RequestHead, Executor> lanes,
            Function<RequestHead, Response> answers,
            Clock clock)
            throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
            server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            server.bind(address, BACKLOG);
            server.configureBlocking(false);
            Selector selector = Selector.open();
            server.register(selector, SelectionKey.OP_ACCEPT);
            HttpListener listener = new HttpListener(server, selector, lanes, answers, clock);
            listener.thread.start();
            return listener;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    public int port() {
        return server.socket().getLocalPort();
    }

    private void run() {
        while (wanted) {
            try {
                // Without a connection there is nothing to sweep.
                selector.select(connections.isEmpty() ? 0 : SWEEP);
                for (Runnable back = handedBack.poll(); back != null; back = handedBack.poll()) {
                    back.run();
                }
                Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
                while (ready.hasNext()) {
                    SelectionKey key = ready.next();
                    ready.remove();
                    serve(key);
                }
                long now = System.nanoTime();
                List.copyOf(connections.keySet()).stream()
                        .filter(connection -> connection.isLate(now))
                        .forEach(this::endLate);
            } catch (IOException | RuntimeException e) {
                LOG.warn("the HTTP port goes on after {}", e.toString());
            }
        }
        List.copyOf(connections.keySet()).forEach(this::drop);
    }

    private void serve(SelectionKey key) {
        if (!(key.attachment() instanceof HttpConnection connection)) {
            accept();
            return;
        }
        try {
            if (key.isReadable()) {
                read(connection, key);
            } else if (key.isWritable()) {
                write(connection, key);
            }
        } catch (IOException | CancelledKeyException gone) {
            drop(connection);
        }
    }

    private void accept() {
        try {
            for (SocketChannel client = server.accept(); client != null; client = server.accept()) {
                if (connections.size() >= MOST_CONNECTIONS) {
                    drop(connections.keySet().iterator().next());
                }
                client.configureBlocking(false);
                HttpConnection connection = new HttpConnection(client, System.nanoTime());
                connections.put(connection, client.register(selector, SelectionKey.OP_READ, connection));
            }
        } catch (IOException e) {
            // Too many open files, for example: open connections are served, and new ones are accepted later.
            LOG.debug("no connection accepted: {}", e.toString());
        }
    }

    private void read(HttpConnection connection, SelectionKey key) throws IOException {
        HttpConnection.Read read = connection.read();
        if (read instanceof HttpConnection.Read.Gone) {
            drop(connection);
        } else if (read instanceof HttpConnection.Read.TooLong) {
            answer(connection, Response.plain(431, "the head of this request is too long"));
        } else if (read instanceof HttpConnection.Read.Asked asked) {
            key.interestOps(0);
            ask(connection, asked.head());
        }
    }

    private void ask(HttpConnection connection, Optional<RequestHead> head) throws IOException {
        if (head.isEmpty()) {
            answer(connection, Response.plain(400, "this is no HTTP/1 request"));
            return;
        }
        try {
            lanes.apply(head.get()).execute(() -> {
                if (!connection.isOver()) {
                    // Compressed here, since the listener's thread serves all clients.
                    ByteBuffer bytes = made(head.get())
                            .bytes(head.get().isHead(), head.get().acceptsGzip(), clock.instant());
                    handedBack.add(() -> handBack(connection, bytes));
                    selector.wakeup();
                }
            });
        } catch (RejectedExecutionException full) {
            answer(connection, Response.plain(503, "too many requests for this at once"));
        }
    }

    private Response made(RequestHead head) {
        try {
            return answers.apply(head);
        } catch (RuntimeException e) {
            LOG.warn("{} could not be answered: {}", head.path(), e.toString());
            return Response.plain(500, "this request failed; the log has the reason");
        }
    }

    private void handBack(HttpConnection connection, ByteBuffer bytes) {
        try {
            answer(connection, bytes);
        } catch (IOException | CancelledKeyException gone) {
            drop(connection);
        }
    }

    private void answer(HttpConnection connection, Response response) throws IOException {
        answer(connection, whole(response));
    }

    private ByteBuffer whole(Response response) {
        return response.bytes(false, false, clock.instant());
    }

    private void answer(HttpConnection connection, ByteBuffer bytes) throws IOException {
        SelectionKey key = connections.get(connection);
        // A lane's answer may come after the answer about the time limit.
        if (key != null && !connection.isAnswered()) {
            connection.answer(bytes, System.nanoTime());
            write(connection, key);
        }
    }

    private static void write(HttpConnection connection, SelectionKey key) throws IOException {
        key.interestOps(connection.write(System.nanoTime()) ? SelectionKey.OP_READ : SelectionKey.OP_WRITE);
    }

    /** Answers a waiting client that there is no answer in time, and disconnects any other. */
    private void endLate(HttpConnection connection) {
        if (connection.isWaiting()) {
            handBack(connection, whole(Response.plain(503, LATE)));
        } else {
            drop(connection);
        }
    }

    private void drop(HttpConnection connection) {
        connections.remove(connection);
        connection.close();
    }

    @Override
    public void close() {
        wanted = false;
        selector.wakeup();
        try {
            thread.join(2000);
            selector.close();
            server.close();
        } catch (IOException e) {
            LOG.debug("closing the HTTP port: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
