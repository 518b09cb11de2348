package org.pgsteward.engine;

import com.github.dockerjava.transport.DockerHttpClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.pgsteward.io.Threads;

/**
 * Gives every call an end: an ordinary answer must have arrived whole, an endless one must have begun, within the
 * limit.
 *
 * <p>The transport cannot do this itself, because a unix socket knows no timeouts in Java. An interrupt closes the
 * channel under a blocked read or connect, and that ends it; so each call runs on a thread that may be interrupted.
 *
 * <p>Each call has a connection of its own. The transport keeps used ones for ever and does not look whether they still
 * stand: one that the engine's restart or a proxy's idle limit has closed would fail the next call, and lose an event.
 */
final class Deadline implements DockerHttpClient {
    /** Bytes of an answer that is held as a whole. */
    static final int MOST_BYTES = 2 * 1024 * 1024;

    private final DockerHttpClient transport;
    private final String host;
    private final Duration limit;
    private final ExecutorService calls;

    Deadline(DockerHttpClient transport, String host, Duration limit) {
        this.transport = transport;
        this.host = host;
        this.limit = limit;
        this.calls = Executors.newCachedThreadPool(Threads.factory("docker-call", Threads.DEFAULT_STACK));
    }

    /** @throws EngineAway when there is no answer in time */
    @Override
    public Response execute(Request request) {
        boolean endless = isEndless(request.path());
        Request alone =
                Request.builder().from(request).putHeader("Connection", "close").build();
        return within(request, () -> {
            Response answer = transport.execute(alone);
            return endless ? answer : whole(answer, isLog(request.path()));
        });
    }

    /** Takes from an answer what is wanted of it. */
    @FunctionalInterface
    interface Reading<T> {
        T of(int status, InputStream body) throws IOException;
    }

    /**
     * Reads an answer while it comes in, so that it need not be held as a whole.
     *
     * @throws EngineAway when there is no answer in time, or it cannot be read
     */
    <T> T read(String path, Reading<T> reading) {
        Request request = Request.builder()
                .method(Request.Method.GET)
                .path(path)
                .putHeader("Connection", "close")
                .build();
        return within(request, () -> {
            // Only the answer is closed: closing its body would first read what is left of it.
            try (Response answer = transport.execute(request)) {
                return reading.of(answer.getStatusCode(), answer.getBody());
            }
        });
    }

    private static boolean isEndless(String path) {
        boolean bounded = path.contains("stream=false") || path.contains("stream=0") || path.contains("until=");
        return !bounded && (path.contains("/stats") || path.contains("/events"));
    }

    /** The one answer that may be of any length; its beginning is enough. */
    private static boolean isLog(String path) {
        return path.contains("/logs?");
    }

    private <T> T within(Request request, Callable<T> call) {
        Future<T> answer = calls.submit(call);
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new EngineAway(
                    "the Docker Engine at " + host + " did not answer " + request.path() + " within "
                            + limit.toSeconds() + " s",
                    e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new EngineAway("interrupted while waiting for the Docker Engine at " + host, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof EngineAway refused) {
                throw refused;
            }
            throw new EngineAway(
                    "the Docker Engine at " + host + " cannot be asked: "
                            + rootOf(e).getMessage(),
                    e);
        }
    }

    private static Throwable rootOf(Throwable e) {
        return e.getCause() == null ? e : rootOf(e.getCause());
    }

    private static Response whole(Response answer, boolean log) throws IOException {
        // Only the answer is closed: closing its body would first read what is left of it.
        try (answer) {
            byte[] body = answer.getBody().readNBytes(log ? ContainerLog.MOST_BYTES : MOST_BYTES + 1);
            if (!log && body.length > MOST_BYTES) {
                throw new IOException("its answer has more than " + MOST_BYTES + " bytes, which is the limit");
            }
            return new Whole(answer.getStatusCode(), answer.getHeaders(), new ByteArrayInputStream(body));
        }
    }

    @Override
    public void close() throws IOException {
        calls.shutdownNow();
        transport.close();
    }

    private record Whole(int statusCode, Map<String, List<String>> headers, InputStream body) implements Response {
        @Override
        public int getStatusCode() {
            return statusCode;
        }

        @Override
        public Map<String, List<String>> getHeaders() {
            return headers;
        }

        @Override
        public InputStream getBody() {
            return body;
        }

        @Override
        public void close() {}
    }
}
