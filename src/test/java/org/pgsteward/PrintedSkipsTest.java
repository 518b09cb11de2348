package org.pgsteward;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.opentest4j.TestAbortedException;

@Tag("fast")
class PrintedSkipsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "Assumption failed: skipped: there is no age; install age | skipped: AgeIT.opens: there is no age; install age",
                "Assumption failed: assumption is not true | skipped: AgeIT.opens: assumption is not true",
                "none | skipped: AgeIT.opens: no reason given"
            })
    void eachSkipIsOneLine(String message, String line) {
        assertThat(PrintedSkips.line("AgeIT.opens", new TestAbortedException(message)))
                .isEqualTo(line);
    }
}
