package org.pgsteward.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.pgsteward.backup.store.ManifestKeys;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Command {@code init}: creates the secret files and the folders that {@code compose.yaml} names, in the working
 * directory. Existing files are kept.
 */
@Command(
        name = "init",
        description = "Make the secret files and folders that compose.yaml names, unless they exist.",
        footer = {"", "For example:", "  pgsteward init && docker compose up --build -d"},
        mixinStandardHelpOptions = true)
final class Init implements Callable<Integer> {
    /** Letters and digits only: a password becomes part of addresses, in which other characters have to be escaped. */
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /** Length of a password: 62^32 possibilities, 190 bits. */
    private static final int CHARACTERS = 32;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Path secrets = Path.of("secrets").toAbsolutePath();
        Files.createDirectories(secrets);
        Files.setPosixFilePermissions(secrets, PosixFilePermissions.fromString("rwx------"));
        // Compose mounts each folder separately, so that no label of an application can name a file outside its own
        // folder.
        for (String folder : List.of("services", "pgsteward")) {
            Path inside = Files.createDirectories(secrets.resolve(folder));
            Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        // Created here, because Docker would create it as root.
        Files.createDirectories(Path.of("lib", "ext"));
        make(secrets.resolve("postgres_password"), Init::newPassword, "a new password");
        make(
                secrets.resolve("pgsteward").resolve("manifest_key"),
                ManifestKeys::newKey,
                "the key that signs backups; keep a copy on another machine: restore --all asks for it");
        return 0;
    }

    private void make(Path file, Supplier<String> content, String what) throws IOException {
        if (Files.exists(file)) {
            spec.commandLine().getOut().println("kept " + file + ", which exists");
            return;
        }
        Files.writeString(file, content.get() + "\n", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        // Containers read it as various users; on this host, the folder is closed to other users.
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        spec.commandLine().getOut().println("made " + file + " with " + what);
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
