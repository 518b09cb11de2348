package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class DiskNeedRuleTest {
    private static final long MIB = 1024 * 1024;
    private static final long GIB = 1024 * MIB;

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "first backup: half of the database              |               | 1000 | 500",
                "one earlier backup: its size plus a fifth       | 100           | 1000 | 120",
                "largest of the last three, plus a fifth         | 100, 300, 200 | 1000 | 360",
                "ignores all but the last three backups          | 1, 2, 3, 9000 | 1000 | 3.6",
                "first backup of the globals: no estimate        |               |    0 | 0"
            })
    void estimatesTheSizeOfTheFile(String why, String lastMib, double databaseMib, double expectedMib) {
        List<Long> last = lastMib == null
                ? List.of()
                : List.of(lastMib.split(", ")).stream()
                        .map(size -> Long.parseLong(size) * MIB)
                        .toList();
        assertThat(DiskNeedRule.need(last, (long) (databaseMib * MIB)).store())
                .as(why)
                .isCloseTo((long) (expectedMib * MIB), org.assertj.core.api.Assertions.within(1L));
    }

    @Test
    void scratchNeedIncludesAnEmptyClusterAndItsLog() {
        assertThat(DiskNeedRule.scratch(0)).isEqualTo(80 * MIB);
        assertThat(DiskNeedRule.scratch(10 * MIB)).isEqualTo(100 * MIB);
        assertThat(DiskNeedRule.scratch(10 * GIB)).isEqualTo(10 * GIB + 208 * MIB);
    }

    @Test
    void aLargerDatabaseNeverNeedsLess() {
        List<Long> needs = LongStream.rangeClosed(0, 400)
                .map(mib -> DiskNeedRule.scratch(mib * MIB))
                .boxed()
                .toList();
        assertThat(needs).isSorted();
    }

    @Test
    void whereThereIsRoomItFits() {
        DiskNeedRule.Free free = new DiskNeedRule.Free("/store", 10 * GIB, "/scratch", 10 * GIB, false);
        assertThat(DiskNeedRule.judge(new DiskNeedRule.Need(GIB, GIB), free).fits())
                .isTrue();
    }

    @Test
    void usesTheDiskToTheLastByte() {
        DiskNeedRule.Free free = new DiskNeedRule.Free("/store", 5, "/scratch", 7, false);
        assertThat(DiskNeedRule.judge(new DiskNeedRule.Need(5, 7), free).fits()).isTrue();
        assertThat(DiskNeedRule.judge(new DiskNeedRule.Need(6, 7), free).fits()).isFalse();
        assertThat(DiskNeedRule.judge(new DiskNeedRule.Need(5, 8), free).fits()).isFalse();
    }

    @Test
    void aFullStoreIsNamedWithFigures() {
        DiskNeedRule.Free free = new DiskNeedRule.Free("/backups", (long) (0.9 * GIB), "/scratch", 100 * GIB, false);
        assertThat(DiskNeedRule.judge(new DiskNeedRule.Need((long) (1.4 * GIB), GIB), free)
                        .reason())
                .isEqualTo("needs about 1.4 GiB, 0.9 GiB free on /backups");
    }

    /** An earlier message for a full disk was "needs about 0 MiB, 0 MiB free". */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "41000       | 0           | needs about 40 KiB, 0 bytes free",
                "700         | 12          | needs about 700 bytes, 12 bytes free",
                "41000       | 40990       | needs about 41000 bytes, 40990 bytes free",
                "500000      | 20000       | needs about 488 KiB, 20 KiB free",
                "1500000     | 0           | needs about 1 MiB, 0 bytes free",
                "5500000000  | 5480000000  | needs about 5245 MiB, 5226 MiB free",
                "3000000000  | 20000       | needs about 2.8 GiB, 20 KiB free",
            })
    void theFiguresAreInUnitsThatShowThem(long need, long free, String said) {
        DiskNeedRule.Free disks = new DiskNeedRule.Free("/backups", free, "/scratch", 100 * GIB, false);
        assertThat(DiskNeedRule.judge(new DiskNeedRule.Need(need, 0), disks).reason())
                .isEqualTo(said + " on /backups");
    }

    @Test
    void namesAFullScratchDiskAndItsPurpose() {
        DiskNeedRule.Free free = new DiskNeedRule.Free("/backups", 100 * GIB, "/scratch", 30 * MIB, false);
        assertThat(DiskNeedRule.judge(new DiskNeedRule.Need(GIB, 90 * MIB), free)
                        .reason())
                .isEqualTo("needs about 90 MiB for its verification, 30 MiB free on /scratch");
    }

    @Test
    void addsUpFileAndVerificationOnOneFileSystem() {
        DiskNeedRule.Need need = new DiskNeedRule.Need(3 * GIB, 3 * GIB);
        assertThat(DiskNeedRule.judge(need, new DiskNeedRule.Free("/a", 5 * GIB, "/b", 5 * GIB, false))
                        .fits())
                .isTrue();
        assertThat(DiskNeedRule.judge(need, new DiskNeedRule.Free("/a", 5 * GIB, "/a/b", 5 * GIB, true)))
                .isEqualTo(new DiskNeedRule.Answer(false, "needs about 6.0 GiB, 5.0 GiB free on /a"));
    }

    @Test
    void reservesTheSpaceOfAVerificationUnderWay() {
        DiskNeedRule.Free apart = new DiskNeedRule.Free("/a", 10, "/b", 10, false);
        assertThat(apart.without(4)).isEqualTo(new DiskNeedRule.Free("/a", 10, "/b", 6, false));
        DiskNeedRule.Free same = new DiskNeedRule.Free("/a", 10, "/a/b", 10, true);
        assertThat(same.without(4)).isEqualTo(new DiskNeedRule.Free("/a", 6, "/a/b", 6, true));
    }
}
