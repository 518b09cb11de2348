package org.pgsteward.camel.edit;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;
import org.apache.camel.support.RoutePolicySupport;

/**
 * Number of exchanges in one route instance. Camel's own number also includes those of a successor with the same id.
 */
final class InFlight extends RoutePolicySupport {
    private final AtomicInteger count = new AtomicInteger();

    /** Factory of one counter for each route that is built. */
    static final class Factory implements RoutePolicyFactory {
        @Override
        public RoutePolicy createRoutePolicy(CamelContext context, String routeId, NamedNode route) {
            return new InFlight();
        }
    }

    static int of(Route route) {
        return route.getRoutePolicyList().stream()
                .filter(InFlight.class::isInstance)
                .mapToInt(policy -> ((InFlight) policy).count.get())
                .sum();
    }

    @Override
    public void onExchangeBegin(Route route, Exchange exchange) {
        count.incrementAndGet();
    }

    @Override
    public void onExchangeDone(Route route, Exchange exchange) {
        count.decrementAndGet();
    }
}
