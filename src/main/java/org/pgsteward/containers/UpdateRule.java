package org.pgsteward.containers;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Severity;

/**
 * Decides whether a removed container was re-created. A re-creation is one notice for information, neither "stopped"
 * nor "removed". A new image of a service is left to {@code image-changed}, which reports it together with the
 * service's backups.
 */
record UpdateRule(Duration grace) {
    static final String KIND = "service-updated";

    /** The longest time for the stop of the old container. Compose stops it after it has created the new one. */
    private static final Duration STOPPING = Duration.ofMinutes(10);

    /** The digits of a digest that identify an image, as {@code docker images} shows them. */
    private static final int SHORT_ID = 12;

    /** Returns whether {@code next} replaces the removed container. */
    boolean isSuccessor(StatusObservation gone, Container next) {
        Container last = gone.container();
        return next.identity().equals(last.identity())
                && !next.id().equals(last.id())
                && next.createdAt().isAfter(last.createdAt())
                && next.createdAt().plus(STOPPING).plus(grace).isAfter(gone.at());
    }

    /**
     * Returns a notice that resolves at once, since it needs no action; empty where another alert reports the change.
     */
    List<Condition> judge(StatusObservation gone, Container next) {
        Container last = gone.container();
        boolean same = next.imageId().equals(last.imageId());
        if (!same && !gone.postgres()) {
            return List.of();
        }
        String service = gone.serviceName();
        String reason = "container " + next.lastingName() + " was recreated"
                + (same
                        ? " from the same image " + words(next)
                        : " and changed its image from " + words(last) + " to " + words(next));
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("fromImage", last.image());
        figures.put("fromImageId", last.imageId());
        figures.put("toImage", next.image());
        figures.put("toImageId", next.imageId());
        return List.of(
                Condition.bad(Severity.INFO, KIND, service, reason, "", gone.at())
                        .with(figures),
                Condition.well(KIND, service, reason, gone.at()));
    }

    private static String words(Container container) {
        String digest = container.imageId().replaceFirst("^sha256:", "");
        return container.image() + " (" + digest.substring(0, Math.min(SHORT_ID, digest.length())) + ")";
    }
}
