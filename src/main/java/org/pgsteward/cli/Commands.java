package org.pgsteward.cli;

import java.io.PrintWriter;
import org.pgsteward.cli.demo.Demo;
import org.pgsteward.model.Refusal;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The command line. */
@Command(
        name = "pgsteward",
        description = {
            "Looks after the one PostgreSQL that a host full of Docker services shares.",
            "Exit codes: 0 done; 1 it failed, or something is wrong; 2 it could not run. 'pgsteward help COMMAND' says more."
        },
        footer = {
            "",
            "For example:",
            "  pgsteward status          is all well, and to when does each service go back?",
            "  pgsteward doctor          what is wrong, why, and what to type?",
            "  pgsteward backup --all    back up everything now, and prove it"
        },
        mixinStandardHelpOptions = true,
        versionProvider = Commands.Version.class,
        subcommands = {
            Demo.class,
            Init.class,
            Run.class,
            BackupCommand.class,
            BackupsCommand.class,
            VerifyCommand.class,
            RestoreCommand.class,
            StatusCommand.class,
            SilenceCommand.class,
            DoctorCommand.class,
            CheckCommand.class,
            ProvisionCommand.class,
            RemoveCommand.class,
            WarmUp.class,
            CommandLine.HelpCommand.class
        })
public final class Commands {
    private static final int COULD_NOT_RUN = 2;

    private Commands() {}

    /** @return 0 if done; 1 if the work failed or found a fault; 2 if it could not run */
    public static int execute(String... args) {
        CommandLine line = line();
        if (args.length == 0) {
            line.usage(System.err);
            return COULD_NOT_RUN;
        }
        return line.execute(args);
    }

    static CommandLine line() {
        return new CommandLine(new Commands()).setExecutionExceptionHandler(Commands::failed);
    }

    private static int failed(Exception thrown, CommandLine line, CommandLine.ParseResult parsed) {
        PrintWriter err = line.getErr();
        boolean expected = thrown instanceof Refusal || thrown instanceof IllegalArgumentException;
        String says = thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
        err.println("pgsteward: " + Place.typing().of(says));
        Place.hint(thrown, parsed.originalArgs()).ifPresent(err::println);
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
