package org.pgsteward.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pgsteward.config.NotSet;
import org.pgsteward.config.PostgresConfig;
import org.pgsteward.model.CommandPrefix;

/**
 * The place where a command is typed. It determines the prefix of commands in messages, and the hint for a command
 * typed in the wrong place.
 */
final class Place {
    private static final String DEMO = "target/demo/env";

    private Place() {}

    /** Returns the prefix of commands, from the environment only. Wrong settings are reported elsewhere. */
    static CommandPrefix typing() {
        return new CommandPrefix(Optional.ofNullable(System.getenv("PGSTEWARD_COMMAND"))
                .filter(command -> !command.isBlank())
                .orElse("pgsteward"));
    }

    /**
     * Returns a suggestion for a command that finds no configuration: the same command in the container, or with the
     * settings of the demonstration.
     */
    static Optional<String> hint(Throwable thrown, List<String> arguments) {
        Path home = Path.of(System.getProperty("pgsteward.home", ""));
        return hint(thrown, arguments, home);
    }

    static Optional<String> hint(Throwable thrown, List<String> arguments, Path home) {
        if (!(thrown instanceof NotSet missing)
                || !missing.key().equals(PostgresConfig.PASSWORD.name())
                || !Files.isRegularFile(home.resolve("compose.yaml"))) {
            return Optional.empty();
        }
        String typed = arguments.stream().map(Place::argument).collect(Collectors.joining(" "));
        String there = demonstration(typed, home).map(demo -> "; " + demo).orElse("");
        return Optional.of("did you mean: docker compose exec pgsteward pgsteward " + typed + there);
    }

    /** Returns the command with the settings of a running demonstration; empty if there is none in this checkout. */
    static Optional<String> demonstration(String typed) {
        return demonstration(typed, Path.of(System.getProperty("pgsteward.home", "")));
    }

    private static Optional<String> demonstration(String typed, Path home) {
        return Files.isRegularFile(home.resolve(DEMO))
                ? Optional.of("for the demonstration: . " + DEMO + " && ./pgsteward " + typed)
                : Optional.empty();
    }

    private static String argument(String text) {
        return text.matches("[A-Za-z0-9_.,:=/@-]+") ? text : CommandPrefix.word(text);
    }
}
