package org.pgsteward.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
     * Returns the message about a command that finds no configuration in a checkout: one line for each place in which
     * it may be typed. Returns no line for other errors.
     */
    static List<String> lines(Throwable thrown, List<String> arguments) {
        return lines(thrown, arguments, Path.of(System.getProperty("pgsteward.home", "")));
    }

    static List<String> lines(Throwable thrown, List<String> arguments, Path home) {
        if (!(thrown instanceof NotSet missing)
                || !missing.key().equals(PostgresConfig.PASSWORD.name())
                || !Files.isRegularFile(home.resolve("compose.yaml"))) {
            return List.of();
        }
        String typed = arguments.stream().map(Place::argument).collect(Collectors.joining(" "));
        List<String> lines = new ArrayList<>();
        lines.add("pgsteward: " + missing.key() + " is not set; type the line for your installation:");
        boolean daemon = typed.equals("run");
        if (Files.isRegularFile(home.resolve(DEMO)) && !daemon) {
            lines.add("  demonstration:   " + demonstrationCommand(typed));
        }
        lines.add("  compose:         docker compose " + (daemon ? "up -d" : "exec pgsteward pgsteward " + typed));
        lines.add("  without Docker:  export PGSTEWARD_POSTGRES_HOST=127.0.0.1 PGSTEWARD_POSTGRES_PASSWORD_FILE=FILE");
        return lines;
    }

    /** Returns the command with the settings of a running demonstration; empty if there is none in this checkout. */
    static Optional<String> demonstration(String typed) {
        return demonstration(typed, Path.of(System.getProperty("pgsteward.home", "")));
    }

    private static Optional<String> demonstration(String typed, Path home) {
        return Files.isRegularFile(home.resolve(DEMO))
                ? Optional.of("for the demonstration: " + demonstrationCommand(typed))
                : Optional.empty();
    }

    private static String demonstrationCommand(String typed) {
        return ". " + DEMO + " && ./pgsteward " + typed;
    }

    private static String argument(String text) {
        return text.matches("[A-Za-z0-9_.,:=/@-]+") ? text : CommandPrefix.word(text);
    }
}
