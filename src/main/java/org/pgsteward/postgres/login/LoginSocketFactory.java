package org.pgsteward.postgres.login;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import javax.net.SocketFactory;
import org.pgsteward.model.Secret;
import org.postgresql.PGProperty;
import org.postgresql.ds.common.BaseDataSource;

/** A factory of sockets that log in by themselves. The driver creates a factory for each connection. */
public final class LoginSocketFactory extends SocketFactory {
    private final LoginAs login;

    /**
     * Reads the settings of the login.
     *
     * @param info the driver's properties of the connection
     */
    public LoginSocketFactory(Properties info) {
        String[] own = value(PGProperty.SOCKET_FACTORY_ARG, info).split(" ", 4);
        this.login = new LoginAs(
                value(PGProperty.PG_HOST, info),
                Integer.parseInt(value(PGProperty.PG_PORT, info)),
                value(PGProperty.USER, info),
                new Secret(value(PGProperty.PASSWORD, info)),
                new TlsSettings(
                        TlsMode.valueOf(own[0]), own[3].isEmpty() ? Optional.empty() : Optional.of(Path.of(own[3]))),
                Duration.ofMillis(Long.parseLong(own[1])),
                Integer.parseInt(own[2]));
    }

    private static String value(PGProperty property, Properties info) {
        return Optional.ofNullable(property.getOrDefault(info)).orElse("");
    }

    /**
     * Makes {@code source} log in through {@link LoginSocket}, so that the driver never answers a password request
     * itself.
     */
    public static void use(BaseDataSource source, TlsSettings tls, Duration patience, int attempts) {
        source.setSocketFactory(LoginSocketFactory.class.getName());
        source.setSocketFactoryArg(tls.mode() + " " + patience.toMillis() + " " + attempts + " "
                + tls.rootCertificates().map(Path::toString).orElse(""));
        // The login encrypts the connection, so the driver gets a plain stream.
        source.setSslMode("disable");
        source.setGssEncMode("disable");
    }

    @Override
    public Socket createSocket() {
        return new LoginSocket(login);
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("the driver connects by itself");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException("the driver connects by itself");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException("the driver connects by itself");
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException("the driver connects by itself");
    }
}
