package org.pgsteward.postgres.guard;

/**
 * A role that had so much of the server's memory that all sessions ended, or were about to.
 *
 * @param bytes that its sessions had for themselves
 * @param sessions how many it had
 * @param limit bytes that the server's container may have
 * @param crashed whether all sessions ended; otherwise the role's were ended before that
 */
public record MemoryTaken(String role, long bytes, int sessions, long limit, boolean crashed) {}
