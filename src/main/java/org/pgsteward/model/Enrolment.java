package org.pgsteward.model;

import java.time.Instant;

/**
 * A service that has its database: the row of {@code service_configs}.
 *
 * @param service at most 50 characters
 * @param database at most 50 characters
 * @param user the role that owns it
 * @param identity who may change its settings: compose's project and service, or the container's name
 * @param containerId the container seen last
 * @param image the name of that container's image
 * @param imageId the digest of what that name meant when the container was made; empty where it was never seen
 */
public record Enrolment(
        String service,
        String database,
        String user,
        String identity,
        String containerId,
        String image,
        String imageId,
        Instant at) {}
