package org.pgsteward.postgres.guard;

import java.util.OptionalLong;

/** The free space of the disk that holds PostgreSQL's data. */
@FunctionalInterface
public interface FreeSpace {
    /** For a server whose disk cannot be seen from here. */
    FreeSpace UNKNOWN = OptionalLong::empty;

    /** Returns the bytes that PostgreSQL may still write; empty if that is not known. */
    OptionalLong bytes();
}
