package org.pgsteward.camel;

import org.apache.camel.builder.RouteBuilder;
import org.pgsteward.provision.ContainerWatch;

/**
 * The list of containers that is read when Docker's events are connected. As a route, so that a stop waits for it: it may be
 * creating a database. In Java, since no edit may take it away.
 */
public final class ContainerRoutes extends RouteBuilder {
    public static final String CONNECTED = "direct:containers-connected";

    private final ContainerWatch watch;

    public ContainerRoutes(ContainerWatch watch) {
        this.watch = watch;
    }

    @Override
    public void configure() {
        from(CONNECTED).routeId("containers-connected").process(exchange -> watch.list());
    }
}
