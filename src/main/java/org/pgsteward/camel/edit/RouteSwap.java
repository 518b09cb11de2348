package org.pgsteward.camel.edit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.ExtendedCamelContext;
import org.apache.camel.Route;
import org.apache.camel.Service;
import org.apache.camel.component.direct.DirectConsumer;
import org.apache.camel.component.quartz.QuartzEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultRouteStartupOrder;
import org.apache.camel.impl.engine.RouteService;
import org.apache.camel.model.Model;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.support.service.ServiceHelper;
import org.jspecify.annotations.Nullable;
import org.pgsteward.camel.lint.Included;
import org.pgsteward.camel.lint.RouteModel;
import org.pgsteward.camel.lint.RouteSet;
import org.pgsteward.camel.lint.SwapPlan;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Swaps routes and beans in the running context.
 *
 * <ol>
 *   <li>Beans that changed are made, and the new routes are built from them. Nothing has changed so far.
 *   <li>The routes that go stop taking anything new, and are lifted out of the context with all their steps alive: what
 *       is under way in them goes on to its end. A door changes hands in one moment.
 *   <li>The new routes start. If one cannot, the new ones go and the old ones come back as they were.
 *   <li>A route that was lifted out is taken down when nothing has been under way in it for a while.
 * </ol>
 *
 * <p>To be called by one thread at a time.
 */
final class RouteSwap {
    private static final Logger LOG = LoggerFactory.getLogger(RouteSwap.class);

    /** Long enough for who asked a door just before it changed hands to have stepped in. */
    private static final Duration QUIET = Duration.ofSeconds(5);

    private final DefaultCamelContext context;
    private final ExtendedCamelContext extension;
    private final Model model;
    private final Clock clock;
    private final List<Leaving> leaving = new ArrayList<>();

    RouteSwap(DefaultCamelContext context, Clock clock) {
        this.context = context;
        this.extension = context.getCamelContextExtension();
        this.model = extension.getContextPlugin(Model.class);
        this.clock = clock;
    }

    /** A route that runs, with all that brings it back. */
    private record Running(
            Route route, RouteService service, RouteDefinition definition, DefaultRouteStartupOrder order) {
        Consumer consumer() {
            return route.getConsumer();
        }

        boolean isDoor() {
            return consumer() instanceof DirectConsumer;
        }
    }

    private static final class Leaving {
        private final Running running;
        private Instant busy;

        Leaving(Running running, Instant busy) {
            this.running = running;
            this.busy = busy;
        }
    }

    /** @throws NotSwapped when something does not start; then everything is as it was */
    void swap(RouteSet before, RouteSet after) throws NotSwapped {
        SwapPlan plan = SwapPlan.of(before, after);
        Map<String, Object> oldBeans = new HashMap<>();
        plan.beans().forEach(name -> remember(name, oldBeans));
        plan.lostBeans().forEach(name -> remember(name, oldBeans));
        Map<String, RouteDefinition> definitions = new LinkedHashMap<>();
        try {
            beans(plan, after);
            RouteModel loader = new RouteModel(context);
            for (String id : plan.routes()) {
                RouteSet.Entry entry = after.route(id);
                try {
                    definitions.put(id, loader.route(entry));
                } catch (Exception | StackOverflowError e) {
                    throw new NotSwapped(entry, e);
                }
            }
            routes(plan, definitions, after);
        } catch (NotSwapped e) {
            plan.beans().forEach(name -> context.getRegistry().unbind(name));
            oldBeans.forEach((name, bean) -> context.getRegistry().bind(name, bean));
            throw e;
        }
        plan.lostBeans().forEach(name -> context.getRegistry().unbind(name));
        LOG.info("the routes were changed: {}", words(plan));
    }

    private static String words(SwapPlan plan) {
        List<String> parts = new ArrayList<>();
        if (!plan.routes().isEmpty()) {
            parts.add(String.join(", ", plan.routes()) + (plan.routes().size() == 1 ? " is" : " are") + " new");
        }
        if (!plan.lostRoutes().isEmpty()) {
            parts.add(
                    String.join(", ", plan.lostRoutes()) + (plan.lostRoutes().size() == 1 ? " is" : " are") + " gone");
        }
        if (!plan.beans().isEmpty()) {
            parts.add("made anew: " + String.join(", ", plan.beans()));
        }
        return parts.isEmpty() ? "nothing but beans that nobody uses" : String.join("; ", parts);
    }

    private void remember(String name, Map<String, Object> beans) {
        Object bean = context.getRegistry().lookupByName(name);
        if (bean != null) {
            beans.put(name, bean);
        }
    }

    private void beans(SwapPlan plan, RouteSet after) throws NotSwapped {
        List<RouteSet.Entry> wanted = plan.beans().stream().map(after::bean).toList();
        Map<String, Exception> failed = new RouteModel(context).beans(wanted);
        for (RouteSet.Entry entry : wanted) {
            Exception failure = failed.get(entry.name());
            if (failure != null) {
                throw new NotSwapped(entry, failure);
            }
        }
    }

    private void routes(SwapPlan plan, Map<String, RouteDefinition> definitions, RouteSet after) throws NotSwapped {
        Set<String> ids = new LinkedHashSet<>(plan.lostRoutes());
        ids.addAll(plan.routes());
        Map<String, Running> going = new LinkedHashMap<>();
        ids.forEach(id -> running(id).ifPresent(running -> going.put(id, running)));
        // A door that keeps its route's name and place stays in the list of routes until its successor is there, too.
        going.forEach((id, running) -> {
            if (!keepsItsDoor(running, definitions.get(id))) {
                lift(running);
            }
        });
        List<String> started = new ArrayList<>();
        for (Map.Entry<String, RouteDefinition> next : definitions.entrySet()) {
            String id = next.getKey();
            Running old = going.get(id);
            try {
                if (old != null && keepsItsDoor(old, next.getValue())) {
                    extension.getRouteStartupOrder().remove(old.order());
                    model.getRouteDefinitions().remove(old.definition());
                }
                started.add(id);
                start(next.getValue());
                if (old != null && keepsItsDoor(old, next.getValue())) {
                    extension.removeRoute(old.route());
                }
            } catch (Exception | LinkageError e) {
                undo(started, going);
                RouteSet.Entry entry = after.route(id);
                throw new NotSwapped(entry, e);
            }
        }
        going.values().forEach(running -> {
            if (running.isDoor()) {
                ServiceHelper.suspendService(running.consumer());
            }
            leaving.add(new Leaving(running, clock.instant()));
        });
        plan.lostRoutes().stream().filter(id -> !going.containsKey(id)).forEach(this::removeIdle);
    }

    private boolean keepsItsDoor(Running running, @Nullable RouteDefinition next) {
        return next != null
                && running.isDoor()
                && Included.in(context, next)
                && running.definition()
                        .getInput()
                        .getEndpointUri()
                        .equals(next.getInput().getEndpointUri());
    }

    private Optional<Running> running(String id) {
        return extension.getRouteStartupOrder().stream()
                .filter(order -> order.getRoute().getId().equals(id))
                .map(DefaultRouteStartupOrder.class::cast)
                .map(order ->
                        new Running(order.getRoute(), order.getRouteService(), model.getRouteDefinition(id), order))
                .findFirst();
    }

    /** Out of the context, and nothing new comes in; the steps live on. */
    private void lift(Running running) {
        extension.getRouteStartupOrder().remove(running.order());
        model.getRouteDefinitions().remove(running.definition());
        extension.removeRoute(running.route());
        if (!running.isDoor()) {
            ServiceHelper.suspendService(running.consumer());
            if (running.route().getEndpoint() instanceof QuartzEndpoint schedule) {
                // It is the endpoint that holds the trigger, whose name the successor may need.
                removeEndpoint(schedule);
            }
        }
    }

    private void start(RouteDefinition definition) throws Exception {
        if (Included.in(context, definition)) {
            model.getRouteDefinitions().add(definition);
            context.startRouteDefinitions(List.of(definition));
        }
    }

    private void undo(List<String> started, Map<String, Running> going) {
        for (String id : started) {
            Optional<Running> fresh = running(id);
            fresh.filter(running -> going.get(id) == null
                            || running.route() != going.get(id).route())
                    .ifPresent(running -> {
                        lift(running);
                        ServiceHelper.suspendService(running.consumer());
                        leaving.add(new Leaving(running, clock.instant()));
                    });
            if (fresh.isEmpty()) {
                // It did not come so far as to start.
                context.getRoutes().stream()
                        .filter(route -> route.getId().equals(id))
                        .filter(route ->
                                going.get(id) == null || route != going.get(id).route())
                        .forEach(extension::removeRoute);
                if (going.containsKey(id)) {
                    model.getRouteDefinitions().removeIf(definition -> id.equals(definition.getRouteId()));
                } else {
                    removeIdle(id);
                }
            }
        }
        going.values().forEach(this::bringBack);
    }

    private void bringBack(Running running) {
        try {
            if (!model.getRouteDefinitions().contains(running.definition())) {
                model.getRouteDefinitions().add(running.definition());
            }
            extension.addRoute(running.route());
            if (!extension.getRouteStartupOrder().contains(running.order())) {
                extension.getRouteStartupOrder().add(running.order());
            }
            if (running.route().getEndpoint() instanceof QuartzEndpoint schedule) {
                ServiceHelper.startService(schedule);
            }
            ServiceHelper.resumeService(running.consumer());
            if (running.isDoor()) {
                ServiceHelper.suspendService(running.consumer());
                ServiceHelper.resumeService(running.consumer());
            }
            context.startRouteService(running.service(), false);
        } catch (Exception e) {
            LOG.error("route {} could not be brought back: {}", running.route().getId(), e.toString());
        }
    }

    /** A route that was loaded and never started. */
    private void removeIdle(String id) {
        try {
            context.removeRoute(id);
            model.getRouteDefinitions().removeIf(definition -> id.equals(definition.getRouteId()));
        } catch (Exception e) {
            LOG.warn("route {} is not taken down: {}", id, e.toString());
        }
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
    int leaving() {
        return leaving.size();
    }

    /** Whatever is under way: the context ends. */
    void close() {
        leaving.forEach(one -> takeDown(one.running));
        leaving.clear();
    }

    private void takeDown(Running running) {
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

    private void removeEndpoint(Endpoint endpoint) {
        try {
            context.removeEndpoint(endpoint);
        } catch (Exception e) {
            LOG.warn("endpoint {} is not taken down: {}", endpoint.getEndpointBaseUri(), e.toString());
        }
    }

    /** What does not start, and why. */
    static final class NotSwapped extends Exception {
        private static final long serialVersionUID = 1;
        private final transient RouteSet.Entry entry;

        NotSwapped(RouteSet.Entry entry, Throwable cause) {
            super(entry.name() + " does not start", cause);
            this.entry = entry;
        }

        RouteSet.Entry entry() {
            return entry;
        }
    }
}
