package org.pgsteward.model;

import java.time.Instant;
import java.util.Map;

/**
 * What the engine said had happened to a container. A nudge to look again, not the truth: the list is the truth.
 *
 * @param at the engine's own time of it
 * @param action as the engine calls it: {@code create}, {@code start}, {@code die}, {@code oom}, {@code destroy},
 *     {@code health_status: healthy} and so on
 * @param containerId the full id
 * @param name the container's name, without the slash
 * @param attributes the image, the exit code and, flattened among them, the container's labels
 */
public record ContainerEvent(
        Instant at, String action, String containerId, String name, Map<String, String> attributes) {
    public ContainerEvent {
        attributes = Map.copyOf(attributes);
    }

    /** The action without what follows a colon: {@code health_status: healthy} is one kind of event. */
    public String kind() {
        int colon = action.indexOf(':');
        return colon < 0 ? action : action.substring(0, colon);
    }
}
