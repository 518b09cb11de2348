package org.pgsteward.camel.edit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.camel.Endpoint;
import org.apache.camel.ExtendedCamelContext;
import org.apache.camel.Route;
import org.apache.camel.Service;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultRouteStartupOrder;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.support.service.ServiceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The routes that were lifted out of the context, and are taken down when nothing has been under way in them for a while.
 *
 * <p>To be called by one thread at a time.
 */
final class LeavingRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(LeavingRoutes.class);

    /** Long enough for who asked a door just before it changed hands to have stepped in. */
    private static final Duration QUIET = Duration.ofSeconds(5);

    private final DefaultCamelContext context;
    private final ExtendedCamelContext extension;
    private final Clock clock;
    private final List<Leaving> leaving = new ArrayList<>();

    LeavingRoutes(DefaultCamelContext context, Clock clock) {
        this.context = context;
        this.extension = context.getCamelContextExtension();
        this.clock = clock;
    }

    private static final class Leaving {
        private final RunningRoute running;
        private Instant busy;

        Leaving(RunningRoute running, Instant busy) {
            this.running = running;
            this.busy = busy;
        }
    }

    /** Takes a route that was lifted out. */
    void add(RunningRoute running) {
        leaving.add(new Leaving(running, clock.instant()));
    }

    /** Takes down what is idle. Whose work is under way keeps all it needs for as long as that takes. */
    void tidy() {
        Instant now = clock.instant();
        for (Iterator<Leaving> each = leaving.iterator(); each.hasNext(); ) {
            Leaving one = each.next();
            if (InFlight.of(one.running.route()) > 0) {
                one.busy = now;
            } else if (!one.busy.plus(QUIET).isAfter(now)) {
                each.remove();
                takeDown(one.running);
            }
        }
    }

    /** How many that were lifted out are still there. */
    int count() {
        return leaving.size();
    }

    /** Whatever is under way: the context ends. */
    void close() {
        leaving.forEach(one -> takeDown(one.running));
        leaving.clear();
    }

    private void takeDown(RunningRoute running) {
        Route route = running.route();
        try {
            Set<Endpoint> endpoints = new LinkedHashSet<>(running.service().gatherEndpoints());
            endpoints.add(route.getEndpoint());
            List<Service> steps = List.copyOf(route.getServices());
            running.service().setRemovingRoutes(true);
            running.service().stop();
            // Only now do the threads of its steps end.
            steps.forEach(ServiceHelper::stopAndShutdownServices);
            for (RoutePolicy policy : route.getRoutePolicyList()) {
                context.removeService(policy);
            }
            // Does nothing where a namesake runs.
            context.removeRoute(route.getId());
            Set<Endpoint> used = used();
            endpoints.stream().filter(endpoint -> !used.contains(endpoint)).forEach(this::removeEndpoint);
        } catch (Exception e) {
            LOG.warn("route {} is not taken down cleanly: {}", route.getId(), e.toString());
        }
    }

    private Set<Endpoint> used() {
        Set<Endpoint> used = new LinkedHashSet<>();
        extension.getRouteStartupOrder().stream()
                .map(order -> ((DefaultRouteStartupOrder) order).getRouteService())
                .forEach(service -> used.addAll(service.gatherEndpoints()));
        context.getRoutes().forEach(route -> used.add(route.getEndpoint()));
        leaving.forEach(one -> {
            used.addAll(one.running.service().gatherEndpoints());
            used.add(one.running.route().getEndpoint());
        });
        return used;
    }

    void removeEndpoint(Endpoint endpoint) {
        try {
            context.removeEndpoint(endpoint);
        } catch (Exception e) {
            LOG.warn("endpoint {} is not taken down: {}", endpoint.getEndpointBaseUri(), e.toString());
        }
    }
}
