package org.pgsteward.backup.copy;

/** A fault of a target, of the way to it, or of the process that copies. */
enum CopyFault {
    LINK_CUT("the link is cut"),
    FULL("the disk of the target is full"),
    READ_ONLY("the target is read-only"),
    GONE("the target is gone"),
    SLOW("the target is slow"),
    CREDENTIALS_REVOKED("the key is revoked"),
    ALTERED("a file there is altered"),
    REMOVED("a file there is removed"),
    CLOCK_AHEAD("the clock is ahead"),
    PROCESS_KILLED("the process is killed"),
    PROGRAM_KILLED("rclone or restic is killed");

    /** A kind of target. */
    enum Kind {
        FOLDER,
        RCLONE,
        RESTIC
    }

    private final String words;

    CopyFault(String words) {
        this.words = words;
    }

    /** Returns whether a kind of target can have this fault. A folder has no link, no credentials and no program. */
    boolean concerns(Kind kind) {
        return kind != Kind.FOLDER || (this != LINK_CUT && this != CREDENTIALS_REVOKED && this != PROGRAM_KILLED);
    }

    /** Returns whether it fails every pass that sends a backup, until it is lifted. */
    boolean isOutage() {
        return switch (this) {
            case LINK_CUT, FULL, READ_ONLY, GONE, CREDENTIALS_REVOKED -> true;
            default -> false;
        };
    }

    /** Returns whether a pass waits for its end: restic tries to write to a read-only disk for a quarter of an hour. */
    boolean isAwaited(Kind kind) {
        return this == SLOW || (this == READ_ONLY && kind == Kind.RESTIC);
    }

    String words() {
        return words;
    }
}
