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
                "100  | 5000 | 900  | 10000 | true  | uses more than twice the estimate, disk nearly full",
                "100  | 5000 | 1100 | 10000 | false | uses more than twice the estimate, enough room",
                "100  | 1000 | 850  | 10000 | false | uses less than twice the estimate",
                "8200 | 3400 | 300  | 4000  | false | uses no more than estimated",
                "8200 | 3400 | 200  | 4000  | true  | disk too small for the estimate, hardly any room left",
                "96   | 200  | 110  | 4000  | false | small database, disk nearly full at the start",
                "96   | 200  | 100  | 4000  | true  | small database uses more than estimated, disk nearly full",
                "8200 | 200  | 10   | 4000  | false | other processes filled the disk",
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
