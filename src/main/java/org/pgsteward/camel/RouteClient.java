package org.pgsteward.camel;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.FirstCause;

/**
 * Client that sends messages into routes. The beans are built before the context that runs the routes, so the client is
 * opened when the context starts.
 */
public final class RouteClient {
    private volatile @Nullable ProducerTemplate template;

    public void open(CamelContext context) {
        template = context.createProducerTemplate();
    }

    /**
     * Sends {@code body} to an endpoint such as {@code direct:alert-raise}, and returns the finished exchange. The
     * exception of a failed step is in {@link Exchange#getException}.
     *
     * @throws IllegalStateException if the routes have not started
     */
    public Exchange ask(String endpoint, Object body) {
        return ask(endpoint, body, Map.of());
    }

    /**
     * Sends {@code body} to an endpoint whose route logs its own failures, so they are no errors here.
     *
     * @throws IllegalStateException if no route took the message, for example while the routes stop
     */
    public void submit(String endpoint, Object body) {
        Optional<Exception> failure = unreached(ask(endpoint, body));
        if (failure.isPresent()) {
            throw new IllegalStateException(
                    "cannot reach " + endpoint + ": " + FirstCause.of(failure.get()), failure.get());
        }
    }

    /**
     * Returns the reason why no route took the message. Empty if a route with an error handler took it, because it logs
     * its own failures.
     */
    static Optional<Exception> unreached(Exchange sent) {
        return sent.getProperty(Exchange.FAILURE_ROUTE_ID) == null
                ? Optional.ofNullable(sent.getException())
                : Optional.empty();
    }

    /** Sends headers with the body; otherwise like {@link #ask(String, Object)}. */
    Exchange send(String endpoint, Object body, Map<String, Object> headers) {
        return template(endpoint).request(endpoint, exchange -> {
            exchange.getIn().setHeaders(new HashMap<>(headers));
            exchange.getIn().setBody(body);
        });
    }

    /** Sends variables with the body; otherwise like {@link #ask(String, Object)}. */
    Exchange ask(String endpoint, Object body, Map<String, Object> variables) {
        return template(endpoint).request(endpoint, exchange -> {
            variables.forEach(exchange::setVariable);
            exchange.getIn().setBody(body);
        });
    }

    /** Sends headers and variables with the body; otherwise like {@link #ask(String, Object)}. */
    public Exchange ask(
            String endpoint, @Nullable Object body, Map<String, Object> headers, Map<String, Object> variables) {
        return template(endpoint).request(endpoint, exchange -> {
            variables.forEach(exchange::setVariable);
            exchange.getIn().setHeaders(new HashMap<>(headers));
            exchange.getIn().setBody(body);
        });
    }

    /** Returns the ids of the present routes; none if the routes have not started. */
    public List<String> routeIds() {
        ProducerTemplate open = template;
        return open == null
                ? List.of()
                : open.getCamelContext().getRoutes().stream()
                        .map(Route::getRouteId)
                        .toList();
    }

    private ProducerTemplate template(String endpoint) {
        ProducerTemplate open = template;
        if (open == null) {
            throw new IllegalStateException("cannot reach " + endpoint + ": the routes have not started");
        }
        return open;
    }
}
