package org.pgsteward.model;

import java.time.Instant;
import java.util.Optional;

/**
 * An enrolled service: one row of {@code service_configs}.
 *
 * @param service at most 50 characters
 * @param database at most 50 characters
 * @param user the role that owns the database
 * @param identity the {@link Container#identity} that may change the service's settings: compose's project and service,
 *     or the container's name
 * @param containerId the id of the container that was seen last
 * @param image the name of that container's image
 * @param imageId the digest that this name had when the container was created; empty if it was never recorded
 * @param companionOf the service whose container and role it shares, if it is a further database of that container
 */
public record Enrolment(
        String service,
        String database,
        String user,
        String identity,
        String containerId,
        String image,
        String imageId,
        Instant at,
        Optional<String> companionOf) {
    /** An enrolment with a role of its own. */
    public Enrolment(
            String service,
            String database,
            String user,
            String identity,
            String containerId,
            String image,
            String imageId,
            Instant at) {
        this(service, database, user, identity, containerId, image, imageId, at, Optional.empty());
    }
}
