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
 * Logs PostgreSQL's programs in, which get no password: they connect to a Unix socket of ours, and read that the server
 * has accepted them once the login has been made in their place. Then bytes are copied, and nothing is looked at any more.
 *
 * <p>Whoever may enter the socket's folder is logged in, so it belongs to the program's user alone (0700). That user could
 * read a password from the program's environment as well.
 */
public final class LoginRelay implements Closeable {
    private static final int PORT = 5432;

    /** The name of the socket in its folder. */
    public static final String SOCKET = ".s.PGSQL." + PORT;

    /** Bytes that are copied at once. */
    private static final int PIECE = 64 * 1024;

    /** A program has one connection at a time, and one more while it cancels a statement. */
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

    /** Hands a folder or a socket to the user that the program runs as. */
    @FunctionalInterface
    public interface Owner {
        void give(Path path) throws IOException;
    }

    /**
     * Begins to listen.
     *
     * @param folder an empty one that only the program's user, and we, can enter; it goes when this is closed
     * @param owner called with the socket
     * @throws IOException when there can be no socket in it
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

    /** What a program needs in its environment to come this way. */
    public Map<String, String> environment() {
        return Map.of(
                "PGHOST", folder.toString(),
                "PGPORT", Integer.toString(PORT),
                "PGUSER", login.role(),
                // A password that it might find in its home is for nobody; from version 16 on it refuses to send any.
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
            // It is closed: the program has ended.
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
                write(client, BackendMessage.error("28000", "this way in is for '" + login.role() + "' alone"));
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
            // One of the two has gone; the program says so by its exit code.
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
                ? "there is no host '" + login.host() + "'"
                : thrown instanceof NoRouteToHostException
                        ? "there is no route to " + login.where()
                        : thrown instanceof SocketTimeoutException
                                ? String.valueOf(thrown.getMessage())
                                : thrown instanceof ConnectException
                                        ? "nothing listens at " + login.where()
                                        : login.where() + ": " + thrown.getMessage();
        return BackendMessage.error(LoginRefused.Cause.SILENT.state(), cause);
    }

    /** Empty when the client goes before it has said anything. */
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
        // When the client has gone, so has the session: the server rolls back what was not committed.
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
            // It was closed before.
            return;
        } finally {
            Files.deleteIfExists(folder.resolve(SOCKET));
            Files.deleteIfExists(folder);
        }
    }
}
