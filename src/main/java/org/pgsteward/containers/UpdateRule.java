package org.pgsteward.containers;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Container;
import org.pgsteward.model.Severity;

/**
 * Whether a container that went was made anew: one notice for information, and neither "stopped" nor "removed". Of a
 * service whose image changed nothing is said here, since that is told with its backups.
 */
record UpdateRule(Duration grace) {
    static final String KIND = "service-updated";

    /** Compose stops the old one after it has made the new one, and a stop may take its time. */
    private static final Duration STOPPING = Duration.ofMinutes(10);

    /** Enough of a digest to know it by, as {@code docker images} shows it. */
    private static final int SHORT_ID = 12;

    /** Whether {@code next} takes the place of the one that went. */
    boolean isSuccessor(StatusLook gone, Container next) {
        Container last = gone.container();
        return next.identity().equals(last.identity())
                && !next.id().equals(last.id())
                && next.createdAt().isAfter(last.createdAt())
                && next.createdAt().plus(STOPPING).plus(grace).isAfter(gone.at());
    }

    /** What is told and then over, since nobody has to do anything; nothing where it is told elsewhere. */
    List<Condition> judge(StatusLook gone, Container next) {
        Container last = gone.container();
        boolean same = next.imageId().equals(last.imageId());
        if (!same && !gone.postgres()) {
            return List.of();
        }
        String service = gone.serviceName();
        String reason = "container " + next.lastingName() + " was made anew"
                + (same
                        ? " from the same image " + words(next)
                        : " and went from " + words(last) + " to " + words(next));
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
