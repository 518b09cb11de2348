package org.pgsteward.camel.edit;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.ExtendedCamelContext;
import org.apache.camel.Route;
import org.apache.camel.Service;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultRouteStartupOrder;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.support.service.ServiceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes of a running context, as Camel's engine lists them. With Camel's public API, the successor of a route starts
 * only after the route has stopped, and two routes never share an id. So this class and {@link RunningRoute} use
 * Camel's internal API, and no other class of pgsteward does: {@code RouteService}, {@code DefaultRouteStartupOrder},
 * and the lists of a context's routes, definitions and start-up orders.
 *
 * <p>Not thread-safe.
 */
final class RouteTable {
    private static final Logger LOG = LoggerFactory.getLogger(RouteTable.class);

    private final DefaultCamelContext context;
    private final ExtendedCamelContext extension;

    RouteTable(CamelContext context) {
        this.context = (DefaultCamelContext) context;
        this.extension = context.getCamelContextExtension();
    }

    /** Returns the route that runs under this id. */
    Optional<RunningRoute> running(String id) {
        return extension.getRouteStartupOrder().stream()
                .filter(order -> order.getRoute().getId().equals(id))
                .map(order -> new RunningRoute(
                        order.getRoute(), context.getRouteDefinition(id), (DefaultRouteStartupOrder) order))
                .findFirst();
    }

    void start(RouteDefinition definition) throws Exception {
        context.getRouteDefinitions().add(definition);
        context.startRouteDefinitions(List.of(definition));
    }

    /** Removes a route from all lists. All its services stay alive. */
    void lift(RunningRoute running) {
        makeRoom(running);
        extension.removeRoute(running.route());
    }

    /** Makes room for a successor of the same id. The context lists the route until {@link #lift}. */
    void makeRoom(RunningRoute running) {
        extension.getRouteStartupOrder().remove(running.order());
        context.getRouteDefinitions().remove(running.definition());
    }

    /** Undoes {@link #lift}, or {@link #makeRoom}. */
    void putBack(RunningRoute running) {
        if (!context.getRouteDefinitions().contains(running.definition())) {
            context.getRouteDefinitions().add(running.definition());
        }
        extension.addRoute(running.route());
        if (!extension.getRouteStartupOrder().contains(running.order())) {
            extension.getRouteStartupOrder().add(running.order());
        }
    }

    /** Registers the services of a restored route under its id again. */
    void register(RunningRoute running) throws Exception {
        context.startRouteService(running.service(), false);
    }

    /** Removes routes of this id that failed to start, but not {@code kept}. */
    void forgetFailed(String id, Optional<RunningRoute> kept) throws Exception {
        context.getRoutes().stream()
                .filter(route -> route.getId().equals(id))
                .filter(route ->
                        kept.filter(running -> running.route() == route).isEmpty())
                .forEach(extension::removeRoute);
        if (kept.isEmpty()) {
            context.removeRoute(id);
        }
        forgetDefinition(id);
    }

    /** Removes the definition of a route that does not run. */
    void forgetDefinition(String id) {
        context.getRouteDefinitions().removeIf(definition -> id.equals(definition.getRouteId()));
    }

    /** Stops a lifted route, and removes the endpoints that neither a route of the context nor {@code others} use. */
    void takeDown(RunningRoute running, Collection<RunningRoute> others) throws Exception {
        Route route = running.route();
        Set<Endpoint> endpoints = endpoints(running);
        List<Service> steps = List.copyOf(route.getServices());
        running.service().setRemovingRoutes(true);
        running.service().stop();
        // Only now do the threads of its steps end.
        steps.forEach(ServiceHelper::stopAndShutdownServices);
        for (RoutePolicy policy : route.getRoutePolicyList()) {
            context.removeService(policy);
        }
        // Has no effect while another route runs under this id.
        context.removeRoute(route.getId());
        others.forEach(other -> endpoints.removeAll(endpoints(other)));
        context.getRoutes().forEach(other -> endpoints.remove(other.getEndpoint()));
        extension
                .getRouteStartupOrder()
                .forEach(order -> endpoints.removeAll(
                        ((DefaultRouteStartupOrder) order).getRouteService().gatherEndpoints()));
        endpoints.forEach(this::removeEndpoint);
    }

    void removeEndpoint(Endpoint endpoint) {
        try {
            context.removeEndpoint(endpoint);
        } catch (Exception e) {
            LOG.warn("cannot remove endpoint {}: {}", endpoint.getEndpointBaseUri(), e.toString());
        }
    }

    private static Set<Endpoint> endpoints(RunningRoute running) {
        Set<Endpoint> endpoints = new LinkedHashSet<>(running.service().gatherEndpoints());
        endpoints.add(running.route().getEndpoint());
        return endpoints;
    }
}
