package org.pgsteward.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pgsteward.app.Supervisor;
import org.pgsteward.cli.demo.Demo;
import org.pgsteward.model.Refusal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The command line. */
@Command(
        name = "pgsteward",
        description = {
            "Manages and backs up the PostgreSQL that the Docker services of a host share.",
            "Exit codes: 0 done; 1 failed, or a fault was found; 2 could not run. For details: pgsteward help COMMAND"
        },
        footer = {
            "",
            "For example:",
            "  pgsteward status          overall health, and the restore point of each service",
            "  pgsteward doctor          faults, their causes, and commands that repair them",
            "  pgsteward backup --all    back up all databases now, and verify each backup"
        },
        mixinStandardHelpOptions = true,
        versionProvider = Commands.Version.class,
        subcommands = {
            Demo.class,
            Init.class,
            Run.class,
            BackupCommand.class,
            BackupsCommand.class,
            PinCommand.class,
            UnpinCommand.class,
            VerifyCommand.class,
            RestoreCommand.class,
            StatusCommand.class,
            HistoryCommand.class,
            SilenceCommand.class,
            NotifyCommand.class,
            DoctorCommand.class,
            CheckCommand.class,
            ProvisionCommand.class,
            RemoveCommand.class,
            WarmUp.class,
            CommandLine.HelpCommand.class
        })
public final class Commands {
    static final int COULD_NOT_RUN = 2;

    private static final List<String> RUN = List.of("run");

    /** The work of the command {@code run}; null for all other commands. */
    private @Nullable Supervisor daemon;

    private Commands() {}

    /** @return 0 if done; 1 if the work failed or found a fault; 2 if it could not run */
    public static int execute(String... args) {
        if (List.of(args).equals(RUN)) {
            // The daemon's start does not wait for the model of all commands, which is a sixth of the work.
            PrintWriter err = new PrintWriter(System.err, true, Charset.defaultCharset());
            try {
                return run(Run.supervisor(), err, args);
            } catch (IOException | RuntimeException e) {
                return failed(e, err, RUN);
            }
        }
        Commands commands = new Commands();
        CommandLine line = line(commands);
        if (args.length == 0) {
            line.usage(System.err);
            return COULD_NOT_RUN;
        }
        PrintWriter err = line.getErr();
        int status = line.execute(args);
        return commands.daemon == null ? status : run(commands.daemon, err, args);
    }

    static CommandLine line() {
        return line(new Commands());
    }

    private static CommandLine line(Commands commands) {
        return new CommandLine(commands)
                .setParameterExceptionHandler(UsageErrors::print)
                .setExecutionExceptionHandler(
                        (thrown, line, parsed) -> failed(thrown, line.getErr(), parsed.originalArgs()));
    }

    /** Runs the daemon after the command line is forgotten. Its model of all commands has half a megabyte. */
    void runLater(Supervisor supervisor) {
        daemon = supervisor;
    }

    private static int run(Supervisor supervisor, PrintWriter err, String... args) {
        try {
            supervisor.run();
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } catch (IOException | RuntimeException e) {
            return failed(e, err, List.of(args));
        }
    }

    private static int failed(Exception thrown, PrintWriter err, List<String> args) {
        boolean expected = thrown instanceof Refusal || thrown instanceof IllegalArgumentException;
        List<String> places = Place.lines(thrown, args);
        if (places.isEmpty()) {
            err.println("pgsteward: " + Place.typing().of(FileErrors.words(thrown)));
        } else {
            places.forEach(err::println);
        }
        err.flush();
        return expected ? COULD_NOT_RUN : 1;
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Commands.class.getPackage().getImplementationVersion();
            return new String[] {"pgsteward " + (version == null ? "(unpackaged)" : version)};
        }
    }
}
