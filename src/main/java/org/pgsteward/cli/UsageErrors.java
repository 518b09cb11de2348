package org.pgsteward.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pgsteward.alert.OneLine;
import org.pgsteward.model.Suggestions;
import picocli.CommandLine;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Texts about a mistyped command line: one line with the fault and the next step. */
final class UsageErrors {
    private static final int LONGEST_WORD = 60;

    private UsageErrors() {}

    /** Prints the line. */
    static int print(ParameterException thrown, String[] arguments) {
        CommandLine command = thrown.getCommandLine();
        command.getErr().println("pgsteward: " + text(thrown));
        command.getErr().flush();
        return Commands.COULD_NOT_RUN;
    }

    private static String text(ParameterException thrown) {
        CommandLine command = thrown.getCommandLine();
        boolean general = command.getParent() == null;
        String details = general
                ? "; all commands: pgsteward --help"
                : "; its options: pgsteward help " + command.getCommandName();
        if (thrown instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            return unmatched(command, unmatched.getUnmatched().get(0), details);
        }
        if (thrown instanceof OverwrittenOptionException twice && twice.getOverwritten() != null) {
            return name(command) + " has " + option(twice.getOverwritten()) + " twice; write it once";
        }
        String message = String.valueOf(thrown.getMessage()).strip();
        boolean isWord = message.matches("[A-Z][a-z]+\\b.*");
        return (isWord ? message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1) : message)
                + (message.contains(";") ? "" : details);
    }

    private static String unmatched(CommandLine command, String word, String details) {
        String shown = "'" + OneLine.of(word, LONGEST_WORD) + "'";
        if (word.startsWith("-")) {
            List<String> options = new ArrayList<>();
            command.getCommandSpec().options().forEach(option -> options.addAll(List.of(option.names())));
            String typed = word.replaceFirst("=.*", "");
            return name(command) + " has no option " + shown
                    + meant(typed, options).orElse(details);
        }
        if (command.getParent() == null) {
            return "there is no command " + shown
                    + meant(word, commands(command)).orElse(details);
        }
        return name(command) + " takes no further argument, and got " + shown + details;
    }

    private static Optional<String> meant(String word, java.util.Collection<String> known) {
        return Suggestions.within(Math.max(1, word.length() / 3), word, known)
                .map(name -> "; did you mean " + name + "?");
    }

    private static Set<String> commands(CommandLine command) {
        Set<String> names = new TreeSet<>();
        command.getSubcommands().forEach((name, sub) -> {
            if (!sub.getCommandSpec().usageMessage().hidden()) {
                names.add(name);
            }
        });
        return names;
    }

    private static String name(CommandLine command) {
        return command.getParent() == null ? "pgsteward" : command.getCommandName();
    }

    private static String option(CommandLine.Model.ArgSpec argument) {
        return argument instanceof CommandLine.Model.OptionSpec option ? option.longestName() : argument.paramLabel();
    }
}
