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
        return notScram(
                "the server requests the password in clear text, and pgsteward accepts SCRAM only; if it is your"
                        + " PostgreSQL, change 'password' to 'scram-sha-256' in its pg_hba.conf, else find the container that"
                        + " answers there");
    }

    LoginRefused md5() {
        return notScram("the server requests md5, and pgsteward accepts SCRAM only; if it is your PostgreSQL, run in"
                + " psql: SET password_encryption = 'scram-sha-256'; \\password " + login.role()
                + " (and enter the same password again)");
    }

    LoginRefused noScram() {
        return notScram("the server offers no SCRAM-SHA-256, and pgsteward accepts no other method");
    }

    LoginRefused otherMethod(int request) {
        return notScram(
                "the server requests authentication method " + request + ", and pgsteward accepts SCRAM only; write"
                        + " 'scram-sha-256' into the line for pgsteward in its pg_hba.conf");
    }

    LoginRefused trust() {
        return notScram("the server requests no password, so it may be a false server; change 'trust' to"
                + " 'scram-sha-256' in its pg_hba.conf, or set " + MODE + "=verify-full");
    }

    LoginRefused wrongServer(@Nullable String cause, @Nullable Throwable thrown) {
        return new LoginRefused(
                LoginRefused.Cause.WRONG_SERVER,
                cannot + "the server did not show that it has the password (" + cause + "); it may be a false server",
                thrown);
    }

    LoginRefused noPostgres() {
        return new LoginRefused(
                LoginRefused.Cause.WRONG_SERVER,
                login.where() + " is not a PostgreSQL server; set PGSTEWARD_POSTGRES_HOST and _PORT to the address of"
                        + " PostgreSQL",
                null);
    }

    LoginRefused closed(@Nullable Throwable thrown) {
        return new LoginRefused(
                LoginRefused.Cause.SILENT, login.where() + " closed the connection during the login", thrown);
    }

    LoginRefused noTls() {
        return new LoginRefused(
                LoginRefused.Cause.TLS,
                cannot + "the server has no TLS, and " + MODE + " is "
                        + login.tls().mode().word()
                        + "; switch TLS on in PostgreSQL (ssl = on, ssl_cert_file, ssl_key_file)",
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
