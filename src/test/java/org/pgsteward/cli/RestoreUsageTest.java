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
                "restore wiki                    | restore takes --into with the name of a new database, or --replace, one of the two",
                "restore wiki --into a --replace | restore takes --into with the name of a new database, or --replace, one of the two",
                "restore --into a                | restore takes the name of a SERVICE, or --backup with an id",
                "restore w --into a --at t --backup b | restore takes --backup or --at, one of the two",
                "restore w --into a --from d     | restore takes --from with --all only: set PGSTEWARD_BACKUP_DIR for single databases",
                "restore --all --replace         | restore --all takes --from with the folder of a store, --trust-globals, and nothing else",
                "restore --all wiki              | restore --all takes --from with the folder of a store, --trust-globals, and nothing else",
                "restore w --into x;y           | 'x;y' is an unusual name for a database; did you mean 'x_y'? (to create it, add --force)",
                "restore --all --force          | restore --all takes --from with the folder of a store, --trust-globals, and nothing else",
                "restore w --into a --trust-globals | restore takes --trust-globals with --all only: roles are restored with everything",
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
