package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.io.AtomicFile;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
import org.pgsteward.postgres.ClientProgram;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * The program rclone, with the configuration of one target in a private file. Its arguments and environment contain no
 * secret.
 */
final class Rclone {
    private static final String CONFIG = "rclone.conf";

    /** The file with the hash of the setting from which the configuration was last written. */
    private static final String SOURCE = "rclone.conf.source";

    private static final int LARGEST_CONFIG = 1 << 20;

    /** The limit for a command that moves no file. */
    static final Duration LIMIT = Duration.ofMinutes(5);

    /** A slower link than this is as bad as none. */
    private static final long SLOWEST_LINK = 16 * 1024;

    private static final String MISSING =
            "; install it on the host of pgsteward, on Debian with `apt-get install rclone`";

    private static final int NOT_FOUND = 127;

    /** Seconds without a byte. */
    private static final int SILENCE = 30;

    /** A server computes the hash of a file at least at this rate, and sends nothing meanwhile. */
    private static final long SLOWEST_HASH = 16 << 20;

    /** A server that sends nothing is given up after about two minutes. */
    private static final List<String> LIMITS = List.of(
            "--ask-password=false",
            "--retries",
            "1",
            "--low-level-retries",
            "3",
            "--contimeout",
            "20s",
            "--timeout",
            SILENCE + "s");

    /**
     * rclone is killed with this process. Otherwise it would write on into a file that the next process sends and compares.
     * The kernel also kills it when the thread ends that started it.
     */
    private static final List<String> DIES_WITH_US = List.of("setpriv", "--pdeathsig", "KILL", "--");

    private final Path folder;
    private final RcloneConfig config;

    private Rclone(Path folder, RcloneConfig config) {
        this.folder = folder;
        this.config = config;
    }

    /**
     * Prepares the program for a target, and writes its configuration if the setting has changed. rclone itself changes the
     * file too: it stores renewed tokens there, which must stay.
     */
    static Rclone of(Path folder, String text) throws IOException {
        RcloneConfig config = RcloneConfig.parse(text);
        byte[] bytes = (text.strip() + "\n").getBytes(StandardCharsets.UTF_8);
        String source = HexFormat.of().formatHex(Sha256.digest().digest(bytes));
        Path known = folder.resolve(SOURCE);
        Path file = folder.resolve(CONFIG);
        if (!Files.exists(file) || !source.equals(textOf(known))) {
            AtomicFile.write(file, bytes, AtomicFile.PRIVATE);
            AtomicFile.write(known, source.getBytes(StandardCharsets.UTF_8), AtomicFile.PRIVATE);
        }
        return new Rclone(folder, config);
    }

    private static String textOf(Path file) throws IOException {
        try {
            return new String(BoundedFile.bytesNoLink(file, LARGEST_CONFIG), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    RcloneConfig config() {
        return config;
    }

    /**
     * Runs a command, and returns its output.
     *
     * @param most the limit of the output in bytes
     * @throws IOException if it fails, in one line
     */
    byte[] run(Duration limit, int most, String... arguments) throws IOException, InterruptedException {
        return run(limit, most, new byte[0], arguments);
    }

    /** @param input the standard input, not larger than a pipe */
    byte[] run(Duration limit, int most, byte[] input, String... arguments) throws IOException, InterruptedException {
        try (InputStream output = start(DIES_WITH_US, limit, input, arguments)) {
            byte[] bytes = output.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new IOException("rclone printed more than " + most + " bytes, the limit");
            }
            return bytes;
        } catch (java.io.InterruptedIOException e) {
            throw (InterruptedException) new InterruptedException("interrupted during rclone").initCause(e);
        }
    }

    /**
     * Returns the option for a command during which a server works on a file and sends nothing: it computes a hash, or copies
     * the file to rename it.
     */
    static String patience(long sizeBytes) {
        return "--timeout=" + (SILENCE + Math.max(0, sizeBytes) / SLOWEST_HASH) + "s";
    }

    /**
     * Returns the limit for a command that moves a file.
     *
     * @param bytesPerSecond its bandwidth; 0 for no limit
     */
    static Duration limit(long sizeBytes, long bytesPerSecond) {
        long rate = bytesPerSecond > 0 ? Math.min(bytesPerSecond / 2, SLOWEST_LINK) : SLOWEST_LINK;
        return LIMIT.plusSeconds(Math.max(0, sizeBytes) / Math.max(1, rate));
    }

    /** Starts a command, and returns its output, which throws at its end if the command failed. */
    InputStream start(Duration limit, String... arguments) throws IOException {
        return start(List.of(), limit, new byte[0], arguments);
    }

    private InputStream start(List<String> by, Duration limit, byte[] input, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(by);
        command.add("rclone");
        command.addAll(LIMITS);
        command.addAll(List.of(arguments));
        ClientProgram program;
        try {
            program = ClientProgram.start(UnprivilegedUser.unchanged(), command, environment());
        } catch (IOException e) {
            throw new IOException("cannot start rclone" + MISSING, e);
        }
        try (OutputStream stdin = program.input()) {
            stdin.write(input);
        } catch (IOException ended) {
            // Its exit code and its errors show the cause.
        }
        return new ProgramStream(program, limit, this::failure);
    }

    /** Other variables of this process, such as RCLONE_SFTP_KNOWN_HOSTS_FILE, would change the configuration. */
    private Map<String, String> environment() {
        return Map.of(
                "HOME", folder.toString(),
                "XDG_CONFIG_HOME", folder.toString(),
                "XDG_CACHE_HOME", folder.resolve("cache").toString(),
                "RCLONE_CONFIG", folder.resolve(CONFIG).toString(),
                // rclone 1.63 and later would write a name of its own before the .part; earlier ones do not know this.
                "RCLONE_INPLACE", "true");
    }

    private IOException failure(ClientProgram.Ended ended) {
        if (ended.exitCode() == NOT_FOUND) {
            return new IOException("rclone is not installed" + MISSING);
        }
        Set<String> secrets = new TreeSet<>(config.secrets());
        try {
            secrets.addAll(RcloneConfig.parse(textOf(folder.resolve(CONFIG))).secrets());
        } catch (IOException | UncheckedIOException | IllegalArgumentException unreadable) {
            // The secrets of the setting are known.
        }
        return new RcloneFailure(ended.exitCode(), RcloneErrors.cause(ended, secrets));
    }
}
