package org.pgsteward.backup.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class ScratchWatchTest {
    private static final long MIB = 1024 * 1024;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // MiB: expected | free at the beginning | free | of the disk
                "100  | 5000 | 900  | 10000 | true  | more than twice of it, and the disk is nearly full",
                "100  | 5000 | 1100 | 10000 | false | more than twice of it, and there is room",
                "100  | 1000 | 850  | 10000 | false | less than twice of it",
                "8200 | 3400 | 300  | 4000  | false | no more than expected",
                "8200 | 3400 | 200  | 4000  | true  | hardly any is left, of a disk that is too small for it",
                "96   | 200  | 110  | 4000  | false | a small one on a disk that was nearly full",
                "96   | 200  | 100  | 4000  | true  | a small one that takes more than expected there",
                "8200 | 200  | 10   | 4000  | false | others have filled it",
            })
    void detectsExcessiveUseOfTheScratchDisk(
            long expected, long atBegin, long free, long total, boolean tooMuch, String why) {
        assertThat(ScratchWatch.isTooMuch(expected * MIB, atBegin * MIB, free * MIB, total * MIB))
                .as(why)
                .isEqualTo(tooMuch);
    }

    @ParameterizedTest
    @CsvSource({"100000, 32768, false", "100000, 32767, true", "40000, 32000, false", "40000, 31000, true"})
    void detectsExcessiveUseOfInodes(long atBegin, long free, boolean tooMany) {
        assertThat(ScratchWatch.isTooMany(atBegin, free)).isEqualTo(tooMany);
    }
}
