package org.pgsteward.backup.verify;

import java.io.IOException;

/** A proof that this host cannot carry out: it says nothing of the backup, and must not be taken for an alarm. */
final class CannotTell extends IOException {
    private static final long serialVersionUID = 1L;

    CannotTell(String because) {
        super(because);
    }

    CannotTell(String because, Throwable cause) {
        super(because, cause);
    }
}
