package org.pgsteward.camel.receivers;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.pgsteward.alert.Alert;
import org.pgsteward.alert.AlertRegistry;
import org.pgsteward.alert.DeliveryScheduler;
import org.pgsteward.alert.FailingReceiver;
import org.pgsteward.alert.Fallbacks;
import org.pgsteward.alert.Outbox;
import org.pgsteward.model.Condition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivery to all receivers. Each receiver has a thread that starts and ends with its route, also at a reload. Must be
 * added to the context's event notifiers before the context starts.
 */
public final class OutboxDelivery extends SimpleEventNotifierSupport {
    private static final Logger LOG = LoggerFactory.getLogger(OutboxDelivery.class);
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final CamelContext context;
    private final Outbox outbox;
    private final AlertRegistry alerts;
    private final Redaction redaction;
    private final Clock clock;
    private final DeliveryScheduler.Rests rests;
    private final Fallbacks fallbacks;
    private final RouteSender sender;
    private final ProducerTemplate template;
    private final Map<String, DeliveryThread> threads = new ConcurrentHashMap<>();
    private final Map<String, Route> routes = new ConcurrentHashMap<>();
    private final Set<String> orphans = ConcurrentHashMap.newKeySet();

    /** @param fallbacks order of the fallback receivers, and the time after which a receiver counts as failing */
    public OutboxDelivery(
            CamelContext context,
            Outbox outbox,
            AlertRegistry alerts,
            ObjectMapper json,
            Redaction redaction,
            Clock clock,
            DeliveryScheduler.Rests rests,
            Fallbacks fallbacks) {
        this.context = context;
        this.outbox = outbox;
        this.alerts = alerts;
        this.redaction = redaction;
        this.clock = clock;
        this.rests = rests;
        this.fallbacks = fallbacks;
        this.sender = new RouteSender(context, json, redaction, clock);
        this.template = context.createProducerTemplate();
        outbox.whenPut(this::wake);
    }

    /** Subscribes to the starts and stops of the receivers' routes. */
    void listen() {
        context.getManagementStrategy().addEventNotifier(this);
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return event instanceof CamelEvent.RouteEvent || event instanceof CamelEvent.CamelContextEvent;
    }

    @Override
    public void notify(CamelEvent event) {
        switch (event.getType()) {
            case RouteStarted ->
                routeOf(event).ifPresent(receiver -> {
                    routes.put(receiver, ((CamelEvent.RouteEvent) event).getRoute());
                    begin(receiver);
                });
            // A replaced route is taken down after its successor has started; only the current route ends the delivery.
            case RouteStopping, RouteStopped, RouteRemoved ->
                routeOf(event)
                        .filter(receiver -> routes.remove(receiver, ((CamelEvent.RouteEvent) event).getRoute()))
                        .ifPresent(this::end);
            case CamelContextStarted -> nameOrphans();
            case CamelContextStopping -> threads.keySet().forEach(this::end);
            default -> {}
        }
    }

    @Override
    protected void doStop() throws Exception {
        threads.keySet().forEach(this::end);
        sender.close();
        template.stop();
        super.doStop();
    }

    private static Optional<String> routeOf(CamelEvent event) {
        return event instanceof CamelEvent.RouteEvent about
                ? Receivers.name(about.getRoute().getRouteId())
                : Optional.empty();
    }

    private void begin(String receiver) {
        orphans.remove(receiver);
        threads.computeIfAbsent(
                receiver,
                name -> new DeliveryThread(
                        name,
                        new DeliveryScheduler(name, outbox, sender, clock, rests, fallbacks, this::raise),
                        redaction));
    }

    /** Returns whether a notification can arrive: at least one receiver is not failing. */
    public boolean isWell() {
        return threads.values().stream().anyMatch(DeliveryThread::isWell);
    }

    /** Returns the failing receivers, with reasons free of secrets. */
    List<FailingReceiver> failing() {
        return threads.values().stream()
                .flatMap(thread -> thread.failing().stream())
                .map(failing -> new FailingReceiver(
                        failing.receiver(), failing.since(), failing.waiting(), redaction.of(failing.reason())))
                .sorted(Comparator.comparing(FailingReceiver::receiver))
                .toList();
    }

    /** Raises a condition through the usual route. A failure of that route must not stop the deliveries. */
    private void raise(Condition condition) {
        try {
            template.sendBody("direct:alert-raise", condition);
        } catch (RuntimeException trouble) {
            LOG.warn(
                    "cannot raise the alert about {} ({}): {}",
                    condition.service(),
                    condition.reason(),
                    redaction.of(trouble));
        }
    }

    private void end(String receiver) {
        DeliveryThread thread = threads.remove(receiver);
        if (thread != null) {
            thread.stop(PATIENCE);
        }
    }

    private void wake(String receiver) {
        DeliveryThread thread = threads.get(receiver);
        if (thread != null) {
            thread.wake();
        }
    }

    /** Logs once that notifications wait for a receiver that was removed. They are kept in case it returns. */
    void nameOrphans() {
        Set<String> here = Set.copyOf(new Receivers(context).names());
        threads.keySet().stream().filter(receiver -> !here.contains(receiver)).forEach(this::end);
        for (String fallback : fallbacks.order()) {
            if (!here.contains(fallback)) {
                LOG.warn(
                        "pgsteward.alerts.fallback names {}, which is not a receiver; there are {}",
                        fallback,
                        String.join(", ", here));
            }
        }
        for (String receiver : everHeardOf()) {
            if (here.contains(receiver)) {
                continue;
            }
            // The receiver was removed, so its failure alert is resolved.
            raise(Condition.well(Fallbacks.RECEIVER_FAILING, receiver, "the receiver was removed", clock.instant()));
            int waiting = outbox.depth(receiver);
            if (waiting > 0 && orphans.add(receiver)) {
                LOG.warn(
                        "receiver {} was removed, notifications waiting: {}; restore the route receiver-{}, or remove the"
                                + " folder outbox/{} from the state folder",
                        receiver,
                        waiting,
                        receiver,
                        receiver);
            }
        }
    }

    /**
     * Returns all receivers with an outbox or a failure alert. The alert remains if the operator removed the folder, as
     * the log advises.
     */
    private Set<String> everHeardOf() {
        Set<String> names = new TreeSet<>(outbox.known());
        alerts.firing().stream()
                .filter(alert -> alert.kind().equals(Fallbacks.RECEIVER_FAILING))
                .map(Alert::service)
                .forEach(names::add);
        return names;
    }
}
