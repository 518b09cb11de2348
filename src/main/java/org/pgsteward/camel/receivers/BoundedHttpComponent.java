package org.pgsteward.camel.receivers;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.camel.component.http.HttpComponent;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.io.HttpClientConnectionManager;
import org.apache.hc.client5.http.socket.ConnectionSocketFactory;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.config.Registry;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.util.TimeValue;
import org.pgsteward.io.Threads;

/**
 * Camel's {@code http:} and {@code https:} with limits on the size of an answer and on the time until it starts. Camel
 * reads an answer completely, and keeps its headers, so an endless answer would fill the heap. Camel's own timeouts
 * apply to each part of an answer, so an answer of one byte at a time would block its sender for weeks.
 */
public class BoundedHttpComponent extends HttpComponent {
    /** Limit of the header lines. */
    private static final int MOST_HEADERS = 200;

    /** Limit of one header line, in characters. */
    private static final int LONGEST_LINE = 16 * 1024;

    /** Limit of the empty lines before an answer. */
    private static final int MOST_EMPTY_LINES = 10;

    private static final Http1Config LIMITS = Http1Config.custom()
            .setMaxHeaderCount(MOST_HEADERS)
            .setMaxLineLength(LONGEST_LINE)
            .setMaxEmptyLineCount(MOST_EMPTY_LINES)
            .build();

    /** Limit from the start of a request to the last header of its answer. The body has as much time again. */
    private Duration answerWithin = Duration.ofMinutes(1);

    private final ScheduledThreadPoolExecutor clock =
            new ScheduledThreadPoolExecutor(1, Threads.factory("http-answers", 128 * 1024));

    public BoundedHttpComponent() {
        clock.setRemoveOnCancelPolicy(true);
        clock.setKeepAliveTime(1, TimeUnit.MINUTES);
        clock.allowCoreThreadTimeOut(true);
    }

    /** Limits the answers to all HTTP requests of routes: to receivers, to watchers, and by operators' routes. */
    public static void bind(CamelContext context) {
        // Created when a route names it: otherwise its classes are not loaded.
        for (String scheme : List.of("http", "https")) {
            context.getRegistry().bind(scheme, Component.class, BoundedHttpComponent::new);
        }
        context.getRegistry().bind(NotifyComponent.SCHEME, Component.class, NotifyComponent::new);
    }

    void setAnswerWithin(Duration limit) {
        answerWithin = limit;
    }

    @Override
    protected HttpClientConfigurer createHttpClientConfigurer(Map<String, Object> parameters, boolean secure)
            throws Exception {
        HttpClientConfigurer usual = super.createHttpClientConfigurer(parameters, secure);
        return client -> {
            if (usual != null) {
                usual.configureHttpClient(client);
            }
            // Outermost interceptor, so that the limit counts unpacked bytes.
            client.addExecInterceptorFirst("bounded-answer", this::bounded);
        };
    }

    private ClassicHttpResponse bounded(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        ClassicHttpResponse response = answer(request, scope, chain);
        HttpEntity entity = response.getEntity();
        if (entity != null) {
            response.setEntity(new BoundedAnswer(entity, scope.execRuntime::discardEndpoint));
        }
        return response;
    }

    private ClassicHttpResponse answer(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        AtomicBoolean late = new AtomicBoolean();
        Future<?> limit = clock.schedule(
                () -> {
                    late.set(true);
                    scope.execRuntime.discardEndpoint();
                },
                answerWithin.toMillis(),
                TimeUnit.MILLISECONDS);
        try {
            return chain.proceed(request, scope);
        } catch (IOException e) {
            throw late.get() ? new SocketTimeoutException("no answer within " + answerWithin.toSeconds() + " s") : e;
        } finally {
            limit.cancel(false);
        }
    }

    @Override
    protected void doShutdown() throws Exception {
        clock.shutdownNow();
        super.doShutdown();
    }

    /** Creates Camel's usual connection manager with the limits. */
    @Override
    @SuppressWarnings("deprecation") // the type in the signature of Camel 4.18
    protected HttpClientConnectionManager createConnectionManager(
            Registry<ConnectionSocketFactory> registry, int maxTotal, int perRoute, SocketConfig socket) {
        PoolingHttpClientConnectionManager manager = new PoolingHttpClientConnectionManager(
                registry,
                PoolConcurrencyPolicy.STRICT,
                TimeValue.ofMilliseconds(getConnectionTimeToLive()),
                ManagedHttpClientConnectionFactory.builder().http1Config(LIMITS).build());
        manager.setDefaultSocketConfig(socket);
        manager.setMaxTotal(maxTotal > 0 ? maxTotal : getMaxTotalConnections());
        manager.setDefaultMaxPerRoute(perRoute > 0 ? perRoute : getConnectionsPerRoute());
        return manager;
    }
}
