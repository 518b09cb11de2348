package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.schedule.BackupTarget;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;

@Tag("fast")
class BackupSetTest {
    private static final Instant NIGHT = Instant.parse("2026-03-01T03:00:00Z");
    private static final BackupTarget APP = target("app");
    private static final BackupTarget WIKI = target("wiki");

    private final BackupSet begun =
            BackupSet.opened("20260301T030000Z", "schedule", NIGHT, List.of(WIKI, APP), List.of(), null);

    @Test
    void aNewSetNamesAllItsBackupsAsMissing() {
        assertThat(begun.members()).isEmpty();
        assertThat(begun.missing())
                .extracting(BackupSet.Missing::service, BackupSet.Missing::reason)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("app", "it is not made yet"),
                        org.assertj.core.groups.Tuple.tuple("wiki", "it is not made yet"));
    }

    @Test
    void aMadeOrVerifiedBackupIsAMember() {
        BackupSet set = begun.with(running("app"));
        assertThat(set).isEqualTo(begun);
        set = set.with(made("app"));
        assertThat(set.members())
                .singleElement()
                .satisfies(member -> assertThat(member.state()).isEqualTo("made"));
        set = set.with(made("app").judged(BackupState.VERIFIED, NIGHT, Duration.ZERO, ""));
        assertThat(set.members())
                .singleElement()
                .satisfies(member -> assertThat(member.state()).isEqualTo("verified"));
        assertThat(set.missing()).extracting(BackupSet.Missing::service).containsExactly("wiki");
        assertThat(set.holds(APP)).isTrue();
        assertThat(set.holds(WIKI)).isFalse();
    }

    @Test
    void aFailedOrUnverifiableBackupIsMissingWithItsReason() {
        BackupSet set = begun.with(running("app").failed(NIGHT, Duration.ZERO, "disk full"))
                .with(made("wiki").judged(BackupState.UNVERIFIABLE, NIGHT, Duration.ZERO, "no postgis here"));
        assertThat(set.missing())
                .extracting(BackupSet.Missing::reason)
                .containsExactly("failed: disk full", "unverifiable: no postgis here");
        assertThat(set.members()).extracting(BackupSet.Member::service).containsExactly("wiki");
        assertThat(set.holds(WIKI)).as("an unverifiable backup").isFalse();
    }

    @Test
    void aSuccessfulRetryIsNoLongerMissing() {
        BackupSet set = begun.with(running("app").failed(NIGHT, Duration.ZERO, "disk full"))
                .closed(NIGHT.plusSeconds(60), "its backup was not started")
                .reopened(List.of(APP));
        assertThat(set.closedAt()).isNull();
        assertThat(set.missing()).extracting(BackupSet.Missing::reason).contains("it is not made yet");
        set = set.with(made("app"));
        assertThat(set.missing()).extracting(BackupSet.Missing::service).containsExactly("wiki");
    }

    @Test
    void givesTheReasonOfAnInterruptionToBackupsNotBegun() {
        BackupSet set = begun.with(running("app").failed(NIGHT, Duration.ZERO, "disk full"))
                .closed(NIGHT.plusSeconds(60), "killed");
        assertThat(set.closedAt()).isEqualTo(NIGHT.plusSeconds(60));
        assertThat(set.missing()).extracting(BackupSet.Missing::reason).containsExactly("failed: disk full", "killed");
    }

    @Test
    void aMemberWithARemovedFileHasExpired() {
        BackupSet whole = begun.with(made("app")).with(made("wiki"));
        assertThat(whole.whereThereAre(whole.paths())).isEqualTo(whole);
        BackupSet set = whole.whereThereAre(Set.of("wiki/wiki.dump.zst"));
        assertThat(set.members()).extracting(BackupSet.Member::state).containsExactly("expired", "made");
        assertThat(set.missing())
                .singleElement()
                .satisfies(missing -> assertThat(missing.reason()).isEqualTo("expired"));
        assertThat(set.paths()).containsExactly("wiki/wiki.dump.zst");
        assertThat(set.whereThereAre(Set.of("wiki/wiki.dump.zst"))).isEqualTo(set);
    }

    @Test
    void aServicesDumpIsNotTakenForItsOtherKinds() {
        BackupSet set = begun.with(Backup.starting("app-x", "app", "app", BackupKind.BASE, NIGHT, "15.0")
                .made("app/app-x.tar.zst", NIGHT, 1, 1, "", Duration.ZERO));
        assertThat(set.holds(APP)).isFalse();
        assertThat(set.missing()).hasSize(2);
    }

    private static BackupTarget target(String service) {
        return new BackupTarget(service, service, service, BackupKind.DUMP, "");
    }

    private static Backup running(String service) {
        return Backup.starting(service + "-x", service, service, BackupKind.DUMP, NIGHT, "15.0");
    }

    private static Backup made(String service) {
        return running(service).made(service + "/" + service + ".dump.zst", NIGHT, 1, 1, "", Duration.ZERO);
    }
}
