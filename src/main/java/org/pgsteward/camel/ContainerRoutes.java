package org.pgsteward.camel;

import org.apache.camel.builder.RouteBuilder;
import org.pgsteward.provision.ContainerWatch;

/**
 * Reads the list of containers each time that Docker's events are connected. This is a route, so that a stop of the routes
 * waits until it has ended: it may be creating a database. It is in Java, since no edit may remove it.
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
