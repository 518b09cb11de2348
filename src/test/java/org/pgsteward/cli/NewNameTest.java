package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class NewNameTest {
    @ParameterizedTest
    @ValueSource(strings = {"vikunja_back", "Vikunja-2", "größe", "_x", "a.b", "漢字"})
    void aUsualNameIsTaken(String name) {
        assertThat(NewName.fault(name)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Bad Name; drop | did you mean 'bad_name_drop'?",
                "-rf            | did you mean 'rf'?",
                "a/b            | did you mean 'a_b'?",
                "$(id)          | did you mean 'id'?",
                "'; --          | for a database (--force",
                "1st            | did you mean 'st'?",
            })
    void anUnusualNameIsRefusedWithTheNearestUsualOne(String name, String hint) {
        assertThat(NewName.fault(name).orElse(""))
                .startsWith("'" + name + "' is an unusual name")
                .contains(hint);
    }
}
