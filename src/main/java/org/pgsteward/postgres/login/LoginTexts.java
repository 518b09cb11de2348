package org.pgsteward.postgres.login;

import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The error messages of a login, each with its cause and the next step. */
final class LoginTexts {
    private static final String MODE = "PGSTEWARD_POSTGRES_SSLMODE";

    private final LoginAs login;
    private final String cannot;

    LoginTexts(LoginAs login) {
        this.login = login;
        this.cannot = "cannot log in to " + login.where() + " as '" + login.role() + "': ";
    }

    private LoginRefused notScram(String cause) {
        return new LoginRefused(LoginRefused.Cause.NOT_SCRAM, cannot + cause, null);
    }

    LoginRefused clearText() {
        return notScram("it asks for the password in clear text, and pgsteward answers SCRAM only; if it is your"
                + " PostgreSQL, change 'password' to 'scram-sha-256' in its pg_hba.conf, else find out which container"
                + " answers there");
    }

    LoginRefused md5() {
        return notScram("it asks for an md5 answer, and pgsteward answers SCRAM only; if it is your PostgreSQL, run in"
                + " psql: SET password_encryption = 'scram-sha-256'; \\password " + login.role()
                + " (and enter the same password again)");
    }

    LoginRefused noScram() {
        return notScram("it offers no SCRAM-SHA-256, and pgsteward answers nothing else");
    }

    LoginRefused otherMethod(int request) {
        return notScram("it asks for authentication method " + request + ", and pgsteward answers SCRAM only; write"
                + " 'scram-sha-256' into the line of its pg_hba.conf that is for pgsteward");
    }

    LoginRefused trust() {
        return notScram("it asks for no password, so any server may be answering there; change 'trust' to"
                + " 'scram-sha-256' in its pg_hba.conf, or set " + MODE + "=verify-full");
    }

    LoginRefused wrongServer(@Nullable String cause, @Nullable Throwable thrown) {
        return new LoginRefused(
                LoginRefused.Cause.WRONG_SERVER,
                cannot + "the server has not shown that it knows the password (" + cause
                        + "); another server may be answering in its place",
                thrown);
    }

    LoginRefused noPostgres() {
        return new LoginRefused(
                LoginRefused.Cause.WRONG_SERVER,
                "what answers at " + login.where() + " is no PostgreSQL server; set PGSTEWARD_POSTGRES_HOST and _PORT"
                        + " to the server's",
                null);
    }

    LoginRefused closed(@Nullable Throwable thrown) {
        return new LoginRefused(
                LoginRefused.Cause.SILENT, login.where() + " closed the connection during the login", thrown);
    }

    LoginRefused noTls() {
        return new LoginRefused(
                LoginRefused.Cause.TLS,
                cannot + "it has no TLS, and " + MODE + " is "
                        + login.tls().mode().word() + "; switch TLS on there (ssl = on, ssl_cert_file, ssl_key_file)",
                null);
    }

    LoginRefused badTls(SSLException thrown) {
        return new LoginRefused(LoginRefused.Cause.TLS, cannot + tls(thrown), thrown);
    }

    private String tls(SSLException thrown) {
        Throwable root = thrown;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        String said = String.valueOf(root.getMessage());
        String file = login.tls().rootCertificates().map(Object::toString).orElse("");
        if (said.contains("No subject alternative") || said.contains("No name matching")) {
            return "its certificate is not for the name '" + login.host() + "' (" + said + ")";
        }
        if (said.contains("unable to find valid certification path") || said.contains("trust anchor")) {
            return "its certificate is not signed by an authority in " + file + " (PGSTEWARD_POSTGRES_SSLROOTCERT)";
        }
        return "TLS failed (" + said + ")";
    }
}
