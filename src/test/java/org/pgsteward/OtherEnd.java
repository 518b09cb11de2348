package org.pgsteward;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A real server that receives data from an operator's route, with its own port and folder. Tests start and stop it. */
public final class OtherEnd implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(8);

    private final Path folder;
    private final int port;
    private Optional<Process> server = Optional.empty();

    public OtherEnd(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
    }

    public int port() {
        return port;
    }

    /** Creates a pair of SSH keys: the file {@code name} and {@code name.pub} beside it. */
    public Path key(String name) throws Exception {
        Path key = folder.resolve(name);
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString());
        return key;
    }

    /**
     * Starts OpenSSH with the host key {@code hostKey}. It accepts the key {@code login}, and offers only SFTP, which
     * begins at {@code home}.
     */
    public void openSsh(Path hostKey, Path login, Path home) throws IOException {
        if ("root".equals(System.getProperty("user.name"))) {
            // A system's own service would have created this folder.
            Files.createDirectories(
                    Path.of("/run/sshd"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        }
        Path configuration =
                Files.writeString(folder.resolve("sshd_config"), """
                ListenAddress 127.0.0.1
                Port %d
                HostKey %s
                AuthorizedKeysFile %s.pub
                AuthenticationMethods publickey
                PermitRootLogin yes
                StrictModes no
                UsePAM no
                PidFile none
                Subsystem sftp internal-sftp
                ForceCommand internal-sftp -d %s
                """.formatted(port, hostKey, login, home));
        start("/usr/sbin/sshd", "-D", "-e", "-f", configuration.toString());
    }

    /** Starts Mosquitto, which accepts one user and stores missed messages of its subscribers on disk. */
    public void mosquitto(String user, String password) throws Exception {
        Path passwords = folder.resolve("passwords");
        if (!Files.exists(passwords)) {
            run("mosquitto_passwd", "-b", "-c", passwords.toString(), user, password);
        }
        Path configuration = Files.writeString(folder.resolve("mosquitto.conf"), """
                listener %d 127.0.0.1
                user %s
                allow_anonymous false
                password_file %s
                persistence true
                persistence_location %s/
                """.formatted(
                        port, System.getProperty("user.name"), passwords, folder));
        start("/usr/sbin/mosquitto", "-c", configuration.toString());
    }

    private void start(String... command) throws IOException {
        stop();
        server = Optional.of(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start());
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(this::answers);
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Stops the server with SIGTERM, so that it writes its state to disk. */
    public void stop() {
        server.ifPresent(process -> {
            process.destroy();
            process.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        });
        server = Optional.empty();
    }

    /** Returns the lines that a program prints. Throws if the program fails. */
    public static List<String> run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines = process.inputReader().lines().toList();
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException(command[0] + " failed: " + lines);
        }
        return lines;
    }

    @Override
    public void close() {
        stop();
    }
}
