package org.pgsteward.camel;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.FirstCause;

/**
 * Sends messages into routes. The beans are built before the context that runs the routes, so the client is opened once
 * that has started.
 */
public final class RouteClient {
    private volatile @Nullable ProducerTemplate template;

    public void open(CamelContext context) {
        template = context.createProducerTemplate();
    }

    /**
     * Sends {@code body} to an endpoint such as {@code direct:alert-raise}, and returns the finished exchange. The
     * exception of a step that failed is in {@link Exchange#getException}.
     *
     * @throws IllegalStateException when the routes have not started
     */
    public Exchange ask(String endpoint, Object body) {
        return ask(endpoint, body, Map.of());
    }

    /**
     * Sends {@code body} to an endpoint whose route logs its own failures, so that they are no errors here.
     *
     * @throws IllegalStateException when no route took the message, as while the routes stop
     */
    public void submit(String endpoint, Object body) {
        Optional<Exception> failure = unreached(ask(endpoint, body));
        if (failure.isPresent()) {
            throw new IllegalStateException(
                    "cannot reach " + endpoint + ": " + FirstCause.of(failure.get()), failure.get());
        }
    }

    /** Returns why no route took the message; empty when one with an error handler did, which logs its own failures. */
    static Optional<Exception> unreached(Exchange sent) {
        return sent.getProperty(Exchange.FAILURE_ROUTE_ID) == null
                ? Optional.ofNullable(sent.getException())
                : Optional.empty();
    }

    /** Does the same as {@link #ask(String, Object)} with headers beside the body. */
    Exchange send(String endpoint, Object body, Map<String, Object> headers) {
        return template(endpoint).request(endpoint, exchange -> {
            exchange.getIn().setHeaders(new HashMap<>(headers));
            exchange.getIn().setBody(body);
        });
    }

    /** Does the same as {@link #ask(String, Object)} with variables beside the body. */
    Exchange ask(String endpoint, Object body, Map<String, Object> variables) {
        return template(endpoint).request(endpoint, exchange -> {
            variables.forEach(exchange::setVariable);
            exchange.getIn().setBody(body);
        });
    }

    private ProducerTemplate template(String endpoint) {
        ProducerTemplate open = template;
        if (open == null) {
            throw new IllegalStateException("the routes have not started: " + endpoint + " cannot be reached");
        }
        return open;
    }
}
