package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class RowDifferencesTest {
    private static final Map<String, Long> DUMPED = Map.of("a", 1L, "p0", 10L, "p1", 20L, "q0", 5L);

    @Test
    void equalCountsDoNotDiffer() {
        assertThatCode(() -> RowDifferences.of(DUMPED, DUMPED).orThrow()).doesNotThrowAnyException();
    }

    @Test
    void rowsMayMoveWithinTheirTreeAndNotOutOfIt() {
        Map<String, String> roots = Map.of("p0", "1", "p1", "1", "q0", "2");
        assertThat(with("p0", 12, "p1", 18).settled(roots).byTable()).isEmpty();
        assertThat(with("p0", 12, "p1", 17).settled(roots).byTable()).containsOnlyKeys("p0", "p1");
        assertThat(with("p0", 12, "q0", 3).settled(roots).byTable()).containsOnlyKeys("p0", "q0");
        assertThat(with("p0", 9, "a", 2).settled(Map.of("p0", "1")).byTable()).containsOnlyKeys("a", "p0");
    }

    @Test
    void theAnswerNamesEachTableByItsPlaceInTheQuestion() {
        RowDifferences differing = with("p0", 12, "p1", 18);
        assertThat(differing.question()).contains("(0, 'p0'::pg_catalog.regclass), (1, 'p1'::pg_catalog.regclass)");
        assertThat(differing.settled(List.of("0|99", "1|99")).isEmpty()).isTrue();
        assertThat(differing.settled(List.of("0|99", "1|98")).byTable()).containsOnlyKeys("p0", "p1");
        assertThat(differing.settled(List.of("0|99", "")).byTable()).containsOnlyKeys("p0", "p1");
    }

    @Test
    void theMessageNamesTheFirstOfMany() {
        Map<String, Long> many = new HashMap<>();
        for (int i = 0; i < 1000; i++) {
            many.put("t" + i, 1L);
        }
        assertThatThrownBy(() -> RowDifferences.of(Map.of(), many).orThrow())
                .hasMessageStartingWith("t0 has 1 row, not -1; t1 has ")
                .hasMessageEndingWith("; and 980 more tables")
                .message()
                .hasSizeLessThan(700);
    }

    private static RowDifferences with(String one, long rows, String other, long otherRows) {
        Map<String, Long> restored = new HashMap<>(DUMPED);
        restored.put(one, rows);
        restored.put(other, otherRows);
        return RowDifferences.of(DUMPED, restored);
    }
}
