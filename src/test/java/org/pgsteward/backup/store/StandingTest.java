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
                "VERIFIED     | true  | VERIFIED   | restored and compared, since the identity is here now",
                "MADE         | false | UNVERIFIED | whole, and nobody has restored it yet",
                "MADE         | true  | VERIFIED   | restored while it was made: as good as it gets here",
                "UNVERIFIABLE | false | UNVERIFIED | whole, as far as is known",
                "FAILED       | false | DAMAGED  | it was looked at and found wanting",
                "FAILED       | true  | DAMAGED  | it was good once, and was found wanting",
                "RUNNING      | false | UNVERIFIED | its process died before it said more"
            })
    void isWorth(BackupState state, boolean verifiedInStream, Standing standing, String sentence) {
        assertThat(Standing.of(state, verifiedInStream)).as(sentence).isEqualTo(standing);
    }
}
