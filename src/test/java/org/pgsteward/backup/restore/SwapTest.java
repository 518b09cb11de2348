package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class SwapTest {
    private static final Instant AT = Instant.parse("2026-03-29T00:59:59.9Z");

    @Test
    void namesAKeptDatabaseByItsNameAndTheTime() {
        assertThat(Swap.keptName("wiki", AT, List.of())).isEqualTo("wiki_before_20260329T005959Z");
    }

    @Test
    void twoSwapsInOneSecondGetDifferentNames() {
        assertThat(Swap.keptName("wiki", AT, List.of("wiki_before_20260329T005959Z", "wiki_before_20260329T010000Z")))
                .isEqualTo("wiki_before_20260329T010001Z");
    }

    @Test
    void aLongNameIsCutBetweenItsCharacters() {
        String kept = Swap.keptName("ü".repeat(31), AT, List.of());

        assertThat(kept).isEqualTo("ü".repeat(19) + "_before_20260329T005959Z");
        assertThat(kept.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(63);
    }
}
