package org.pgsteward.monitor;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.model.Container;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the engine once an hour for the image that the name of a container's image stands for on this host. Safe for
 * many threads.
 */
public final class ImageProbe {
    private static final Logger LOG = LoggerFactory.getLogger(ImageProbe.class);
    private static final Duration AGAIN = Duration.ofHours(1);

    private final DockerEngine engine;
    private final Clock clock;
    private String name = "";
    private Optional<String> id = Optional.empty();
    private Instant askedAt = Instant.EPOCH;

    public ImageProbe(DockerEngine engine, Clock clock) {
        this.engine = engine;
        this.clock = clock;
    }

    /** Returns the image; empty if the engine does not answer, or has no image of that name any more. */
    public synchronized Optional<HostObservation.Image> read(Container container) {
        Instant now = clock.instant();
        if (!container.image().equals(name) || !askedAt.plus(AGAIN).isAfter(now)) {
            name = container.image();
            askedAt = now;
            id = ask(name);
        }
        return id.map(known -> new HostObservation.Image(name, !known.equals(container.imageId())));
    }

    private Optional<String> ask(String image) {
        try {
            return engine.imageId(image);
        } catch (RuntimeException e) {
            // The feed reports that the engine is unavailable. A proxy may refuse names with a slash.
            LOG.debug("cannot read the id of image {}: {}", image, e.getMessage());
            return Optional.empty();
        }
    }
}
