package org.pgsteward.postgres.login;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.pgsteward.io.Threads;

/**
 * A relay that logs in PostgreSQL's programs without giving them the password. A program connects to a Unix socket of
 * pgsteward. The relay logs in to the server in its place, and then reports to the program that the server has accepted
 * it. After that it only copies bytes.
 *
 * <p>Any process that can enter the socket's folder gets a session, so the folder belongs to the program's user alone
 * (mode 0700). That user could also read a password from the program's environment.
 */
public final class LoginRelay implements Closeable {
    private static final int PORT = 5432;

    /** The name of the socket in its folder. */
    public static final String SOCKET = ".s.PGSQL." + PORT;

    /** The most bytes that are copied at once. */
    private static final int PIECE = 64 * 1024;

    /** The most connections of a program. It needs one, and one more while it cancels a statement. */
    private static final int MOST_CONNECTIONS = 4;

    private final LoginAs login;
    private final Path folder;
    private final ServerSocketChannel listening;
    private final Set<Closeable> open = ConcurrentHashMap.newKeySet();

    private LoginRelay(LoginAs login, Path folder, ServerSocketChannel listening) {
        this.login = login;
        this.folder = folder;
        this.listening = listening;
    }

    /** Gives a folder or a socket to the user that the program runs as. */
    @FunctionalInterface
    public interface Owner {
        void give(Path path) throws IOException;
    }

    /**
     * Creates the socket and starts to accept connections.
     *
     * @param folder an empty folder that only the program's user and pgsteward can enter; {@link #close} removes it
     * @param owner receives the socket
     * @throws IOException if the socket cannot be created
     */
    public static LoginRelay listen(LoginAs login, Path folder, Owner owner) throws IOException {
        ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        LoginRelay relay = new LoginRelay(login, folder, listening);
        boolean done = false;
        try {
            Path socket = folder.resolve(SOCKET);
            listening.bind(UnixDomainSocketAddress.of(socket));
            owner.give(socket);
            relay.thread("accept", relay::accept);
            done = true;
            return relay;
        } finally {
            if (!done) {
                relay.close();
            }
        }
    }

    /** Returns the environment variables that make a program connect through this relay. */
    public Map<String, String> environment() {
        return Map.of(
                "PGHOST", folder.toString(),
                "PGPORT", Integer.toString(PORT),
                "PGUSER", login.role(),
                // The program must not send a password that it finds in its home. From version 16 on, PGREQUIREAUTH
                // makes libpq refuse to send any.
                "PGPASSFILE", folder.resolve("none").toString(),
                "PGREQUIREAUTH", "none");
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel client = listening.accept();
                if (open.size() >= 2 * MOST_CONNECTIONS) {
                    client.close();
                    continue;
                }
                open.add(client);
                thread("login", () -> serve(client));
            }
        } catch (IOException e) {
            // The socket is closed, since the program has ended.
            return;
        }
    }

    private void serve(SocketChannel client) {
        try (client) {
            Optional<StartupPacket> startup = startup(client);
            if (startup.isEmpty()) {
                return;
            }
            if (startup.get().isCancel()) {
                ServerLogin.cancel(login, startup.get());
                return;
            }
            if (!startup.get().user().equals(login.role())) {
                write(client, BackendMessage.error("28000", "this socket accepts only role '" + login.role() + "'"));
                return;
            }
            LoggedIn session;
            try {
                session = ServerLogin.open(login, startup.get());
            } catch (IOException e) {
                write(client, refusal(e));
                return;
            }
            copy(client, session);
        } catch (IOException e) {
            // The program or the server closed its connection. The program reports that by its exit code.
            return;
        } finally {
            open.remove(client);
        }
    }

    private BackendMessage refusal(IOException thrown) {
        if (thrown instanceof LoginRefused refused) {
            return BackendMessage.error(refused.sqlState(), String.valueOf(refused.getMessage()));
        }
        String cause = thrown instanceof UnknownHostException
                ? "cannot resolve host '" + login.host() + "'"
                : thrown instanceof NoRouteToHostException
                        ? "there is no route to " + login.where()
                        : thrown instanceof SocketTimeoutException
                                ? String.valueOf(thrown.getMessage())
                                : thrown instanceof ConnectException
                                        ? "no server listens at " + login.where()
                                        : login.where() + ": " + thrown.getMessage();
        return BackendMessage.error(LoginRefused.Cause.SILENT.state(), cause);
    }

    /** Returns the client's first packet; empty if the client disconnects before sending it. */
    private static Optional<StartupPacket> startup(SocketChannel client) throws IOException {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (client.read(one) == 1) {
            received.write(one.get(0));
            one.clear();
            Optional<StartupPacket> packet = StartupPacket.of(received);
            if (packet.isPresent() && !packet.get().asksForEncryption()) {
                return packet;
            }
            if (packet.isPresent()) {
                client.write(ByteBuffer.wrap(new byte[] {'N'}));
                received.reset();
            }
        }
        return Optional.empty();
    }

    private void copy(SocketChannel client, LoggedIn session) throws IOException {
        try (session) {
            open.add(session);
            client.write(ByteBuffer.wrap(session.opening()));
            if (session.opening()[0] == 'E') {
                return;
            }
            Thread there = thread("to-server", () -> toServer(client, session));
            byte[] piece = new byte[PIECE];
            ByteBuffer view = ByteBuffer.wrap(piece);
            for (int read = session.in().read(piece);
                    read >= 0;
                    read = session.in().read(piece)) {
                view.clear().limit(read);
                while (view.hasRemaining()) {
                    client.write(view);
                }
            }
            client.shutdownOutput();
            there.interrupt();
        } finally {
            open.remove(session);
        }
    }

    private static void toServer(SocketChannel client, LoggedIn session) {
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        // When the client disconnects, the session is closed too, and the server rolls back uncommitted work.
        try (session) {
            while (client.read(piece) >= 0) {
                session.out().write(piece.array(), 0, piece.position());
                session.out().flush();
                piece.clear();
            }
        } catch (IOException e) {
            return;
        }
    }

    private static void write(SocketChannel client, BackendMessage message) throws IOException {
        client.write(ByteBuffer.wrap(message.bytes()));
    }

    private Thread thread(String name, Runnable work) {
        return Threads.start("relay-" + name, 256 * 1024, work);
    }

    /** Ends every connection, and removes the socket and its folder. */
    @Override
    public void close() throws IOException {
        try (listening) {
            for (Closeable connection : open) {
                connection.close();
            }
        } catch (ClosedChannelException e) {
            // The socket was closed before.
            return;
        } finally {
            Files.deleteIfExists(folder.resolve(SOCKET));
            Files.deleteIfExists(folder);
        }
    }
}
