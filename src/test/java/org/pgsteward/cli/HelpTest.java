package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "statsu                      | there is no command 'statsu'; did you mean status?",
                "frobnicate                  | there is no command 'frobnicate'; all commands: pgsteward --help",
                "rehearsal                   | there is no command 'rehearsal'; all commands: pgsteward --help",
                "status --jason              | status has no option '--jason'; did you mean --json?",
                "status --frobnicate=1       | status has no option '--frobnicate=1'; its options: pgsteward help status",
                "silence w --for 1h --for 2h | silence has --for twice; write it once",
                "silence w --for=1h --for 1h | silence has --for twice; write it once",
                "doctor now                  | doctor takes no further argument, and got 'now'; its options: pgsteward help doctor",
                "silence w --for             | missing required parameter for option '--for' (TIME); its options: pgsteward help silence",
                "--jason                     | pgsteward has no option '--jason'; all commands: pgsteward --help",
                "check no/such/folder        | no/such/folder is not a folder; its options: pgsteward help check",
            })
    void aMistypedCommandLineIsOneLineAndCouldNotRun(String typed, String line) {
        StringWriter err = new StringWriter();
        int code = Commands.line().setErr(new PrintWriter(err)).execute(typed.split(" ", -1));
        assertThat(code).isEqualTo(2);
        assertThat(err).hasToString("pgsteward: " + line + System.lineSeparator());
    }

    @Test
    void helpOfRunNamesDocumentsThatExist() {
        assertThat(help("run", "--help").replaceAll("\\s+", " "))
                .contains("docker compose up -d, as README.md describes", "CONTRIBUTING.md", "src/docs/reference.md");
        assertThat(Path.of("CONTRIBUTING.md"))
                .content()
                .contains("\n## Build and run\n", "export PGSTEWARD_POSTGRES_HOST=");
    }

    private static String help(String... words) {
        StringWriter out = new StringWriter();
        assertThat(Commands.line().setOut(new PrintWriter(out)).execute(words)).isZero();
        return out.toString();
    }
}
