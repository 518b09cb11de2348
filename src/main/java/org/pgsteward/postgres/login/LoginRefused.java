package org.pgsteward.postgres.login;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A login that pgsteward aborted because of the server's answer. The message is one line with the cause and the next
 * step.
 */
public final class LoginRefused extends IOException {
    private static final long serialVersionUID = 1;

    /** The causes. */
    public enum Cause {
        /** The server requested the password by an insecure method, or requested none. */
        NOT_SCRAM("28000"),
        /** The server did not prove that it knows the password, or does not speak PostgreSQL's protocol. */
        WRONG_SERVER("08P01"),
        /** The required encryption is not available, or the certificate is not accepted. */
        TLS("08004"),
        /** The server closed the connection or did not answer in time. */
        SILENT("08001");

        private final String state;

        Cause(String state) {
            this.state = state;
        }

        /** Returns a SQLSTATE for the cause, since the server sent none. */
        String state() {
            return state;
        }
    }

    private final Cause kind;

    LoginRefused(Cause kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Cause kind() {
        return kind;
    }

    public String sqlState() {
        return kind.state();
    }
}
