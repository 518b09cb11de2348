package org.pgsteward.monitor;

import java.util.List;
import java.util.Map;
import org.pgsteward.model.PostgresServer;
import org.pgsteward.model.Severity;

/**
 * Reports a newer image of PostgreSQL that was pulled and that its container does not run yet. A minor version repairs
 * faults and needs no more than a re-created container. The alert is for information, since the operator chooses the
 * time.
 */
final class ImageRule extends MetricRule<HostObservation> {
    ImageRule() {
        super("image-newer", Unit.COUNT);
    }

    @Override
    Severity mild() {
        return Severity.INFO;
    }

    @Override
    List<Finding> look(HostObservation now, List<HostObservation> past) {
        return List.of(now.image()
                .map(image -> new Finding(
                        PostgresServer.SERVICE,
                        image.newer() ? 1 : 0,
                        image.newer()
                                ? "another image " + image.name()
                                        + " was pulled after PostgreSQL's container was created"
                                : "PostgreSQL runs from the present image " + image.name() + " of this host",
                        "pgsteward backup --all\ndocker compose up -d   # in the folder of PostgreSQL's compose file; ends all sessions",
                        Map.of("image", image.name())))
                .orElseGet(() -> new Finding(
                        PostgresServer.SERVICE,
                        Finding.NOT_KNOWN_YET,
                        "PostgreSQL's image is not known",
                        "",
                        Map.of())));
    }
}
