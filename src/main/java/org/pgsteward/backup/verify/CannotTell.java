package org.pgsteward.backup.verify;

import java.io.IOException;

/**
 * The exception for a verification that this host cannot carry out. The backup may be good, so it must not count as
 * failed.
 */
final class CannotTell extends IOException {
    private static final long serialVersionUID = 1L;

    CannotTell(String because) {
        super(because);
    }

    CannotTell(String because, Throwable cause) {
        super(because, cause);
    }
}
