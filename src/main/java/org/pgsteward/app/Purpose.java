package org.pgsteward.app;

/** The work of a command or the daemon, which decides what its objects may touch. */
public enum Purpose {
    WORK,
    /** To prove what is in the store: without PostgreSQL's password it is not asked. */
    PROVE,
    /** The same without leaving a trace. */
    LIST,
    /** To say how things are: not even the state folder is made. */
    LOOK,
    /** To look at route files alone: the settings have been looked at. */
    CHECK;

    boolean leavesTraces() {
        return this == WORK || this == PROVE;
    }

    boolean needsPassword() {
        return this != PROVE && this != LIST;
    }
}
