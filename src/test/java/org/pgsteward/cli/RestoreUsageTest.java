package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** Meaningless combinations of options are refused before the command reads or opens a file. */
@Tag("fast")
class RestoreUsageTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "restore wiki                    | restore takes either --into with the name of a new database, or --replace",
                "restore wiki --into a --replace | restore takes either --into with the name of a new database, or --replace",
                "restore --into a                | restore takes the name of a SERVICE, or --backup with an id",
                "restore w --into a --at t --backup b | restore takes either --backup or --at",
                "restore w --from d              | restore takes either --into with the name of a new database, or --replace",
                "restore --all --replace         | restore --all takes only --from with a target or a folder, and --trust-globals",
                "restore --all wiki              | restore --all takes only --from with a target or a folder, and --trust-globals",
                "restore w --into x;y           | 'x;y' is an unusual name for a database; did you mean 'x_y'? (--force accepts it)",
                "restore --all --force          | restore --all takes only --from with a target or a folder, and --trust-globals",
                "restore w --into a --trust-globals | restore takes --trust-globals only with --all, which alone restores roles",
                "verify                          | verify needs exactly one of --all, names of services, and --backup ID",
                "verify --all wiki               | verify needs exactly one of --all, names of services, and --backup ID"
            })
    void meaninglessOptionsAreRefusedInOneLine(String line, String because) {
        StringWriter err = new StringWriter();
        CommandLine commands = Commands.line().setErr(new PrintWriter(err));

        assertThat(commands.execute(line.split(" +"))).isEqualTo(2);

        assertThat(err.toString()).isEqualTo("pgsteward: " + because + System.lineSeparator());
    }
}
