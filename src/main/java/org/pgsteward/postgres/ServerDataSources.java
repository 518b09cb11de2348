package org.pgsteward.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.pgsteward.model.Secret;
import org.pgsteward.postgres.login.LoginSocketFactory;
import org.postgresql.ds.PGSimpleDataSource;

/** The driver's data sources for the managed server, with their time limits. */
final class ServerDataSources {
    /** Seconds for the driver's first statements, after the login. */
    private static final int AFTER_LOGIN_SECONDS = 20;

    private final ServerAddress address;

    ServerDataSources(ServerAddress address) {
        this.address = address;
    }

    /**
     * Returns the source of the administrator's connections, which throws {@link NoConnection}.
     *
     * @param answerSeconds limit for one answer of the server; 0 without a limit
     * @param attempts to connect; read for each connection
     */
    PGSimpleDataSource administrator(String database, int answerSeconds, IntSupplier attempts) {
        return filled(
                new AdministratorSource(address, attempts),
                database,
                address.user(),
                address.password(),
                answerSeconds,
                attempts.getAsInt());
    }

    /** Returns the source of another role's connections, with all attempts. */
    PGSimpleDataSource role(String user, Secret password, String database, int answerSeconds) {
        return filled(new PGSimpleDataSource(), database, user, password, answerSeconds, Server.ATTEMPTS);
    }

    private PGSimpleDataSource filled(
            PGSimpleDataSource source, String database, String user, Secret password, int answerSeconds, int attempts) {
        source.setServerNames(new String[] {address.host()});
        source.setPortNumbers(new int[] {address.port()});
        source.setDatabaseName(database);
        source.setUser(user);
        source.setPassword(password.reveal());
        source.setApplicationName("pgsteward");
        limitLogin(source, address, attempts);
        source.setSocketTimeout(answerSeconds);
        source.setTcpKeepAlive(true);
        return source;
    }

    private static void limitLogin(PGSimpleDataSource source, ServerAddress address, int attempts) {
        LoginSocketFactory.use(source, address.tls(), address.connectTimeout(), attempts);
        // The socket factory limits the login. A server that hangs right after it must not block the thread for hours.
        source.setLoginTimeout((int) address.connectTimeout().toSeconds() * attempts + AFTER_LOGIN_SECONDS);
    }

    /** Explains why there is no connection. */
    private static final class AdministratorSource extends PGSimpleDataSource {
        private static final long serialVersionUID = 1;

        private final transient ServerAddress address;
        private final transient IntSupplier attempts;

        AdministratorSource(ServerAddress address, IntSupplier attempts) {
            this.address = address;
            this.attempts = attempts;
        }

        @Override
        public Connection getConnection(@Nullable String user, @Nullable String password) throws SQLException {
            if (address.password().equals(ServerAddress.NO_PASSWORD)) {
                throw NoConnection.withoutPassword();
            }
            try {
                // The source may be made before the process becomes the daemon, which changes the attempts.
                limitLogin(this, address, attempts.getAsInt());
                return super.getConnection(user, password);
            } catch (SQLException e) {
                throw NoConnection.of(e, address, String.valueOf(getDatabaseName()));
            }
        }
    }
}
