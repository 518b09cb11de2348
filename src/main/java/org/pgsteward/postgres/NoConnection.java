package org.pgsteward.postgres;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pgsteward.postgres.login.LoginRefused;

/**
 * A failed connection as the administrator. The message names the attempt, the cause and the setting, since the
 * driver's messages name neither host nor setting. The SQLSTATE is the driver's.
 */
public final class NoConnection extends SQLException {
    private static final long serialVersionUID = 1;

    /** SQLSTATE class 28: invalid authorization specification. */
    private static final String LOGIN = "28";

    private static final String NO_DATABASE = "3D000";

    /** feature_not_supported: no conversion between the encodings of the database and of pgsteward's connections. */
    private static final String UNREADABLE = "0A000";

    /** The commands after a refused login, for a PostgreSQL in a container as {@code compose.yaml} defines it. */
    private static final String REFUSED_REMEDY = """
            docker exec -it postgresql psql -U homelab -d homelab -c '\\password homelab'   # enter the password of pgsteward's file
            docker compose up -d --force-recreate pgsteward   # or this, after a correction of secrets/postgres_password""";

    /** The commands when pgsteward refuses to log in to the server that answers. */
    private static final String UNSAFE_REMEDY = """
            docker ps --format '{{.Names}}  {{.Networks}}'   # stop any other container with the name of PostgreSQL
            # only if the server is yours and requests md5:
            docker exec -it postgresql psql -U homelab -d homelab -c "SET password_encryption = 'scram-sha-256'" -c '\\password homelab'""";

    private enum Outcome {
        NOT_TRIED("no connection to PostgreSQL: "),
        SILENT("PostgreSQL does not answer: "),
        REFUSED("PostgreSQL refuses the connection of pgsteward: "),
        UNREADABLE("PostgreSQL answers: "),
        /** The message is complete in itself: it begins with "cannot log in to". */
        UNSAFE("");

        private final String words;

        Outcome(String words) {
            this.words = words;
        }
    }

    private final Outcome outcome;

    private NoConnection(String message, Outcome outcome, @Nullable SQLException thrown) {
        super(message, thrown == null ? null : thrown.getSQLState(), thrown);
        this.outcome = outcome;
    }

    /** Returns the exception of an operation that needs only the store and was started without the password. */
    static NoConnection withoutPassword() {
        return new NoConnection(
                "PGSTEWARD_POSTGRES_PASSWORD, or PGSTEWARD_POSTGRES_PASSWORD_FILE, is not set",
                Outcome.NOT_TRIED,
                null);
    }

    /**
     * Returns the exception for a failure of the driver.
     *
     * @param database the database of the connection
     */
    static NoConnection of(SQLException thrown, ServerAddress address, String database) {
        Optional<NoConnection> unsafe = unsafe(thrown);
        if (unsafe.isPresent()) {
            return unsafe.get();
        }
        String state = String.valueOf(thrown.getSQLState());
        if (state.startsWith(LOGIN)) {
            return new NoConnection(
                    address.where() + " refuses the login of '" + address.user() + "' ("
                            + said(thrown) + "); correct PGSTEWARD_POSTGRES_USER and _PASSWORD, or the file that"
                            + " _PASSWORD_FILE names",
                    Outcome.REFUSED,
                    thrown);
        }
        if (state.equals(NO_DATABASE) && database.equals(address.database())) {
            return new NoConnection(
                    address.where() + " has no database '" + database + "'; create it, or set"
                            + " PGSTEWARD_POSTGRES_DATABASE to the database for pgsteward's tables",
                    Outcome.REFUSED,
                    thrown);
        }
        if (state.equals(UNREADABLE)) {
            return new NoConnection(
                    "cannot read database '" + database + "' (" + said(thrown)
                            + "): only the base backup contains it; dump it"
                            + " with pg_dump, which needs no conversion, or move its contents to a database with another"
                            + " encoding",
                    Outcome.UNREADABLE,
                    thrown);
        }
        return new NoConnection(silent(thrown, address), Outcome.SILENT, thrown);
    }

    /** Returns the exception for a login that pgsteward refused to make; empty for any other failure. */
    static Optional<NoConnection> unsafe(SQLException thrown) {
        LoginRefused refused = cause(thrown, LoginRefused.class);
        if (refused == null || refused.kind() == LoginRefused.Cause.SILENT) {
            return Optional.empty();
        }
        return Optional.of(new NoConnection(String.valueOf(refused.getMessage()), Outcome.UNSAFE, thrown));
    }

    private static String silent(SQLException thrown, ServerAddress address) {
        if (cause(thrown, UnknownHostException.class) != null) {
            return "cannot resolve host '" + address.host()
                    + "': its container does not run, or PGSTEWARD_POSTGRES_HOST is wrong";
        }
        String where = address.where() + " (PGSTEWARD_POSTGRES_HOST and _PORT)";
        if (cause(thrown, NoRouteToHostException.class) != null) {
            return "there is no route to " + where;
        }
        SocketTimeoutException late = cause(thrown, SocketTimeoutException.class);
        if (late != null) {
            return late.getMessage() + " (PGSTEWARD_POSTGRES_HOST and _PORT); on a slow host set"
                    + " PGSTEWARD_POSTGRES_CONNECT_TIMEOUT=30s";
        }
        if (cause(thrown, ConnectException.class) != null) {
            return "no server listens at " + where;
        }
        LoginRefused ended = cause(thrown, LoginRefused.class);
        return ended == null ? address.where() + ": " + said(thrown) : String.valueOf(ended.getMessage());
    }

    private static String said(SQLException thrown) {
        return String.valueOf(thrown.getMessage()).replaceFirst("^FATAL: ", "");
    }

    private static <T extends Throwable> @Nullable T cause(Throwable thrown, Class<T> kind) {
        for (Throwable cause = thrown.getCause(); cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return kind.cast(cause);
            }
        }
        return null;
    }

    /** Returns whether the server did not answer in time. An overloaded host can be the cause as well. */
    public boolean isTimeout() {
        return cause(this, SocketTimeoutException.class) != null;
    }

    /** Returns whether the server answered and pgsteward still has no session. That is no outage. */
    public boolean isRefused() {
        return outcome == Outcome.REFUSED || outcome == Outcome.UNSAFE || outcome == Outcome.UNREADABLE;
    }

    /** Returns whether pgsteward refused to log in, because the server did not prove that it is the right one. */
    public boolean isUnsafe() {
        return outcome == Outcome.UNSAFE;
    }

    /**
     * Returns the commands for a failed login.
     *
     * @param message the message of the exception; the caller has no more than that
     */
    public static String remedy(String message) {
        return message.contains("cannot log in to ") || message.contains("is not a PostgreSQL server")
                ? UNSAFE_REMEDY
                : REFUSED_REMEDY;
    }

    /** Returns the cause of any failure, as a sentence without its full stop. */
    public static String words(SQLException thrown) {
        Outcome outcome = thrown instanceof NoConnection none ? none.outcome : Outcome.SILENT;
        return outcome.words + thrown.getMessage();
    }
}
