package org.pgsteward.routing;

import java.util.HashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.jspecify.annotations.Nullable;

/**
 * The way from a bean into the routes. The beans are built before the context that carries the routes, so the way is
 * opened once that stands.
 */
public final class Doors {
    private volatile @Nullable ProducerTemplate template;

    void open(CamelContext context) {
        template = context.createProducerTemplate();
    }

    /**
     * Sends {@code body} through a door such as {@code direct:alert-raise} and hands back what came of it; a step that
     * failed is in {@link Exchange#getException}.
     */
    public Exchange ask(String door, Object body) {
        return ask(door, body, Map.of());
    }

    /** The same, and does nothing before the routes run: their first run does what is asked for here. */
    public void askIfOpen(String door, Object body) {
        if (template != null) {
            ask(door, body);
        }
    }

    /** The same with headers beside the body. */
    Exchange send(String door, Object body, Map<String, Object> headers) {
        return template(door).request(door, exchange -> {
            exchange.getIn().setHeaders(new HashMap<>(headers));
            exchange.getIn().setBody(body);
        });
    }

    /** The same with variables beside the body. */
    Exchange ask(String door, Object body, Map<String, Object> variables) {
        return template(door).request(door, exchange -> {
            variables.forEach(exchange::setVariable);
            exchange.getIn().setBody(body);
        });
    }

    private ProducerTemplate template(String door) {
        ProducerTemplate open = template;
        if (open == null) {
            throw new IllegalStateException("the pipeline has not started: " + door + " cannot be reached");
        }
        return open;
    }
}
