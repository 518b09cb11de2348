package org.pgsteward.postgres.login;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** pgsteward does not log in to what answers there. The message is one line with the cause and the next step. */
public final class LoginRefused extends IOException {
    private static final long serialVersionUID = 1;

    /** Why the login ended. */
    public enum Cause {
        /** It asks for the password in a form that gives it away, or for nothing. */
        NOT_SCRAM("28000"),
        /** It has not shown that it knows the password, or speaks something else. */
        WRONG_SERVER("08P01"),
        /** Encryption that was asked for cannot be had, or its certificate is not accepted. */
        TLS("08004"),
        /** It ended the connection or did not answer in time. */
        SILENT("08001");

        private final String state;

        Cause(String state) {
            this.state = state;
        }

        /** A SQLSTATE for it, since no server gave one. */
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
