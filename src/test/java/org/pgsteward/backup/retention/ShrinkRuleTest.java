package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.store.Stored;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

@Tag("fast")
class ShrinkRuleTest {
    private static final Instant AT = Instant.parse("2026-03-01T03:00:00Z");
    private static final long EXEMPT = 1_000_000;

    private final ShrinkRule rule = new ShrinkRule(0.5, EXEMPT);

    @ParameterizedTest(name = "{3}")
    @CsvSource(
            delimiter = '|',
            value = {
                "10000000 | 10000000 | false | the same size",
                "10000000 | 20000000 | false | twice the size",
                "10000000 | 5000000  | false | exactly half: not shrunk",
                "10000000 | 4999999  | true  | a byte less than half",
                "10000000 | 0        | true  | empty now",
                "999999   | 0        | false | too small for the rule",
                "1000000  | 0        | true  | smallest size for the rule",
                "0        | 0        | false | empty before and after"
            })
    void isShrunkOrNot(long before, long now, boolean shrunk, String sentence) {
        assertThat(rule.shrunk(before, now).isPresent()).as(sentence).isEqualTo(shrunk);
    }

    @Test
    void aShrunkBackupGivesOneWarningWithFigures() {
        Condition condition = rule.judge(Stored.backup("app", AT, 10_000_000), "app-before", 80_000_000, AT);
        assertThat(condition.severity()).isEqualTo(Optional.of(Severity.WARNING));
        assertThat(condition.key()).isEqualTo("backup-shrunk:app");
        assertThat(condition.reason())
                .isEqualTo("backup app-20260301T030000Z is 87.5% smaller, 10.0 MB after 80.0 MB, alert from 50.0% on;"
                        + " the previous backup app-before stays until the next verified backup, and after that"
                        + " PGSTEWARD_BACKUP_KEEP decides");
        assertThat(condition.remedy())
                .contains("pgsteward restore --backup app-before --into app_before   # restores the larger one");
        assertThat(condition.figures())
                .containsEntry("source_bytes", 10_000_000L)
                .containsEntry("source_bytes_before", 80_000_000L)
                .containsEntry("percent_smaller", 87.5);
    }

    @Test
    void theNextBackupThatHasNotShrunkResolvesIt() {
        Condition condition = rule.judge(Stored.backup("app", AT, 10_000_000), "app-before", 10_100_000, AT);
        assertThat(condition.severity()).isEmpty();
        assertThat(condition.key()).isEqualTo("backup-shrunk:app");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -0.5, 1.5, Double.NaN})
    void aShareThatMeansAlwaysOrNeverIsRefused(double share) {
        assertThatThrownBy(() -> new ShrinkRule(share, EXEMPT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("pgsteward.backup.shrink.warn is ");
    }
}
