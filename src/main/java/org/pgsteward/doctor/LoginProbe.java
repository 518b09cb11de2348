package org.pgsteward.doctor;

import java.sql.SQLException;
import org.pgsteward.postgres.NoConnection;
import org.pgsteward.postgres.Server;
import org.pgsteward.provision.ConnectionRequest;

/** Logs in as a service would, over our own connection, and leaves again. */
final class LoginProbe {
    private final Server server;

    LoginProbe(Server server) {
        this.server = server;
    }

    /** It takes as long as the connection's time-out at most. */
    public LoginResult tryOut(ConnectionRequest.Login login) {
        try {
            server.connectAs(login.user(), login.password(), login.database()).close();
            return LoginResult.LET_IN;
        } catch (NoConnection e) {
            // It asks for less than SCRAM, which a service may well answer and we do not.
            return LoginResult.NOT_TRIED;
        } catch (SQLException e) {
            String state = e.getSQLState();
            return new LoginResult(state == null ? "?" : state, String.valueOf(e.getMessage()));
        }
    }
}
