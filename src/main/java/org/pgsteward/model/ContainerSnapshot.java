package org.pgsteward.model;

/**
 * The state of one container at one check.
 *
 * @param container its current state, or its last known state if it is gone
 * @param gone whether it has been removed
 * @param postgres whether it is the container of the managed PostgreSQL
 */
public record ContainerSnapshot(Container container, boolean gone, boolean postgres) {}
