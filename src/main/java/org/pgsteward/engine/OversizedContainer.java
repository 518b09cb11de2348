package org.pgsteward.engine;

/**
 * A container that is not looked at, since the engine says more of it than is read.
 *
 * @param bytes that were read before the reading ended
 * @param limit in bytes
 * @param together whether it is all containers together that exceed the limit
 */
public record OversizedContainer(String id, String name, long bytes, long limit, boolean together) {}
