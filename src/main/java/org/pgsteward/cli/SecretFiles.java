package org.pgsteward.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.pgsteward.io.AtomicFile;

/**
 * The folder {@code secrets/} of a checkout, and {@code lib/ext/} beside it. Existing secrets are kept.
 *
 * <p>Root's files and folders are given to the owner of {@code compose.yaml}. A container runs as root, and Docker makes
 * a missing folder of a mount as root. Without this, the operator could not write a secret into the folders.
 */
final class SecretFiles {
    /** Letters and digits only: a password becomes part of addresses, in which other characters have to be escaped. */
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /** Length of a password: 62^32 possibilities, 190 bits. */
    private static final int CHARACTERS = 32;

    private static final String PASSWORD = "postgresql/password";

    private final Path checkout;
    private final Path secrets;
    private final Consumer<String> report;

    /**
     * Creates the folders, or corrects their modes.
     *
     * @param report gets a line about each file
     * @throws IOException if a folder cannot be created or changed
     */
    SecretFiles(Path checkout, Consumer<String> report) throws IOException {
        this.checkout = checkout;
        this.secrets = checkout.resolve("secrets");
        this.report = report;
        folder(secrets, "rwx------");
        // Compose mounts each folder separately, so that no label of an application can name a file outside its own
        // folder. The containers run as users that the host does not know.
        for (String name : List.of("postgresql", "services", "pgsteward")) {
            folder(secrets.resolve(name), "rwxr-xr-x");
        }
        folder(checkout.resolve("lib"), "rwxr-xr-x");
        folder(checkout.resolve("lib/ext"), "rwxr-xr-x");
    }

    /**
     * Creates the administrator's password, and the link {@code secrets/postgres_password} to it. A file in place of the
     * link is the password of a checkout before version 0.1.0, or of an editor that replaced the link. Its content is
     * the password from then on.
     *
     * @throws IOException if a file cannot be written
     */
    void administratorsPassword() throws IOException {
        Path link = secrets.resolve("postgres_password");
        Path file = secrets.resolve(PASSWORD);
        if (Files.isRegularFile(link, LinkOption.NOFOLLOW_LINKS)) {
            readable(link);
            Files.move(link, file, StandardCopyOption.ATOMIC_MOVE);
            report.accept("moved " + shown(link) + " to " + shown(file));
        }
        make(PASSWORD, SecretFiles::newPassword, "a new password");
        if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
            Files.createSymbolicLink(link, Path.of(PASSWORD));
            own(link);
        }
    }

    /**
     * Creates a file unless it exists.
     *
     * @param name a path inside {@code secrets/}
     * @param purpose what the file has, for the report
     * @throws IOException if the file cannot be written
     */
    void make(String name, Supplier<String> content, String purpose) throws IOException {
        Path file = secrets.resolve(name);
        if (Files.exists(file)) {
            report.accept("kept " + shown(file) + ", which exists");
            return;
        }
        // Replaced as a whole: a kill half-way must not leave an empty password.
        AtomicFile.write(file, (content.get() + "\n").getBytes(StandardCharsets.US_ASCII));
        readable(file);
        report.accept("made " + shown(file) + " with " + purpose);
    }

    /** Lets every user read a file. On the host, the folder around it is closed to other users. */
    private void readable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        own(file);
    }

    private void folder(Path folder, String mode) throws IOException {
        try {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(mode));
            own(folder);
        } catch (FileSystemException e) {
            throw new IOException(
                    "cannot make or change folder " + folder + ": "
                            + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason())
                            + "; run 'pgsteward init' as the owner of " + checkout,
                    e);
        }
    }

    /** Returns the path from the checkout: a container sees the checkout at another path than the operator. */
    private Path shown(Path file) {
        return checkout.relativize(file);
    }

    /** Gives a file of root to the owner of {@code compose.yaml}. */
    private void own(Path path) throws IOException {
        Path model = checkout.resolve("compose.yaml");
        if (!Files.exists(model) || !id(path, "unix:uid").equals(0)) {
            return;
        }
        for (String id : List.of("unix:gid", "unix:uid")) {
            Files.setAttribute(path, id, id(model, id), LinkOption.NOFOLLOW_LINKS);
        }
    }

    private static Object id(Path path, String attribute) throws IOException {
        return Files.getAttribute(path, attribute, LinkOption.NOFOLLOW_LINKS);
    }

    private static String newPassword() {
        StringBuilder text = new StringBuilder();
        SecureRandom random = new SecureRandom();
        for (int i = 0; i < CHARACTERS; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return text.toString();
    }
}
