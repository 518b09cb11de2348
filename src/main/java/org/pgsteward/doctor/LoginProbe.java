package org.pgsteward.doctor;

import java.sql.SQLException;
import org.pgsteward.postgres.NoConnection;
import org.pgsteward.postgres.Server;
import org.pgsteward.provision.ConnectionRequest;

/** Login with a service's credentials, from pgsteward's own address, followed by an immediate disconnect. */
final class LoginProbe {
    private final Server server;

    LoginProbe(Server server) {
        this.server = server;
    }

    /** Tries the login. Takes at most the timeout of a connection. */
    public LoginResult tryOut(ConnectionRequest.Login login) {
        try {
            server.connectAs(login.user(), login.password(), login.database()).close();
            return LoginResult.LET_IN;
        } catch (NoConnection e) {
            // PostgreSQL asks for a weaker method than SCRAM. A service may use it, but pgsteward does not.
            return LoginResult.NOT_TRIED;
        } catch (SQLException e) {
            String state = e.getSQLState();
            return new LoginResult(state == null ? "?" : state, String.valueOf(e.getMessage()));
        }
    }
}
