package org.pgsteward.backup.copy;

import java.io.IOException;

/** rclone ended with a failure. */
final class RcloneFailure extends IOException {
    private static final long serialVersionUID = 1;

    private static final int FOLDER_MISSING = 3;
    private static final int FILE_MISSING = 4;

    private final int exitCode;

    RcloneFailure(int exitCode, String cause) {
        super(cause);
        this.exitCode = exitCode;
    }

    /** Returns whether the server answered that the file or its folder does not exist. */
    boolean isMissing() {
        return exitCode == FOLDER_MISSING || exitCode == FILE_MISSING;
    }
}
