package org.pgsteward.camel.docker;

import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.EventActor;
import com.github.dockerjava.api.model.EventType;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.ContainerEvent;

/** Reads docker-java's events as ours. For the first step of a route, which then filters {@code ${body} != null}. */
public final class ContainerEvents {

    /**
     * Nothing for what is not about a container. A network's {@code connect} and {@code disconnect} are about one: it
     * may have come within reach of its database; the event names no container but its id, and the network stands
     * under the attribute {@code network}.
     */
    public @Nullable ContainerEvent read(Event event) {
        return ofContainer(event).or(() -> ofNetwork(event)).orElse(null);
    }

    /** The same of many. */
    public static List<ContainerEvent> readAll(List<Event> events) {
        return events.stream()
                .flatMap(event -> ofContainer(event).or(() -> ofNetwork(event)).stream())
                .toList();
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
