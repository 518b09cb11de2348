package org.pgsteward.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import org.pgsteward.postgres.login.LoginAs;
import org.pgsteward.postgres.login.LoginRelay;

/** The folders with the sockets through which programs are logged in. */
final class RelayFolder {
    /** A short path, since a socket's path has at most 107 bytes. */
    private static final Path PARENT = Path.of("/tmp");

    private static final String PREFIX = "pgsteward-login-";

    /** The age above which a folder may be abandoned. In a younger folder, a socket may be about to be created. */
    private static final Duration ABANDONED = Duration.ofMinutes(10);

    /** The most folders that one search reads. A process that is killed leaves its folder behind. */
    private static final int MOST_FOLDERS = 1000;

    private RelayFolder() {}

    /** Creates a folder for one program of {@code user} and listens in it. */
    static LoginRelay listen(LoginAs login, UnprivilegedUser user) throws IOException {
        Path folder = Files.createTempDirectory(PARENT, PREFIX);
        boolean done = false;
        try {
            Path own = user.own(folder);
            removeAbandoned(PARENT, Files.getOwner(own), Instant.now());
            LoginRelay relay = LoginRelay.listen(login, own, user::give);
            done = true;
            return relay;
        } finally {
            if (!done) {
                ThrowawayCluster.remove(folder);
            }
        }
    }

    /**
     * Removes the folders of processes that were killed, in which no process listens. Any user can create a folder of
     * such a name in {@code /tmp}. So folders of another owner, and folders that cannot be removed, are left alone.
     */
    static void removeAbandoned(Path parent, UserPrincipal owner, Instant now) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
            int looked = 0;
            for (Path folder : folders) {
                if (++looked > MOST_FOLDERS) {
                    return;
                }
                removeIfAbandoned(folder, owner, now);
            }
        } catch (IOException | DirectoryIteratorException e) {
            // The program runs well beside them.
            return;
        }
    }

    private static void removeIfAbandoned(Path folder, UserPrincipal owner, Instant now) {
        try {
            if (Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(owner) && isAbandoned(folder, now)) {
                ThrowawayCluster.remove(folder);
            }
        } catch (IOException | UncheckedIOException e) {
            // The folder is another user's, or another process has just removed it.
            return;
        }
    }

    private static boolean isAbandoned(Path folder, Instant now) {
        try {
            if (Files.getLastModifiedTime(folder).toInstant().plus(ABANDONED).isAfter(now)) {
                return false;
            }
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
            Path socket = folder.resolve(LoginRelay.SOCKET);
            if (Files.notExists(socket)) {
                return true;
            }
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                return !channel.connect(UnixDomainSocketAddress.of(socket));
            }
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            // The folder is another user's, or has just been removed.
            return false;
        }
    }
}
