package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class BackupKindTest {
    @ParameterizedTest
    @CsvSource({
        "dump, wiki, pgsteward backup wiki",
        "dump, my wiki, pgsteward backup 'my wiki'",
        "globals, _globals, pgsteward backup --kind globals",
        "base, _base, pgsteward backup --kind base",
        "unknown, wiki, pgsteward backup wiki"
    })
    void commandNamesTheServiceOrTheKind(String word, String service, String command) {
        assertThat(BackupKind.of(word).command(service)).isEqualTo(command);
    }

    /** A base backup mostly fails for a cause that lasts until an operator acts. */
    @ParameterizedTest
    @CsvSource({"DUMP, by itself", "GLOBALS, by itself", "BASE, 'a few times, then by its schedule'"})
    void commandAfterAFailureStatesTheNextAttempt(BackupKind kind, String next) {
        assertThat(kind.commandAfterFailure("wiki"))
                .startsWith(kind.command("wiki") + "   # ")
                .endsWith(" tries again " + next);
    }
}
