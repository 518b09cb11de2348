package org.pgsteward.camel.docker;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.EventActor;
import com.github.dockerjava.api.model.EventType;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.pgsteward.model.ContainerEvent;

/**
 * Conversion of docker-java's events into pgsteward's. It is the first step of a route, and ends the route for an event
 * that is not about a container.
 */
public final class ContainerEvents {

    /** Replaces the body by the container's event, or ends the route if there is none. */
    public void read(Exchange exchange) {
        Optional<ContainerEvent> event = of(exchange.getMessage().getBody(Event.class));
        event.ifPresent(exchange.getMessage()::setBody);
        exchange.setRouteStop(event.isEmpty());
    }

    /**
     * Returns the event of a container; empty for any other event. A network's {@code connect} and {@code disconnect}
     * are also events of a container, which may now reach its database. Such an event has the container's id but no
     * name, and the network is in the attribute {@code network}.
     */
    static Optional<ContainerEvent> of(Event event) {
        return ofContainer(event).or(() -> ofNetwork(event));
    }

    /** Converts several events. */
    public static List<ContainerEvent> readAll(List<Event> events) {
        return events.stream().flatMap(event -> of(event).stream()).toList();
    }

    private static Optional<ContainerEvent> ofContainer(Event event) {
        return Optional.ofNullable(event.getActor())
                .filter(actor -> event.getType() == EventType.CONTAINER && actor.getId() != null)
                .map(actor -> {
                    Map<String, String> attributes = attributes(actor);
                    String name = attributes.getOrDefault("name", actor.getId());
                    return new ContainerEvent(time(event), action(event), actor.getId(), name, attributes);
                });
    }

    private static Optional<ContainerEvent> ofNetwork(Event event) {
        return Optional.ofNullable(event.getActor())
                .filter(actor -> event.getType() == EventType.NETWORK)
                .map(ContainerEvents::attributes)
                .flatMap(attributes -> Optional.ofNullable(attributes.remove("container"))
                        .map(id -> {
                            Optional.ofNullable(attributes.remove("name"))
                                    .ifPresent(network -> attributes.put("network", network));
                            return new ContainerEvent(time(event), action(event), id, id, attributes);
                        }));
    }

    private static String action(Event event) {
        String action = Optional.ofNullable(event.getAction()).orElse("");
        // Docker writes "health_status: healthy"; Podman writes "health_status", and the state in a separate field.
        return Optional.ofNullable(event.getRawValues().get("HealthStatus"))
                .filter(health -> action.equals("health_status"))
                .map(health -> action + ": " + health)
                .orElse(action);
    }

    private static Map<String, String> attributes(EventActor actor) {
        Map<String, String> attributes = new HashMap<>();
        Optional.ofNullable(actor.getAttributes()).orElse(Map.of()).forEach((name, value) -> {
            if (value != null) {
                attributes.put(name, value);
            }
        });
        return attributes;
    }

    private static Instant time(Event event) {
        return Optional.ofNullable(event.getTimeNano())
                .map(nanos -> Instant.EPOCH.plusNanos(nanos))
                .orElseGet(() -> Instant.ofEpochSecond(
                        Optional.ofNullable(event.getTime()).orElse(0L)));
    }
}
