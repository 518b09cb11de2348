package org.pgsteward.model;

/**
 * One look at one container.
 *
 * @param container as it is, or as it was when seen last
 * @param gone whether it has been removed
 * @param postgres whether it is the managed PostgreSQL's own
 */
public record Sighting(Container container, boolean gone, boolean postgres) {}
