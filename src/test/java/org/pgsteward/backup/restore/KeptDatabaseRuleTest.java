package org.pgsteward.backup.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Condition;
import org.pgsteward.model.KeptDatabase;
import org.pgsteward.model.Severity;

@Tag("fast")
class KeptDatabaseRuleTest {
    private static final Instant NOW = Instant.parse("2026-03-20T03:00:00Z");
    private static final KeptDatabaseRule RULE =
            new KeptDatabaseRule(Duration.ofDays(14), "docker exec postgresql psql -U homelab -d homelab -c");

    @Test
    void aDatabaseThatARestoreMadeIsForgottenAfterTheSetTime() {
        assertThat(RULE.judge(kept("it's_back", 13), NOW).severity()).isEmpty();
        Condition forgotten = RULE.judge(kept("it's_back", 14), NOW);
        assertThat(forgotten.severity()).contains(Severity.WARNING);
        assertThat(forgotten.reason())
                .isEqualTo(
                        "database it's_back still exists and is not backed up: 3.0 MiB, restored beside vikunja 14 days ago");
        assertThat(forgotten.remedy().lines())
                .containsExactly(
                        "docker exec postgresql psql -U homelab -d homelab -c 'DROP DATABASE \"it'\\''s_back\"'   # if it is"
                                + " no longer needed",
                        "docker exec postgresql psql -U homelab -d homelab -c 'ALTER DATABASE \"it'\\''s_back\" RENAME TO"
                                + " new_name'   # to keep it; pgsteward then backs it up");
    }

    @Test
    void noDatabaseIsForgottenWithoutATime() {
        assertThat(new KeptDatabaseRule(Duration.ZERO, "psql -c")
                        .judge(kept("a", 900), NOW)
                        .severity())
                .isEmpty();
    }

    @Test
    void theAlertOfADroppedDatabaseResolves() {
        assertThat(RULE.judge(List.of(kept("there", 20)), List.of("there", "dropped"), NOW))
                .extracting(Condition::service, Condition::severity)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("there", Optional.of(Severity.WARNING)),
                        org.assertj.core.groups.Tuple.tuple("dropped", Optional.empty()));
    }

    private static KeptDatabase kept(String name, int days) {
        return new KeptDatabase(name, "vikunja", false, NOW.minus(Duration.ofDays(days)), 3 << 20);
    }
}
