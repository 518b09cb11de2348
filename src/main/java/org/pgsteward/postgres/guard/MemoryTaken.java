package org.pgsteward.postgres.guard;

import java.util.Optional;

/**
 * A role with a large share of the server's memory, at an out-of-memory crash or shortly before one.
 *
 * @param bytes private memory of its sessions, in bytes
 * @param sessions number of its sessions
 * @param limit limit of the server's container, in bytes
 * @param crashed whether PostgreSQL ended all sessions; otherwise the guard terminated the role's sessions before a
 *     crash
 * @param countsAsOffence whether the role is clearly the cause. A connection pool that existed before may not be.
 *     Without a crash, a role beside a larger one may not be either.
 * @param beside the largest of the other roles, if its share is notable
 */
public record MemoryTaken(
        String role,
        long bytes,
        int sessions,
        long limit,
        boolean crashed,
        boolean countsAsOffence,
        Optional<Other> beside) {
    /** The memory of another role, in bytes. */
    public record Other(String role, long bytes) {}
}
