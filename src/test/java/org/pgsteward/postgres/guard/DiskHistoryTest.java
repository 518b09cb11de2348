package org.pgsteward.postgres.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class DiskHistoryTest {
    private static final Instant START = Instant.parse("2026-11-29T08:00:00Z");
    private static final long MIB = 1 << 20;

    private final DiskHistory history = new DiskHistory(DiskUnit.BYTES);

    @Test
    void roleTakingMuchOfTheLastSpaceIsNamed() {
        add(0, 500, 10, 100, 0);
        add(20, 240, 260, 105, 5);

        assertThat(history.responsible())
                .contains(new DiskTaken(
                        DiskTaken.Kind.GROWTH, DiskUnit.BYTES, "evil", 250 * MIB, Duration.ofSeconds(20), 240 * MIB));
    }

    @Test
    void roleTakingManyOfTheLastInodesIsNamed() {
        DiskHistory files = new DiskHistory(DiskUnit.FILES);
        files.add(files(0, 20_000, 1000, 300));
        files.add(files(10, 17_000, 4000, 300));
        assertThat(files.responsible()).isEmpty();

        files.add(files(12, 14_000, 6900, 400));

        assertThat(files.responsible())
                .contains(new DiskTaken(
                        DiskTaken.Kind.GROWTH, DiskUnit.FILES, "evil", 5900, Duration.ofSeconds(12), 14_000));
    }

    /** Multixact files belong to no database. Backups create many files as well. */
    @Test
    void multixactsAreInNoDatabaseAndCountForTheirRole() {
        history.add(new DiskUse(START, 250 * MIB, Map.of(), 0, Map.of("evil", 5 * MIB), Map.of()));
        history.add(new DiskUse(
                START.plusSeconds(20), 180 * MIB, Map.of(), 0, Map.of("evil", 70 * MIB), Map.of("wiki", 90 * MIB)));

        assertThat(history.responsible()).map(DiskTaken::role).contains("evil");
    }

    @Test
    void noRoleIsNamedForFilesOfNoRole() {
        DiskHistory files = new DiskHistory(DiskUnit.FILES);
        files.add(files(0, 20_000, 1000, 300));
        files.add(files(10, 10_000, 2000, 300));

        assertThat(files.responsible()).isEmpty();
    }

    private static DiskUse files(int second, long left, long evil, long wiki) {
        return new DiskUse(
                START.plusSeconds(second),
                left,
                Map.of(new DiskUse.Part("evil", "evil"), evil, new DiskUse.Part("wiki", "wiki"), wiki),
                0,
                Map.of(),
                Map.of());
    }

    @Test
    void noRoleIsNamedWhileSpaceIsFree() {
        add(0, 1000, 10, 100, 0);
        add(20, 257, 750, 100, 0);

        assertThat(history.responsible()).isEmpty();
    }

    @Test
    void roleMayTakeUnderAQuarterOfTheRestInTwoMinutes() {
        add(0, 200, 10, 100, 0);
        add(100, 165, 45, 100, 0);
        assertThat(history.responsible()).isEmpty();

        add(110, 158, 52, 100, 0);
        assertThat(history.responsible()).isPresent();
        add(120, 130, 80, 100, 0);
        assertThat(history.responsible()).isEmpty();
    }

    @Test
    void roleMayTakeUnderThreeQuartersInHalfAnHour() {
        for (int minute = 0; minute < 25; minute++) {
            add(minute * 60, 100 - minute, 10 + minute, 100 + minute / 20, 0);
            add(minute * 60 + 2, 100 - minute, 10 + minute, 100 + minute / 20, 0);
            assertThat(history.responsible()).isEmpty();
        }

        add(1600, 30, 80, 101, 0);

        assertThat(history.responsible())
                .contains(new DiskTaken(
                        DiskTaken.Kind.GROWTH, DiskUnit.BYTES, "evil", 70 * MIB, Duration.ofSeconds(1600), 30 * MIB));
    }

    @Test
    void oldGrowthDoesNotCount() {
        add(0, 250, 10, 100, 0);
        add(2000, 100, 160, 100, 0);

        assertThat(history.responsible()).isEmpty();
    }

    @Test
    void growthBeforeAStopCountsForNoOtherRole() {
        add(0, 500, 10, 100, 0);
        add(20, 60, 430, 120, 0);
        assertThat(history.responsible()).map(DiskTaken::role).contains("evil");

        add(22, 50, 430, 130, 0);
        assertThat(history.responsible()).isEmpty();
        add(24, 43, 430, 137, 0);
        assertThat(history.responsible())
                .contains(new DiskTaken(
                        DiskTaken.Kind.GROWTH, DiskUnit.BYTES, "wiki", 17 * MIB, Duration.ofSeconds(4), 43 * MIB));
    }

    @Test
    void roleFillingTheQueueIsNamedAfterTheOneFillingTheLog() {
        written(0, 500, 100, Map.of("evil", 0L, "worse", 0L));
        written(2, 57, 540, Map.of("evil", 300 * MIB, "worse", 100 * MIB));
        assertThat(history.responsible()).map(DiskTaken::role).contains("evil");

        written(4, 0, 600, Map.of("evil", 300 * MIB, "worse", 160 * MIB));
        assertThat(history.responsible()).map(DiskTaken::role).contains("worse");
        assertThat(history.responsible()).isEmpty();
    }

    @Test
    void growthByOtherProgramsBlamesNoRole() {
        add(0, 900, 10, 100, 0);
        add(60, 100, 90, 100, 0);

        assertThat(history.responsible()).isEmpty();
    }

    @Test
    void growthBeforeSpaceWasFreedDoesNotCount() {
        add(0, 100, 100, 100, 0);
        add(30, 250, 10, 100, 0);
        add(60, 200, 40, 110, 0);

        assertThat(history.responsible()).isEmpty();
    }

    @Test
    void aDatabaseThatARestoreMakesDoesNotCount() {
        history.add(new DiskUse(START, 500 * MIB, Map.of(), 0, Map.of(), Map.of()));
        history.add(new DiskUse(
                START.plusSeconds(20),
                200 * MIB,
                Map.of(new DiskUse.Part("evil", "evil"), 300 * MIB),
                0,
                Map.of(),
                Map.of()));

        assertThat(history.responsible()).isEmpty();
    }

    @Test
    void temporaryFilesCountFromTheBeginning() {
        history.add(new DiskUse(START, 500 * MIB, Map.of(), 0, Map.of(), Map.of()));
        history.add(new DiskUse(
                START.plusSeconds(20),
                200 * MIB,
                Map.of(new DiskUse.Part("evil", ""), 300 * MIB),
                0,
                Map.of(),
                Map.of()));

        assertThat(history.responsible()).map(DiskTaken::role).contains("evil");
    }

    @Test
    void aNewDatabaseCountsFromTheFirstReadingThatHasIt() {
        history.add(new DiskUse(START, 500 * MIB, Map.of(), 0, Map.of(), Map.of()));
        history.add(new DiskUse(
                START.plusSeconds(5),
                490 * MIB,
                Map.of(new DiskUse.Part("evil", "new"), 8 * MIB),
                0,
                Map.of(),
                Map.of()));
        history.add(new DiskUse(
                START.plusSeconds(20),
                200 * MIB,
                Map.of(new DiskUse.Part("evil", "new"), 298 * MIB),
                0,
                Map.of(),
                Map.of()));

        assertThat(history.responsible()).map(DiskTaken::amount).contains(290 * MIB);
    }

    @Test
    void largeTemporaryFilesGoBeforeTheTablesOfOthers() {
        history.add(
                new DiskUse(START, 250 * MIB, Map.of(new DiskUse.Part("evil", ""), 300 * MIB), 0, Map.of(), Map.of()));
        history.add(new DiskUse(
                START.plusSeconds(20),
                150 * MIB,
                Map.of(new DiskUse.Part("evil", ""), 300 * MIB, new DiskUse.Part("wiki", "wiki"), 100 * MIB),
                0,
                Map.of(),
                Map.of()));

        assertThat(history.responsible())
                .contains(new DiskTaken(
                        DiskTaken.Kind.TEMPORARY, DiskUnit.BYTES, "evil", 300 * MIB, Duration.ZERO, 150 * MIB));
    }

    @Test
    void roleWritingMostFillsTheLog() {
        written(0, 500, 100, Map.of("evil", 5 * MIB, "wiki", 900 * MIB));
        written(20, 200, 400, Map.of("evil", 305 * MIB, "wiki", 1000 * MIB));

        assertThat(history.responsible()).map(DiskTaken::role).contains("evil");
    }

    @Test
    void shortSessionsThatFillTheLogAreBlamed() {
        written(0, 500, 100, Map.of());
        written(20, 200, 400, Map.of("evil", 40 * MIB, "wiki", 10 * MIB));
        assertThat(history.responsible()).map(DiskTaken::role).contains("evil");

        written(22, 100, 500, Map.of("evil", 40 * MIB, "wiki", 15 * MIB));
        assertThat(history.responsible()).isEmpty();
    }

    @Test
    void writersOfOldFilesAreNotNamedWhenBackupsTakeTheDisk() {
        written(0, 500, 100, Map.of("wiki", 0L));
        written(20, 200, 200, Map.of("wiki", 200 * MIB));

        assertThat(history.responsible()).isEmpty();
    }

    /** An index has as many bytes as its part of the log. So neither of them is most of the lost space. */
    @Test
    void tablesAndTheLogCountTogether() {
        history.add(both(0, 400, 100, 100, Map.of("evil", 0L, "wiki", 0L)));
        history.add(both(20, 200, 195, 195, Map.of("evil", 280 * MIB, "wiki", 20 * MIB)));

        assertThat(history.responsible())
                .map(taken -> taken.role() + " " + taken.amount() / MIB)
                .contains("evil 183");
    }

    @Test
    void tablesAndTheLogTogetherBlameNoRoleIfBackupsTakeTheDisk() {
        history.add(both(0, 400, 100, 100, Map.of("evil", 0L)));
        history.add(both(20, 200, 145, 145, Map.of("evil", 100 * MIB)));

        assertThat(history.responsible()).isEmpty();
    }

    /** Returns the use with a database of the role {@code evil}. All sizes are in MiB. */
    private static DiskUse both(int seconds, long free, long database, long common, Map<String, Long> written) {
        Map<DiskUse.Part, Long> parts = Map.of(new DiskUse.Part("evil", "evil"), database * MIB);
        return new DiskUse(START.plusSeconds(seconds), free * MIB, parts, common * MIB, Map.of(), written);
    }

    /** The role may have overwritten existing pages. */
    @Test
    void writesBlameNoRoleUnlessPostgresqlsFilesGrew() {
        written(0, 500, 100, Map.of());
        written(20, 200, 100, Map.of("evil", 300 * MIB, "wiki", 10 * MIB));

        assertThat(history.responsible()).isEmpty();
    }

    @Test
    void rolesThatTakeTheDiskTogetherAreNamedOneAfterTheOther() {
        history.add(together(0, 1400, 10, 10));
        history.add(together(50, 210, 244, 254));

        for (int n = 0; n < 5; n++) {
            assertThat(history.responsible())
                    .map(DiskTaken::role)
                    .get()
                    .asString()
                    .startsWith("evil");
        }
        assertThat(history.responsible()).isEmpty();
        history.add(together(51, 190, 244, 274));
        assertThat(history.responsible()).isEmpty();
    }

    /** Returns the use by five roles together and one that writes little. */
    private static DiskUse together(int seconds, long free, long each, long fifth) {
        Map<DiskUse.Part, Long> parts = new HashMap<>();
        for (int n = 0; n < 4; n++) {
            parts.put(new DiskUse.Part("evil" + n, "evil" + n), each * MIB);
        }
        parts.put(new DiskUse.Part("evil4", "evil4"), fifth * MIB);
        parts.put(new DiskUse.Part("wiki", "wiki"), (100 + seconds / 10) * MIB);
        return new DiskUse(START.plusSeconds(seconds), free * MIB, parts, 0, Map.of(), Map.of());
    }

    /** Adds a reading. All sizes are in MiB. */
    private void add(int seconds, long free, long evil, long wiki, long temporary) {
        history.add(new DiskUse(
                START.plusSeconds(seconds),
                free * MIB,
                Map.of(
                        new DiskUse.Part("evil", "evil"), evil * MIB,
                        new DiskUse.Part("wiki", "wiki"), wiki * MIB,
                        new DiskUse.Part("wiki", ""), temporary * MIB),
                0,
                Map.of(),
                Map.of()));
    }

    private void written(int seconds, long free, long common, Map<String, Long> byRole) {
        history.add(new DiskUse(START.plusSeconds(seconds), free * MIB, Map.of(), common * MIB, Map.of(), byRole));
    }
}
