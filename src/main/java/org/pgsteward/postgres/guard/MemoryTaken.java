package org.pgsteward.postgres.guard;

import java.util.Optional;

/**
 * A role with a large share of the server's memory, at a crash for want of memory or shortly before one.
 *
 * @param bytes of private memory of its sessions
 * @param sessions number of its sessions
 * @param limit of the server's container, in bytes
 * @param crashed whether PostgreSQL ended all sessions; otherwise the guard terminated the role's sessions before that
 * @param countsAsOffence whether the role is clearly the cause; a pool that was there before may not be, nor, without a crash,
 *     a role beside a larger one
 * @param beside the largest of the other roles, if it has a notable part
 */
public record MemoryTaken(
        String role,
        long bytes,
        int sessions,
        long limit,
        boolean crashed,
        boolean countsAsOffence,
        Optional<Other> beside) {
    /** The memory of another role in bytes. */
    public record Other(String role, long bytes) {}
}
