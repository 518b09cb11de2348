package org.pgsteward.app;

/** Purpose of the process, which limits the resources that its objects may use. */
public enum AccessMode {
    WORK,
    /** Verification of the store. Without PostgreSQL's password, PostgreSQL is not contacted. */
    PROVE,
    /** Listing of the store: like {@link #PROVE}, but without writes. */
    LIST,
    /** Report of the state. Not even the state folder is created. */
    LOOK,
    /** Check of route files only. The settings are checked before. */
    CHECK;

    boolean leavesTraces() {
        return this == WORK || this == PROVE;
    }

    boolean needsPassword() {
        return this != PROVE && this != LIST;
    }
}
