package org.pgsteward.camel.edit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.component.quartz.QuartzEndpoint;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.service.ServiceHelper;
import org.jspecify.annotations.Nullable;
import org.pgsteward.camel.lint.Included;
import org.pgsteward.camel.lint.RouteModel;
import org.pgsteward.camel.lint.RouteSet;
import org.pgsteward.camel.lint.SwapPlan;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Swap of routes and beans in the running context.
 *
 * <ol>
 *   <li>The changed beans are created, and the new routes are built from them. So far the context runs unchanged.
 *   <li>The old routes accept no new messages, and are lifted out of the context with all steps alive, so that running
 *       exchanges can finish. A {@code direct:} endpoint moves to its new route in one step.
 *   <li>The new routes start. If one fails, the new routes are removed and the old ones are restored.
 *   <li>A lifted route is taken down when no exchange has been in it for some seconds.
 * </ol>
 *
 * <p>Not thread-safe.
 */
final class RouteSwap {
    private static final Logger LOG = LoggerFactory.getLogger(RouteSwap.class);

    private final CamelContext context;
    private final RouteTable table;
    private final LeavingRoutes leaving;

    RouteSwap(CamelContext context, RouteTable table, LeavingRoutes leaving) {
        this.context = context;
        this.table = table;
        this.leaving = leaving;
    }

    /** @throws NotSwapped if a bean or route does not start; the context is then as before */
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
        LOG.info("routes changed: {}", words(plan));
    }

    private static String words(SwapPlan plan) {
        List<String> parts = new ArrayList<>();
        if (!plan.routes().isEmpty()) {
            parts.add("started " + String.join(", ", plan.routes()));
        }
        if (!plan.lostRoutes().isEmpty()) {
            parts.add("removed " + String.join(", ", plan.lostRoutes()));
        }
        if (!plan.beans().isEmpty()) {
            parts.add("created beans " + String.join(", ", plan.beans()));
        }
        return parts.isEmpty() ? "removed unused beans" : String.join("; ", parts);
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
        Map<String, RunningRoute> going = new LinkedHashMap<>();
        ids.forEach(id -> table.running(id).ifPresent(running -> going.put(id, running)));
        // A direct: route that keeps its id and endpoint stays listed until its successor is listed too.
        going.forEach((id, running) -> {
            if (!keepsItsEndpoint(running, definitions.get(id))) {
                lift(running);
            }
        });
        List<String> started = new ArrayList<>();
        for (Map.Entry<String, RouteDefinition> next : definitions.entrySet()) {
            String id = next.getKey();
            started.add(id);
            try {
                start(next.getValue(), Optional.ofNullable(going.get(id)));
            } catch (Exception | LinkageError e) {
                undo(started, going);
                throw new NotSwapped(after.route(id), e);
            }
        }
        going.values().forEach(running -> {
            if (running.isDirect()) {
                ServiceHelper.suspendService(running.consumer());
            }
            leaving.add(running);
        });
        plan.lostRoutes().stream()
                .filter(id -> !going.containsKey(id))
                .forEach(id -> forgetFailed(id, Optional.empty()));
    }

    private boolean keepsItsEndpoint(RunningRoute running, @Nullable RouteDefinition next) {
        return next != null
                && running.isDirect()
                && Included.in(context, next)
                && running.definition()
                        .getInput()
                        .getEndpointUri()
                        .equals(next.getInput().getEndpointUri());
    }

    /** Lifts a route out of the context and suspends its consumer. Its steps stay alive. */
    private void lift(RunningRoute running) {
        table.lift(running);
        if (!running.isDirect()) {
            ServiceHelper.suspendService(running.consumer());
            if (running.route().getEndpoint() instanceof QuartzEndpoint schedule) {
                // The endpoint holds the trigger, and the successor may need the trigger's name.
                table.removeEndpoint(schedule);
            }
        }
    }

    /** Starts a route in the place of {@code old}. */
    private void start(RouteDefinition next, Optional<RunningRoute> old) throws Exception {
        boolean keepsItsEndpoint = old.isPresent() && keepsItsEndpoint(old.get(), next);
        if (keepsItsEndpoint) {
            table.makeRoom(old.get());
        }
        if (Included.in(context, next)) {
            table.start(next);
        }
        if (keepsItsEndpoint) {
            table.lift(old.get());
        }
    }

    private void undo(List<String> started, Map<String, RunningRoute> going) {
        for (String id : started) {
            Optional<RunningRoute> old = Optional.ofNullable(going.get(id));
            Optional<RunningRoute> fresh = table.running(id);
            if (fresh.isEmpty()) {
                forgetFailed(id, old);
            } else if (old.isEmpty() || fresh.get().route() != old.get().route()) {
                lift(fresh.get());
                ServiceHelper.suspendService(fresh.get().consumer());
                leaving.add(fresh.get());
            }
        }
        going.values().forEach(this::bringBack);
    }

    private void bringBack(RunningRoute running) {
        try {
            table.putBack(running);
            if (running.route().getEndpoint() instanceof QuartzEndpoint schedule) {
                ServiceHelper.startService(schedule);
            }
            ServiceHelper.resumeService(running.consumer());
            if (running.isDirect()) {
                // It was not suspended, so resuming it alone would not register it with its endpoint again.
                ServiceHelper.suspendService(running.consumer());
                ServiceHelper.resumeService(running.consumer());
            }
            table.register(running);
        } catch (Exception e) {
            LOG.error("cannot restore route {}: {}", running.route().getId(), e.toString());
        }
    }

    private void forgetFailed(String id, Optional<RunningRoute> old) {
        try {
            table.forgetFailed(id, old);
        } catch (Exception e) {
            LOG.warn("cannot remove route {}: {}", id, e.toString());
        }
    }

    /** Failure of a route or bean to start. */
    static final class NotSwapped extends Exception {
        private static final long serialVersionUID = 1;
        private final transient RouteSet.Entry entry;

        NotSwapped(RouteSet.Entry entry, Throwable cause) {
            super("cannot start " + entry.name(), cause);
            this.entry = entry;
        }

        RouteSet.Entry entry() {
            return entry;
        }
    }
}
