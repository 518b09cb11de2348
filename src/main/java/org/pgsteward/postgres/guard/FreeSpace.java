package org.pgsteward.postgres.guard;

import java.util.OptionalLong;

/** The remaining space and inodes of the disk with PostgreSQL's data. */
@FunctionalInterface
public interface FreeSpace {
    /** The value for a server whose disk pgsteward cannot read. */
    FreeSpace UNKNOWN = OptionalLong::empty;

    /** Returns the number of bytes that PostgreSQL may still write; empty if it is unknown. */
    OptionalLong bytes();

    /** Returns the number of files that can still be created; empty if it is unknown or has no limit. */
    default OptionalLong files() {
        return OptionalLong.empty();
    }
}
