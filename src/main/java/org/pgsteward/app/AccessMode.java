package org.pgsteward.app;

/** Purpose of the process, which limits the resources that its objects may use. */
public enum AccessMode {
    WORK,
    /** Verification of the store. Without PostgreSQL's password, PostgreSQL is not contacted. */
    VERIFY,
    /** Listing of the store: like {@link #VERIFY}, but without writes. */
    LIST,
    /** Report of the state. Not even the state folder is created. */
    READ_ONLY,
    /** Check of route files only. The settings are checked before. */
    CHECK;

    boolean leavesTraces() {
        return this == WORK || this == VERIFY;
    }

    boolean needsPassword() {
        return this != VERIFY && this != LIST;
    }
}
