package org.pgsteward.postgres.guard;

import java.time.Duration;

/**
 * A role that takes the last space of the disk with PostgreSQL's data. On a full disk nobody can log in, and PostgreSQL may
 * not start again.
 *
 * @param bytes that it took
 * @param within the time in which it took them
 * @param freeBytes what is left
 */
public record DiskTaken(String role, long bytes, Duration within, long freeBytes) {}
