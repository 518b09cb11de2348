package org.pgsteward.camel.receivers;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/** A real HTTP server in place of a receiver's service. */
public final class HookServer implements AutoCloseable {
    public static final String PATH = "/services/T0S3CRET/B0/xyz";

    /** The reaction to a request. */
    public interface Answer {
        void to(HttpExchange request) throws IOException, InterruptedException;
    }

    /** A request that was answered with a 2xx. The path includes the query. */
    public record Request(String method, String path, Headers headers, String body) {}

    /** Every request that was answered with a 2xx, in the order of their arrival. */
    public final List<Request> requests = new CopyOnWriteArrayList<>();

    /** The bodies of these requests. */
    public final List<String> taken = new CopyOnWriteArrayList<>();

    public final List<String> contentTypes = new CopyOnWriteArrayList<>();

    /** The arrival numbers of these requests. A client may send its next request before this one is in the lists. */
    private final List<Integer> arrivals = new ArrayList<>();

    private final AtomicInteger arrived = new AtomicInteger();
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    public volatile Answer answer = request -> request.sendResponseHeaders(204, -1);

    /** @param port 0 for any free port */
    public HookServer(int port) throws IOException {
        this(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /** Creates a server at an address that other hosts may reach. */
    public HookServer(InetSocketAddress address) throws IOException {
        this(HttpServer.create(address, 0));
    }

    /** Creates a server with a self-signed certificate. */
    static HookServer untrusted(SSLContext tls) throws IOException {
        HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(tls));
        return new HookServer(https);
    }

    private HookServer(HttpServer server) {
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    private void serve(HttpExchange request) throws IOException {
        int arrival = arrived.getAndIncrement();
        String body = new String(request.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        try (request) {
            answer.to(request);
            if (request.getResponseCode() / 100 == 2) {
                keep(request, body, arrival);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void keep(HttpExchange request, String body, int arrival) {
        int place = -1 - Collections.binarySearch(arrivals, arrival);
        arrivals.add(place, arrival);
        contentTypes.add(place, request.getRequestHeaders().getFirst("Content-Type"));
        requests.add(
                place,
                new Request(
                        request.getRequestMethod(),
                        request.getRequestURI().toString(),
                        request.getRequestHeaders(),
                        body));
        taken.add(place, body);
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** Returns the address without a path. */
    public String root() {
        return (server instanceof HttpsServer ? "https" : "http") + "://127.0.0.1:" + port();
    }

    public String url() {
        return root() + PATH;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
