package org.pgsteward.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.pgsteward.backup.store.ManifestKeys;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Command {@code init}: creates the secret files and the folders that {@code compose.yaml} names, in the working
 * directory. The service {@code init} of {@code compose.yaml} runs it before each start.
 */
@Command(
        name = "init",
        description = {
            "Create the secret files and folders for compose.yaml, unless they exist.",
            "'docker compose up' runs this command in a container; a JDK is not necessary for it."
        },
        footer = {"", "For example:", "  pgsteward init"},
        mixinStandardHelpOptions = true)
final class Init implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        SecretFiles files =
                new SecretFiles(Path.of("").toAbsolutePath(), spec.commandLine().getOut()::println);
        files.administratorsPassword();
        files.make(
                "pgsteward/manifest_key",
                ManifestKeys::newKey,
                "the key that signs backups; keep a copy on another machine: restore --all asks for it");
        return 0;
    }
}
