package org.pgsteward.camel.edit;

import org.apache.camel.Consumer;
import org.apache.camel.Route;
import org.apache.camel.component.direct.DirectConsumer;
import org.apache.camel.impl.engine.DefaultRouteStartupOrder;
import org.apache.camel.impl.engine.RouteService;
import org.apache.camel.model.RouteDefinition;

/** A running route, with all objects that are needed to restore it. */
record RunningRoute(Route route, RouteDefinition definition, DefaultRouteStartupOrder order) {
    Consumer consumer() {
        return route.getConsumer();
    }

    boolean isDirect() {
        return consumer() instanceof DirectConsumer;
    }

    RouteService service() {
        return order.getRouteService();
    }
}
