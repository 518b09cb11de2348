package org.pgsteward.postgres;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.pgsteward.postgres.login.LoginAs;
import org.pgsteward.postgres.login.LoginRelay;

/** The folders in which programs find the socket that logs them in. */
final class RelayFolder {
    /** A short path: a socket's name has 107 bytes at most. */
    private static final Path PARENT = Path.of("/tmp");

    private static final String PREFIX = "pgsteward-login-";

    /** A younger folder may be one in which a socket is being made just now. */
    private static final Duration ABANDONED = Duration.ofMinutes(10);

    private RelayFolder() {}

    /** Makes a folder for one program of {@code user} and listens in it. */
    static LoginRelay listen(LoginAs login, UnprivilegedUser user) throws IOException {
        removeAbandoned(PARENT, Instant.now());
        Path folder = Files.createTempDirectory(PARENT, PREFIX);
        boolean done = false;
        try {
            LoginRelay relay = LoginRelay.listen(login, user.own(folder), user::give);
            done = true;
            return relay;
        } finally {
            if (!done) {
                ThrowawayCluster.remove(folder);
            }
        }
    }

    /** Removes the folders of processes that were killed: nobody listens there any more. */
    static void removeAbandoned(Path parent, Instant now) throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path folder : folders) {
                if (isAbandoned(folder, now)) {
                    ThrowawayCluster.remove(folder);
                }
            }
        }
    }

    private static boolean isAbandoned(Path folder, Instant now) {
        try {
            if (Files.getLastModifiedTime(folder).toInstant().plus(ABANDONED).isAfter(now)) {
                return false;
            }
            Path socket = folder.resolve(LoginRelay.SOCKET);
            if (!Files.exists(socket)) {
                return true;
            }
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                return !channel.connect(UnixDomainSocketAddress.of(socket));
            }
        } catch (java.net.ConnectException e) {
            return true;
        } catch (IOException e) {
            // It is another user's, or has just gone.
            return false;
        }
    }
}
