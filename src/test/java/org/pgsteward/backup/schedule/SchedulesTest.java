package org.pgsteward.backup.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.BackupKind;

@Tag("fast")
class SchedulesTest {
    private static final Instant MIDNIGHT = Instant.parse("2026-03-01T00:00:00Z");

    private final Map<String, String> labels = Map.of("busy", "0 * * * *", "mistyped", "at three");
    private final Schedules schedules = new Schedules(
            "0 3 * * *",
            Optional.of("30 3 * * 0"),
            ZoneOffset.UTC,
            service -> Optional.ofNullable(labels.get(service)));

    @Test
    void aServicesOwnLabelGoesBeforeTheUsualSchedule() {
        assertThat(schedules.of("busy").nextAfter(MIDNIGHT)).isEqualTo("2026-03-01T01:00:00Z");
        assertThat(schedules.of("other").nextAfter(MIDNIGHT)).isEqualTo("2026-03-01T03:00:00Z");
    }

    @Test
    void aLabelThatCannotBeReadCostsNoBackup() {
        assertThat(schedules.of("mistyped").nextAfter(MIDNIGHT)).isEqualTo("2026-03-01T03:00:00Z");
    }

    @Test
    void nextBackupIsThatOfTheUsualScheduleOrAnEarlierOne() {
        NextBackups usual = schedules.next(List.of("other", "mistyped"), MIDNIGHT);
        assertThat(usual.usual()).contains(Instant.parse("2026-03-01T03:00:00Z"));
        assertThat(usual.earlier()).isEmpty();

        assertThat(schedules.next(List.of("other", "busy"), MIDNIGHT).earlier())
                .contains(new NextBackups.OfService("busy", Instant.parse("2026-03-01T01:00:00Z")));

        Schedules never =
                new Schedules("0 3 30 2 *", Optional.of("30 3 * * 0"), ZoneOffset.UTC, service -> Optional.empty());
        assertThat(never.next(List.of("wiki"), MIDNIGHT))
                .isEqualTo(new NextBackups(
                        Optional.empty(),
                        Optional.of(new NextBackups.OfService("_base", Instant.parse("2026-03-01T03:30:00Z")))));
    }

    @Test
    void baseBackupsHaveTheirOwnScheduleOrNone() {
        assertThat(schedules.of(BackupKind.BASE, "_base").nextAfter(MIDNIGHT)).isEqualTo("2026-03-01T03:30:00Z");
        assertThat(schedules.of(BackupKind.DUMP, "busy").nextAfter(MIDNIGHT)).isEqualTo("2026-03-01T01:00:00Z");
        Schedules without = new Schedules("0 3 * * *", Optional.empty(), ZoneOffset.UTC, service -> Optional.empty());
        assertThat(schedules.hasBase()).isTrue();
        assertThat(without.hasBase()).isFalse();
    }
}
