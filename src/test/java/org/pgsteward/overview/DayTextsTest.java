package org.pgsteward.overview;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.journal.BackupDays.Outcome;

@Tag("fast")
class DayTextsTest {
    @Test
    void daysBeforeTheFirstRunAreNotCounted() {
        assertThat(DayTexts.summary(List.of(Outcome.NONE, Outcome.NONE, Outcome.KEPT)))
                .isEqualTo("1 verified");
        assertThat(DayTexts.summary(List.of(Outcome.NONE, Outcome.FAILED, Outcome.NONE, Outcome.REMOVED)))
                .isEqualTo("1 verified, of which 0 still kept; 1 failed; 1 without a backup");
        assertThat(DayTexts.summary(List.of(Outcome.NONE))).isEqualTo("0 verified");
    }
}
