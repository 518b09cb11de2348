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

/** Reads docker-java's events as ours. For the first step of a route, which ends there for an event of something else. */
public final class ContainerEvents {

    /** Replaces the body by the event of a container, and ends the route where it is not about one. */
    public void read(Exchange exchange) {
        Optional<ContainerEvent> event = of(exchange.getMessage().getBody(Event.class));
        event.ifPresent(exchange.getMessage()::setBody);
        exchange.setRouteStop(event.isEmpty());
    }

    /**
     * Nothing for what is not about a container. A network's {@code connect} and {@code disconnect} are about one: it
     * may have come within reach of its database; the event names no container but its id, and the network stands
     * under the attribute {@code network}.
     */
    static Optional<ContainerEvent> of(Event event) {
        return ofContainer(event).or(() -> ofNetwork(event));
    }

    /** The same of many. */
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
        // Docker writes "health_status: healthy"; Podman the bare word, and the state beside it.
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
