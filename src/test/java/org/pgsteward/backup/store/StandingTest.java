package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgsteward.model.BackupState;

@Tag("fast")
class StandingTest {
    @ParameterizedTest(name = "{3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "VERIFIED     | false | VERIFIED   | restored and compared",
                "VERIFIED     | true  | VERIFIED   | restored and compared, after it was verified while made",
                "MADE         | false | UNVERIFIED | complete, not restored yet",
                "MADE         | true  | VERIFIED   | restored while it was made",
                "UNVERIFIABLE | false | UNVERIFIED | complete, verification inconclusive",
                "FAILED       | false | DAMAGED  | verification failed",
                "FAILED       | true  | DAMAGED  | verified while it was made, failed since",
                "RUNNING      | false | UNVERIFIED | its process died before completion was recorded"
            })
    void isWorth(BackupState state, boolean verifiedInStream, Standing standing, String sentence) {
        assertThat(Standing.of(state, verifiedInStream)).as(sentence).isEqualTo(standing);
    }
}
