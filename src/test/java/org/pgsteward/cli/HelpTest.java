package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * The texts of {@code --help}: each command describes its purpose and shows an example, and fits a terminal of 80
 * columns.
 */
@Tag("fast")
class HelpTest {
    static Stream<String> commands() {
        return Commands.line().getSubcommands().entrySet().stream()
                .filter(command ->
                        !command.getValue().getCommandSpec().usageMessage().hidden())
                .map(java.util.Map.Entry::getKey)
                .filter(name -> !name.equals("help"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void eachCommandHasAnExampleAndDescribesEachWord(String name) {
        String help = help(name, "--help");
        assertThat(help).contains("\nFor example:\n");
        assertThat(help.substring(help.indexOf("For example:")).lines().skip(1))
                .as("one indented line per example")
                .allMatch(line -> line.startsWith("  "))
                .anyMatch(line -> line.contains("pgsteward " + name));
        assertThat(help.lines()).allMatch(line -> line.length() <= 80);
        CommandLine command =
                Objects.requireNonNull(Commands.line().getSubcommands().get(name));
        assertThat(command.getCommandSpec().args()).allMatch(argument -> argument.description().length > 0);
    }

    @Test
    void generalHelpNamesTheFirstCommand() {
        assertThat(help("--help"))
                .contains("Exit codes: 0 done; 1 failed, or a fault was found; 2 could not run.")
                .contains("pgsteward status")
                .doesNotContain("rehearse");
    }

    @Test
    void aWordThatIsNoneIsOneLineAndCouldNotRun() {
        StringWriter err = new StringWriter();
        int code = Commands.line().setErr(new PrintWriter(err)).execute("status", "--jason");
        assertThat(code).isEqualTo(2);
        assertThat(err.toString().lines().findFirst()).hasValue("Unknown option: '--jason'");
    }

    private static String help(String... words) {
        StringWriter out = new StringWriter();
        assertThat(Commands.line().setOut(new PrintWriter(out)).execute(words)).isZero();
        return out.toString();
    }
}
