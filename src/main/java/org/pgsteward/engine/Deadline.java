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
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.pgsteward.io.Threads;

/**
 * A transport that limits the duration of every call. A bounded answer must be complete within the limit, an endless
 * one must have begun.
 *
 * <p>The transport cannot set the limit itself, because Java has no timeouts on Unix sockets. An interrupt closes the
 * channel of a blocked read or connect and so ends the call. Each call therefore runs on a thread that may be
 * interrupted.
 */
final class Deadline implements DockerHttpClient {
    /** The most bytes of an answer that is held in memory as a whole. */
    static final int MOST_BYTES = 2 * 1024 * 1024;

    /**
     * The time that a thread waits for the next call. The inspections of one list share a thread. Between two lists,
     * which are 20 s apart, an idle daemon needs none.
     */
    private static final Duration IDLE = Duration.ofSeconds(1);

    private final DockerHttpClient transport;
    private final String host;
    private final Duration limit;
    private final ExecutorService calls;

    Deadline(DockerHttpClient transport, String host, Duration limit) {
        this.transport = transport;
        this.host = host;
        this.limit = limit;
        this.calls = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                IDLE.toMillis(),
                TimeUnit.MILLISECONDS,
                new SynchronousQueue<>(),
                Threads.factory("docker-call", Threads.DEFAULT_STACK));
    }

    /**
     * Executes a request within the limit.
     *
     * @throws EngineAway if there is no answer in time
     */
    @Override
    public Response execute(Request request) {
        boolean endless = isEndless(request.path());
        return within(request, () -> {
            Response answer = transport.execute(request);
            return endless ? answer : whole(answer, isLog(request.path()));
        });
    }

    /** A reader of an answer. */
    @FunctionalInterface
    interface Reading<T> {
        T of(int status, InputStream body) throws IOException;
    }

    /**
     * Reads an answer while it arrives, so that it need not fit in memory as a whole.
     *
     * @throws EngineAway if there is no answer in time, or it cannot be read
     */
    <T> T read(String path, Reading<T> reading) {
        Request request =
                Request.builder().method(Request.Method.GET).path(path).build();
        return within(request, () -> {
            try (Response answer = transport.execute(request)) {
                return reading.of(answer.getStatusCode(), answer.getBody());
            }
        });
    }

    private static boolean isEndless(String path) {
        boolean bounded = path.contains("stream=false") || path.contains("stream=0") || path.contains("until=");
        return !bounded && (path.contains("/stats") || path.contains("/events"));
    }

    /**
     * Returns whether the request reads a log. A log may have any length, and its first {@link ContainerLog#MOST_BYTES}
     * bytes are enough.
     */
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
                    "cannot query the Docker Engine at " + host + ": "
                            + rootOf(e).getMessage(),
                    e);
        }
    }

    private static Throwable rootOf(Throwable e) {
        return e.getCause() == null ? e : rootOf(e.getCause());
    }

    private static Response whole(Response answer, boolean log) throws IOException {
        try (answer) {
            byte[] body = answer.getBody().readNBytes(log ? ContainerLog.MOST_BYTES : MOST_BYTES + 1);
            if (!log && body.length > MOST_BYTES) {
                throw new IOException("its answer exceeds the limit of " + MOST_BYTES + " bytes");
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
