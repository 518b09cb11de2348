package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.backup.retention.RetentionPolicy;
import org.pgsteward.backup.retention.ShrinkRule;
import org.pgsteward.journal.CopyRows.Candidate;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupCopy;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.CopyState;

@Tag("fast")
class CopyPlanTest {
    private static final Instant NOW = Instant.parse("2026-05-31T03:00:00Z");
    private static final ShrinkRule SHRINK = new ShrinkRule(0.5, 1 << 20);

    private final List<Candidate> candidates = new ArrayList<>();

    @Test
    void theNewestOfEachServiceComesFirst() {
        for (int day = 2; day >= 0; day--) {
            add("app", day, BackupState.VERIFIED, Optional.empty());
            add("wiki", day, BackupState.VERIFIED, Optional.empty());
        }
        assertThat(toCopy(Optional.empty())).containsExactly("app-0", "wiki-0", "app-1", "wiki-1", "app-2", "wiki-2");
    }

    @Test
    void aBaseBackupAndAFailedCopyFollowTheOthers() {
        add("alpha", 0, BackupState.VERIFIED, Optional.of(CopyState.FAILED));
        candidates.add(candidate("_base", BackupKind.BASE, 0, BackupState.VERIFIED, Optional.empty()));
        add("wiki", 0, BackupState.VERIFIED, Optional.of(CopyState.COPYING));
        add("zeta", 0, BackupState.VERIFIED, Optional.empty());

        assertThat(toCopy(Optional.empty())).containsExactly("wiki-0", "zeta-0", "_base-0", "alpha-0");
    }

    @Test
    void aNewTargetGetsOnlyWhatItWouldKeep() {
        for (int day = 0; day < 10; day++) {
            add("app", day, BackupState.VERIFIED, Optional.empty());
        }
        assertThat(toCopy(policy("last=2"))).containsExactly("app-0", "app-1");
    }

    @Test
    void aBackupThatIsThereOrNoLongerHereIsNotCopied() {
        add("app", 0, BackupState.VERIFIED, Optional.of(CopyState.THERE));
        add("app", 1, BackupState.EXPIRED, Optional.of(CopyState.DUE));
        add("app", 2, BackupState.FAILED, Optional.of(CopyState.FAILED));
        add("app", 3, BackupState.UNVERIFIABLE, Optional.empty());

        assertThat(toCopy(policy("last=9"))).containsExactly("app-3");
    }

    @Test
    void aBackupThatIsNotCopiedYetReplacesNoCopy() {
        add("app", 0, BackupState.VERIFIED, Optional.of(CopyState.FAILED));
        add("app", 1, BackupState.VERIFIED, Optional.of(CopyState.THERE));

        assertThat(toRemove("last=1")).isEmpty();
    }

    @Test
    void theNewestDrilledCopyIsKeptBesideTheNewestOne() {
        add("app", 0, BackupState.VERIFIED, Optional.of(CopyState.THERE));
        add("app", 1, BackupState.VERIFIED, Optional.of(CopyState.THERE));
        add("app", 2, BackupState.EXPIRED, Optional.of(CopyState.VERIFIED));
        add("app", 3, BackupState.EXPIRED, Optional.of(CopyState.VERIFIED));

        assertThat(toRemove("last=1")).containsExactly("app-3", "app-1");
    }

    @Test
    void aPinnedCopyIsKept() {
        add("app", 0, BackupState.VERIFIED, Optional.of(CopyState.THERE));
        add("app", 1, BackupState.VERIFIED, Optional.of(CopyState.THERE));

        assertThat(plan(policy("last=1"))
                        .toRemove(candidates, path -> Optional.of(path).filter(name -> name.contains("app-1"))))
                .isEmpty();
    }

    @Test
    void aDamagedCopyThatIsNoLongerHereStaysWhileKept() {
        add("app", 0, BackupState.VERIFIED, Optional.of(CopyState.THERE));
        add("app", 1, BackupState.VERIFIED, Optional.of(CopyState.THERE));
        Candidate lost = candidate("app", BackupKind.DUMP, 9, BackupState.EXPIRED, Optional.of(CopyState.THERE));
        candidates.add(
                new Candidate(lost.backup(), Optional.empty(), lost.copy().map(copy -> copy.failed("altered"))));

        assertThat(CopyPlan.isLost(candidates.get(2))).isTrue();
        assertThat(toRemove("last=3")).isEmpty();
        assertThat(toRemove("last=2")).containsExactly("app-9");
        assertThat(toRemove("last=1")).containsExactly("app-9", "app-1");
    }

    @Test
    void withoutAPolicyEverythingIsKept() {
        for (int day = 0; day < 30; day++) {
            add("app", day, BackupState.EXPIRED, Optional.of(CopyState.THERE));
        }
        assertThat(plan(Optional.empty()).toRemove(candidates, path -> Optional.empty()))
                .isEmpty();
    }

    private List<String> toCopy(Optional<RetentionPolicy> policy) {
        return plan(policy).toCopy(candidates).stream()
                .map(candidate -> candidate.backup().id())
                .toList();
    }

    private List<String> toRemove(String policy) {
        return plan(policy(policy)).toRemove(candidates, path -> Optional.empty()).stream()
                .map(excess -> excess.candidate().backup().id())
                .toList();
    }

    private static CopyPlan plan(Optional<RetentionPolicy> policy) {
        return new CopyPlan(service -> policy, SHRINK, ZoneOffset.UTC, NOW);
    }

    private static Optional<RetentionPolicy> policy(String text) {
        return Optional.of(RetentionPolicy.parse("test", text));
    }

    private void add(String service, int daysAgo, BackupState state, Optional<CopyState> copied) {
        candidates.add(candidate(service, BackupKind.DUMP, daysAgo, state, copied));
    }

    private static Candidate candidate(
            String service, BackupKind kind, int daysAgo, BackupState state, Optional<CopyState> copied) {
        String id = service + "-" + daysAgo;
        Instant at = NOW.minus(Duration.ofDays(daysAgo));
        Backup backup = new Backup(
                new Backup.Identity(
                        id, UUID.nameUUIDFromBytes(id.getBytes(java.nio.charset.StandardCharsets.UTF_8)), ""),
                new Backup.Source(service, service, kind, "15"),
                new Backup.Times(at, Optional.of(at), Duration.ZERO),
                new Backup.File(Optional.of(service + "/" + id + ".dump.zst"), 100, 100, "00"),
                new Backup.Verification(Optional.of(at), Duration.ZERO, false),
                new Backup.Result(state, "", List.of()));
        return new Candidate(
                backup,
                Optional.empty(),
                copied.map(word -> copy(BackupCopy.due(BackupCopy.Source.of(backup), "nas"), word, at)));
    }

    private static BackupCopy copy(BackupCopy due, CopyState state, Instant at) {
        return switch (state) {
            case DUE -> due;
            case COPYING -> due.copying();
            case THERE -> due.there(100, at);
            case VERIFIED -> due.there(100, at).verified(at);
            case FAILED -> due.failed("refused");
            case RETAINED, REMOVED -> due.there(100, at).in(state, "");
        };
    }
}
