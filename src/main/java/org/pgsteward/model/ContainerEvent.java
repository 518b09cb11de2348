package org.pgsteward.model;

import java.time.Instant;
import java.util.Map;

/**
 * A container event of the engine. It only triggers a check of the container list; the list is authoritative.
 *
 * @param at the engine's timestamp
 * @param action the engine's name of the action: {@code create}, {@code start}, {@code die}, {@code oom},
 *     {@code destroy}, {@code health_status: healthy} and so on
 * @param containerId the full id
 * @param name the container's name, without the leading slash
 * @param attributes the image, the exit code and, at the same level, the container's labels
 */
public record ContainerEvent(
        Instant at, String action, String containerId, String name, Map<String, String> attributes) {
    public ContainerEvent {
        attributes = Map.copyOf(attributes);
    }

    /**
     * Returns the action up to a colon, so that {@code health_status: healthy} and {@code health_status: unhealthy} are
     * one kind.
     */
    public String kind() {
        int colon = action.indexOf(':');
        return colon < 0 ? action : action.substring(0, colon);
    }
}
