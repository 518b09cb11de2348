package org.pgsteward;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

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
        openSsh(List.of(), hostKey, """
                AuthorizedKeysFile %s.pub
                PermitRootLogin yes
                ForceCommand internal-sftp -d %s
                """.formatted(login, home));
    }

    /**
     * Starts OpenSSH, which accepts only keys and no passwords.
     *
     * @param as the program that starts it as another user, with its arguments; may be empty
     * @param more lines for its configuration, at least the file of accepted keys
     */
    public void openSsh(List<String> as, Path hostKey, String more) throws IOException {
        Path configuration = Files.writeString(folder.resolve("sshd_config"), """
                ListenAddress 127.0.0.1
                Port %d
                HostKey %s
                AuthenticationMethods publickey
                StrictModes no
                UsePAM no
                PidFile none
                Subsystem sftp internal-sftp
                """.formatted(port, hostKey) + more);
        Stream<String> sshd = Stream.of("/usr/sbin/sshd", "-D", "-e", "-f", configuration.toString());
        start(Stream.concat(as.stream(), sshd).toArray(String[]::new));
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

    /** Starts a server, which listens on {@link #port}. Its output is appended to the file {@code log} of the folder. */
    public void start(String... command) throws IOException {
        start(Map.of(), command);
    }

    public void start(Map<String, String> environment, String... command) throws IOException {
        stop();
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
        server = Optional.of(process);
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> {
            assertThat(process.isAlive()).as(command[0] + ": " + log()).isTrue();
            return answers();
        });
    }

    /** Returns what the server has written. */
    public String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Stops the server and its sessions with SIGTERM, so that it writes its state to disk. */
    public void stop() {
        server.ifPresent(process -> {
            List<ProcessHandle> sessions = process.descendants().toList();
            process.destroy();
            sessions.forEach(ProcessHandle::destroy);
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
