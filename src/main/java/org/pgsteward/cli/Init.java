package org.pgsteward.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Makes the secret files and the folders that {@code compose.yaml} names, in the working directory; what exists is left as
 * it is.
 */
@Command(
        name = "init",
        description = "Make the secret files and folders that compose.yaml names, unless they exist.",
        footer = {"", "For example:", "  pgsteward init && docker compose up --build -d"},
        mixinStandardHelpOptions = true)
final class Init implements Callable<Integer> {
    /** Letters and digits only: passwords land in addresses, where anything else has to be escaped. */
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /** 62^32 possibilities, 190 bits. */
    private static final int CHARACTERS = 32;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Path secrets = Path.of("secrets").toAbsolutePath();
        Files.createDirectories(secrets);
        Files.setPosixFilePermissions(secrets, PosixFilePermissions.fromString("rwx------"));
        // Mounted each by itself, so that no label of an application can name what lies beside its own folder.
        for (String folder : List.of("services", "pgsteward")) {
            Path inside = Files.createDirectories(secrets.resolve(folder));
            Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        // Made here, because Docker would make it root's.
        Files.createDirectories(Path.of("lib", "ext"));
        Path password = secrets.resolve("postgres_password");
        if (Files.exists(password)) {
            spec.commandLine().getOut().println("kept " + password + ", which exists");
            return 0;
        }
        StringBuilder text = new StringBuilder();
        SecureRandom random = new SecureRandom();
        for (int i = 0; i < CHARACTERS; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        Files.writeString(password, text + "\n", StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        // Containers read it as users of their own; on this host the folder keeps everybody else out.
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r--r--"));
        spec.commandLine().getOut().println("made " + password + " with a new password");
        return 0;
    }
}
