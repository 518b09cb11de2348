package org.pgsteward.camel;

import org.apache.camel.builder.RouteBuilder;
import org.pgsteward.provision.ContainerWatch;

/**
 * Route that lists the containers each time that Docker's events are connected. As a route, it delays a stop of the
 * routes until the list is processed: it may be creating a database. It is in Java, since no edit may remove it.
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
