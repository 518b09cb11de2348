package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.journal.CopyStatusRows.Lacking;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

@Tag("fast")
class CopyOverdueRuleTest {
    private static final Instant NOW = Instant.parse("2026-05-31T12:00:00Z");
    private static final CopyTarget NAS =
            new CopyTarget("nas", Optional.empty(), CopyTarget.OVERDUE, CopyHours.ALWAYS, 0);

    private final List<Lacking> lacking = new ArrayList<>();
    private Instant since = hoursAgo(1000);
    private Optional<Instant> damagedSince = Optional.empty();

    @Test
    void aTargetWithTheNewestBackupsIsWell() {
        assertThat(judge().severity()).isEmpty();
    }

    @Test
    void theTimeCountsFromTheEarliestBackupThatItLacks() {
        lack("app", 36);
        assertThat(judge().severity()).isEmpty();
        lack("wiki", 37);
        Condition overdue = judge();
        assertThat(overdue.severity()).contains(Severity.CRITICAL);
        assertThat(overdue.service()).isEqualTo("nas");
        assertThat(overdue.began()).isEqualTo(hoursAgo(1));
        assertThat(overdue.reason())
                .isEqualTo(
                        "the newest complete set at nas is of 2026-05-29T12:00:00Z; for 1 day 13 h it has lacked verified"
                                + " backups of wiki, the limit is 1 day 12 h; the backups on this host are not affected;"
                                + " the last error: no route to host");
        assertThat(overdue.remedy()).contains("pgsteward check --copies", "pgsteward backups --at nas");
    }

    @Test
    void aNewTargetHasItsTimeForOldBackups() {
        since = hoursAgo(35);
        lack("app", 900);
        assertThat(judge().severity()).isEmpty();
        since = hoursAgo(40);
        assertThat(judge().began()).isEqualTo(hoursAgo(4));
    }

    @Test
    void aDamagedCopyIsLackingSinceItWasFound() {
        lacking.add(new Lacking("_base", BackupKind.BASE, hoursAgo(500), Optional.empty(), true));
        damagedSince = Optional.of(hoursAgo(2));
        assertThat(judge().severity()).isEmpty();
        damagedSince = Optional.of(hoursAgo(38));
        assertThat(judge().reason()).contains("backups of base,");
    }

    @Test
    void theTextNamesTheFirstAndCountsTheOthers() {
        for (int i = 1; i <= 150; i++) {
            lack("app" + i, 50);
        }
        assertThat(judge().reason()).contains("app1, app2, app3, app4, app5 and 145 others, the limit");
        assertThat(judge().figures()).containsEntry("lacking", 150);
    }

    private Condition judge() {
        return CopyOverdueRule.judge(
                NAS,
                new CopyOverdueRule.Facts(since, lacking, damagedSince, Optional.of(hoursAgo(48)), "no route to host"),
                NOW);
    }

    private void lack(String service, int hours) {
        lacking.add(new Lacking(service, BackupKind.DUMP, hoursAgo(hours), Optional.of(hoursAgo(60)), false));
    }

    private static Instant hoursAgo(int hours) {
        return NOW.minus(Duration.ofHours(hours));
    }
}
