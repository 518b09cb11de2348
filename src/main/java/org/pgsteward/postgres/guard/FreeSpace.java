package org.pgsteward.postgres.guard;

import java.util.OptionalLong;

/** What is left on the disk that holds PostgreSQL's data. */
@FunctionalInterface
public interface FreeSpace {
    /** For a server whose disk cannot be seen from here. */
    FreeSpace UNKNOWN = OptionalLong::empty;

    /** Returns the bytes that PostgreSQL may still write; empty if that is not known. */
    OptionalLong bytes();

    /** Returns the number of files that can still be made; empty if that is not known, or has no limit. */
    default OptionalLong files() {
        return OptionalLong.empty();
    }
}
