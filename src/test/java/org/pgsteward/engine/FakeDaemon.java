package org.pgsteward.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A server that speaks as much of the Docker API over real TCP as an event feed needs. On demand it misbehaves in ways
 * that a real engine cannot be made to: it cuts connections, goes silent, freezes, or has another time of day.
 */
public final class FakeDaemon implements AutoCloseable {
    private static final Pattern NANOS = Pattern.compile("\"timeNano\":(\\d+)");

    private record Happened(Instant at, String json) {}

    private record Listener(ServerSocket socket, Thread accepting) {}

    private final int port;
    private final List<Happened> ring = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Set<Socket> streams = ConcurrentHashMap.newKeySet();
    private volatile Listener listener;
    private volatile boolean mute;
    private volatile boolean frozen;
    private volatile boolean dated = true;
    private volatile boolean empty;
    private volatile CountDownLatch lists = new CountDownLatch(0);
    private volatile Duration clockAhead = Duration.ZERO;

    public FakeDaemon() {
        this.listener = listen(0);
        this.port = listener.socket().getLocalPort();
    }

    /** Returns the value for {@code pgsteward.docker.host}. */
    public String host() {
        return "tcp://127.0.0.1:" + port;
    }

    /** Sends a container event in the format of Engine 26. */
    public Instant happens(String action, String container) {
        return happens(
                "{\"status\":\"%s\",\"id\":\"%s\",\"from\":\"image\",\"Type\":\"container\",\"Action\":\"%s\",\"Actor\":{\"ID\":\"%s\",\"Attributes\":{\"name\":\"%s\"}},"
                        .formatted(action, container, action, container, container));
    }

    /** Sends an event that is given without its times. */
    public Instant happens(String jsonBegun) {
        Instant at = now();
        long nanos = at.getEpochSecond() * 1_000_000_000 + at.getNano();
        return repeats(
                jsonBegun + "\"scope\":\"local\",\"time\":" + at.getEpochSecond() + ",\"timeNano\":" + nanos + "}");
    }

    /** Remembers a whole event document and sends it to all streams. */
    public synchronized Instant repeats(String json) {
        Matcher nanos = NANOS.matcher(json);
        Instant at = nanos.find() ? Instant.EPOCH.plusNanos(Long.parseLong(nanos.group(1))) : now();
        ring.add(new Happened(at, json));
        if (!mute) {
            streams.forEach(stream -> chunk(stream, json + "\n"));
        }
        return at;
    }

    /** Makes the streams silent: events happen, but no stream sends them. */
    public void goSilent() {
        mute = true;
    }

    public void speakAgain() {
        mute = false;
    }

    /** Makes the engine accept connections without answering, like a stopped process. */
    public void freeze() {
        frozen = true;
    }

    public void thaw() {
        frozen = false;
    }

    public void clockAheadBy(Duration ahead) {
        clockAhead = ahead;
    }

    public void tellNoDate() {
        dated = false;
    }

    /** Makes the engine return an empty list of containers. */
    public void listNone() {
        empty = true;
    }

    /** Delays lists of containers until the returned latch is counted down. */
    public CountDownLatch holdLists() {
        lists = new CountDownLatch(1);
        return lists;
    }

    public void forgetEvents() {
        ring.clear();
    }

    /** Resets every connection. */
    public void cut() {
        open.forEach(FakeDaemon::reset);
    }

    private static void reset(Socket socket) {
        try (socket) {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // The client closed the connection first.
            drop(socket);
        }
    }

    /** Ends the streams like a proxy with a time limit. */
    public synchronized void endStreams() {
        streams.forEach(stream -> write(stream, "0\r\n\r\n"));
        streams.clear();
    }

    /** Closes the listening socket and every connection. On return the port is free for {@link #startAgain}. */
    public void stop() {
        try {
            listener.socket().close();
            // The kernel holds the port until the thread in accept() has returned.
            listener.accepting().join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        cut();
    }

    public void startAgain() {
        listener = listen(port);
    }

    public int openStreams() {
        return streams.size();
    }

    /** Returns the decoded paths of all requests with their queries, in order. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    @Override
    public void close() {
        stop();
    }

    private Instant now() {
        return Instant.now().plus(clockAhead);
    }

    private Listener listen(int wanted) {
        try {
            ServerSocket listening = new ServerSocket();
            listening.setReuseAddress(true);
            listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted));
            return new Listener(listening, thread(() -> accept(listening)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept(ServerSocket listening) {
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                open.add(socket);
                thread(() -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            for (Optional<String> path = request(in); path.isPresent(); path = request(in)) {
                if (!frozen) {
                    if (path.get().startsWith("/containers/json")) {
                        lists.await();
                    }
                    answer(socket, path.get());
                }
            }
        } catch (IOException e) {
            // The client or cut() closed the connection, as the tests intend.
            open.remove(socket);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
            streams.remove(socket);
        }
    }

    private Optional<String> request(BufferedReader in) throws IOException {
        Optional<String> first = Optional.ofNullable(in.readLine());
        while (first.isPresent()) {
            String line = Optional.ofNullable(in.readLine()).orElse("");
            if (line.isEmpty()) {
                String path = URLDecoder.decode(first.get().split(" ", 3)[1], StandardCharsets.UTF_8);
                requests.add(path);
                return Optional.of(path);
            }
        }
        return first;
    }

    private synchronized void answer(Socket socket, String path) {
        String date = dated
                ? "Date: " + DateTimeFormatter.RFC_1123_DATE_TIME.format(now().atZone(ZoneOffset.UTC)) + "\r\n"
                : "";
        if (path.startsWith("/_ping")) {
            write(socket, "HTTP/1.1 200 OK\r\n" + date + "Content-Length: 2\r\n\r\nOK");
        } else if (path.startsWith("/events")) {
            write(socket, "HTTP/1.1 200 OK\r\n" + date + "Transfer-Encoding: chunked\r\n\r\n");
            Instant until = time(path, "until").orElse(Instant.MAX);
            Instant since = time(path, "since").orElse(now());
            ring.stream()
                    .filter(event -> !event.at().isBefore(since) && !event.at().isAfter(until))
                    .forEach(event -> chunk(socket, event.json() + "\n"));
            if (until.equals(Instant.MAX)) {
                streams.add(socket);
            } else if (!until.isAfter(now())) {
                write(socket, "0\r\n\r\n");
            }
        } else if (path.startsWith("/containers/json") && empty) {
            write(socket, "HTTP/1.1 200 OK\r\n" + date + "Content-Length: 2\r\n\r\n[]");
        } else {
            write(socket, "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nforbidden");
        }
    }

    private static Optional<Instant> time(String path, String name) {
        Matcher found =
                Pattern.compile("[?&]" + name + "=(\\d+)\\.(\\d{9})(&|$)").matcher(path);
        return found.find()
                ? Optional.of(Instant.ofEpochSecond(Long.parseLong(found.group(1)), Long.parseLong(found.group(2))))
                : Optional.empty();
    }

    private static void chunk(Socket socket, String text) {
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        write(socket, Integer.toHexString(length) + "\r\n" + text + "\r\n");
    }

    private static void write(Socket socket, String text) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            // The connection is closed. Its own thread notices that and cleans up.
            drop(socket);
        }
    }

    private static void drop(Socket gone) {
        try {
            gone.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "fake-daemon");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
