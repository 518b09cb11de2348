package org.pgsteward.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgsteward.backup.ReverificationRule.Conclusion;
import org.pgsteward.backup.ReverificationRule.Verdict;
import org.pgsteward.backup.store.Standing;
import org.pgsteward.backup.store.Stored;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

@Tag("fast")
class ReverificationRuleTest {
    private static final Instant MADE = Instant.parse("2026-06-01T03:00:00Z");
    private static final Instant NOW = Instant.parse("2026-06-30T06:00:00Z");

    /**
     * {@code stream} states whether the backup was verified while it was made. {@code removed} and {@code as
     * written} are the answers of the journal and the store; a minus means that the rule does not ask for them. The
     * state {@code same} is a backup with an unchanged file that this host cannot decrypt.
     */
    @ParameterizedTest(name = "{0}, then {2}: {8}")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // before     | stream| after      | removed | as written | verdict  | recorded   | alert
                "VERIFIED     | false | VERIFIED     | -     | -     | GOOD       | VERIFIED     | well backup-not-reverified    | restored and compared again",
                "MADE         | false | VERIFIED     | -     | -     | GOOD       | VERIFIED     | well backup-not-reverified    | first verification, after its process died",
                "MADE         | true  | VERIFIED     | -     | -     | GOOD       | VERIFIED     | well backup-not-reverified    | the identity is available now",
                "FAILED       | false | VERIFIED     | -     | -     | GOOD       | VERIFIED     | well backup-not-reverified    | its file was restored",
                "UNVERIFIABLE | false | VERIFIED     | -     | -     | GOOD       | VERIFIED     | well backup-not-reverified    | the host can restore it now",
                "RUNNING      | false | VERIFIED     | -     | -     | GOOD       | VERIFIED     | well backup-not-reverified    | row still RUNNING: completion was never recorded",
                "VERIFIED     | false | same         | -     | -     | GOOD       | VERIFIED     | well backup-not-reverified    | encrypted, and the identity is gone; its file is unchanged",
                "MADE         | true  | same         | -     | -     | GOOD       | MADE         | well backup-not-reverified    | encrypted, verified while it was made; its file is unchanged",
                "UNVERIFIABLE | false | same         | -     | -     | GOOD       | UNVERIFIABLE | well backup-not-reverified    | encrypted and never verified; its file is unchanged",
                "VERIFIED     | false | FAILED       | true  | -     | REMOVED    | VERIFIED     | -                             | retention removed it in the meantime",
                "VERIFIED     | false | UNVERIFIABLE | true  | -     | REMOVED    | VERIFIED     | -                             | retention removed it before it could be read",
                "MADE         | false | FAILED       | true  | -     | REMOVED    | MADE         | -                             | retention removed it before its first verification",
                "FAILED       | false | FAILED       | true  | -     | REMOVED    | FAILED       | -                             | retention removed a damaged backup",
                "MADE         | false | FAILED       | false | -     | NEVER_GOOD | FAILED       | critical backup-failed        | first verification failed, no alert so far",
                "MADE         | false | UNVERIFIABLE | false | -     | STILL_OPEN | UNVERIFIABLE | -                             | first verification inconclusive",
                "UNVERIFIABLE | false | UNVERIFIABLE | false | -     | STILL_OPEN | UNVERIFIABLE | -                             | inconclusive again",
                "UNVERIFIABLE | false | FAILED       | false | -     | STILL_OPEN | FAILED       | -                             | first failure after an inconclusive verification",
                "FAILED       | false | FAILED       | false | -     | STILL_OPEN | FAILED       | -                             | damaged again",
                "FAILED       | true  | FAILED       | false | -     | STILL_OPEN | FAILED       | -                             | verified while it was made, damaged again",
                "FAILED       | false | UNVERIFIABLE | false | -     | STILL_OPEN | UNVERIFIABLE | -                             | inconclusive after a failure",
                "RUNNING      | false | FAILED       | false | -     | STILL_OPEN | FAILED       | -                             | row still RUNNING: completion was never recorded",
                "VERIFIED     | false | FAILED       | false | false | DAMAGED    | FAILED       | critical backup-damaged       | its file or manifest changed, or is missing",
                "MADE         | true  | FAILED       | false | false | DAMAGED    | FAILED       | critical backup-damaged       | encrypted, verified while it was made, and changed since",
                "VERIFIED     | true  | FAILED       | false | false | DAMAGED    | FAILED       | critical backup-damaged       | verified in both ways, and changed since",
                "VERIFIED     | false | FAILED       | false | true  | NOT_AGAIN  | VERIFIED     | warning backup-not-reverified | no restore succeeds, and its file is unchanged",
                "MADE         | true  | FAILED       | false | true  | NOT_AGAIN  | MADE         | warning backup-not-reverified | verified while it was made, no restore succeeds, file unchanged",
                "VERIFIED     | false | UNVERIFIABLE | false | -     | NOT_AGAIN  | VERIFIED     | warning backup-not-reverified | inconclusive: not damaged, file not read again",
                "MADE         | true  | UNVERIFIABLE | false | -     | NOT_AGAIN  | MADE         | warning backup-not-reverified | verified while it was made, now inconclusive"
            })
    void concludes(
            BackupState state,
            boolean stream,
            String then,
            @Nullable Boolean removed,
            @Nullable Boolean asWritten,
            Verdict verdict,
            BackupState recorded,
            @Nullable String alert,
            String sentence) {
        Backup before = before(state, stream);
        Backup after = then.equals("same") ? before : after(before, BackupState.valueOf(then));

        Conclusion conclusion = ReverificationRule.conclude(before, after, answer(removed), answer(asWritten), NOW);

        assertThat(conclusion.verdict()).as(sentence).isEqualTo(verdict);
        assertThat(conclusion.backup().state()).as(sentence).isEqualTo(recorded);
        assertThat(conclusion.condition().map(ReverificationRuleTest::shortly))
                .as(sentence)
                .isEqualTo(Optional.ofNullable(alert));
    }

    /** Only a changed file costs a backup the state verified. */
    @Test
    void aVerifiedBackupStaysVerifiedUnlessItsFileHasChanged() {
        int kept = 0;
        for (BackupState state : BackupState.values()) {
            for (boolean stream : new boolean[] {false, true}) {
                for (BackupState then : List.of(BackupState.VERIFIED, BackupState.FAILED, BackupState.UNVERIFIABLE)) {
                    for (boolean removed : new boolean[] {false, true}) {
                        for (boolean asWritten : new boolean[] {false, true}) {
                            Backup before = before(state, stream);
                            Backup after = after(before, then);
                            Conclusion conclusion =
                                    ReverificationRule.conclude(before, after, () -> removed, () -> asWritten, NOW);
                            String what = state + " " + stream + " " + then + " " + removed + " " + asWritten;

                            assertThat(conclusion.backup()).as(what).isIn(before, after);
                            boolean isDamaged = then == BackupState.FAILED && !removed && !asWritten;
                            if (standing(before) == Standing.VERIFIED && !isDamaged) {
                                assertThat(standing(conclusion.backup()))
                                        .as(what)
                                        .isEqualTo(Standing.VERIFIED);
                                kept++;
                            }
                            assertThat(conclusion.condition().flatMap(Condition::severity))
                                    .as(what + ": critical exactly when recorded as failed")
                                    .isNotEqualTo(
                                            conclusion.backup().state() == BackupState.FAILED
                                                    ? Optional.of(Severity.WARNING)
                                                    : Optional.of(Severity.CRITICAL));
                        }
                    }
                }
            }
        }
        assertThat(kept).isEqualTo(33);
    }

    @ParameterizedTest
    @EnumSource(BackupKind.class)
    void damageIsTheSameOfEveryKind(BackupKind kind) {
        Backup before = of(kind, before(BackupState.VERIFIED, false));

        assertThat(damaged(before).verdict()).isEqualTo(Verdict.DAMAGED);
        assertThat(notAgain(before).verdict()).isEqualTo(Verdict.NOT_AGAIN);
    }

    @Test
    void aDamageAlertNamesFileTimeAndCause() {
        Conclusion conclusion = damaged(before(BackupState.VERIFIED, false));

        assertThat(conclusion.backup().verification().at())
                .as("keeps the time of the last verification")
                .contains(MADE.plusSeconds(9));
        Condition condition = conclusion.condition().orElseThrow();
        assertThat(condition.reason())
                .isEqualTo("the stored backup app/app-20260601T030000Z.dump.zst is damaged; the live database is not"
                        + " affected; it was verified at 2026-06-01T03:00:09Z; do not restore it, retention keeps it; the"
                        + " error of its verification: checksum mismatch");
        assertThat(conclusion
                        .with("there is no other")
                        .condition()
                        .orElseThrow()
                        .reason())
                .endsWith("checksum mismatch; there is no other");
        assertThat(condition.remedy()).isEqualTo("""
                        dmesg -T | tail -50   # disk errors? then copy the other backups to another disk first
                        pgsteward verify --backup app-20260601T030000Z   # verifies it again; the alert resolves if it passes
                        pgsteward backups app   # the other backups
                        pgsteward backup app   # makes another backup now""");
        assertThat(condition.figures())
                .containsEntry("path", "app/app-20260601T030000Z.dump.zst")
                .containsEntry("size_bytes", 25L);
        assertThat(condition.at()).isEqualTo(NOW);
    }

    @Test
    void damageOfAStreamVerifiedBackupNamesItsTimeOfWriting() {
        assertThat(damaged(before(BackupState.MADE, true))
                        .condition()
                        .orElseThrow()
                        .reason())
                .startsWith("the stored backup app/app-20260601T030000Z.dump.zst is damaged; the live database is not"
                        + " affected; it was written completely at 2026-06-01T03:00:05Z; ");
    }

    @Test
    void aFailedReverificationNamesItsCause() {
        Condition condition =
                notAgain(before(BackupState.VERIFIED, false)).condition().orElseThrow();

        assertThat(condition.reason())
                .isEqualTo(
                        "app/app-20260601T030000Z.dump.zst is unchanged since its verification, but could not be restored"
                                + " again: checksum mismatch");
        assertThat(condition.remedy()).isEqualTo("df -h   # enough space for the restore?\npgsteward backups app");
    }

    @Test
    void theFirstFailureNamesTheFile() {
        Backup before = before(BackupState.MADE, false);
        Condition condition = ReverificationRule.conclude(
                        before, after(before, BackupState.FAILED), () -> false, answer(null), NOW)
                .condition()
                .orElseThrow();

        assertThat(condition.reason()).isEqualTo("backup app-20260601T030000Z of app failed: checksum mismatch");
        assertThat(condition.remedy()).isEqualTo("pgsteward backup app");
        assertThat(condition.figures()).containsEntry(BackupAlerts.STORED, "app/app-20260601T030000Z.dump.zst");
    }

    @ParameterizedTest
    @EnumSource(
            value = BackupState.class,
            names = {"MADE", "FAILED", "UNVERIFIABLE"})
    void anUnsignedBackupIsUnverifiableInAnyState(BackupState state) {
        Conclusion conclusion = ReverificationRule.distrusted(before(state, false), "it has no valid signature", NOW);

        assertThat(conclusion.verdict()).isEqualTo(Verdict.DISTRUSTED);
        assertThat(conclusion.backup().state()).isEqualTo(BackupState.UNVERIFIABLE);
        assertThat(conclusion.backup().error()).isEqualTo("it has no valid signature");
        Condition condition = conclusion.condition().orElseThrow();
        assertThat(shortly(condition)).isEqualTo("warning backup-not-reverified");
        assertThat(condition.reason())
                .isEqualTo("backup app-20260601T030000Z is unverifiable: it has no valid signature");
        assertThat(condition.remedy()).isEqualTo("pgsteward backups app   # which backups are signed?");
        assertThat(condition.figures()).containsEntry(BackupAlerts.STORED, "app/app-20260601T030000Z.dump.zst");
    }

    @Test
    void anAlertAboutDamageEndsWithTheLastDamagedBackupOfItsService() {
        assertThat(ReverificationRule.recovered(List.of("app", "wiki"), Set.of("wiki", "other"), NOW))
                .containsExactly(
                        Condition.well("backup-damaged", "app", "none of its backups is known to be damaged", NOW));
        assertThat(ReverificationRule.recovered(List.of(), Set.of("wiki"), NOW)).isEmpty();
    }

    private static Conclusion damaged(Backup before) {
        return ReverificationRule.conclude(before, after(before, BackupState.FAILED), () -> false, () -> false, NOW);
    }

    private static Conclusion notAgain(Backup before) {
        return ReverificationRule.conclude(before, after(before, BackupState.FAILED), () -> false, () -> true, NOW);
    }

    private static Backup before(BackupState state, boolean stream) {
        Backup stored = Stored.backup("app", MADE, 100);
        Optional<Instant> verified =
                state == BackupState.VERIFIED ? stored.verification().at() : Optional.empty();
        return new Backup(
                stored.identity(),
                stored.source(),
                stored.times(),
                stored.file(),
                new Backup.Verification(verified, Duration.ZERO, stream),
                new Backup.Result(state, "", List.of()));
    }

    private static Backup of(BackupKind kind, Backup backup) {
        return new Backup(
                backup.identity(),
                new Backup.Source(backup.service(), backup.source().database(), kind, "15.0"),
                backup.times(),
                backup.file(),
                backup.verification(),
                backup.result());
    }

    private static Backup after(Backup before, BackupState verdict) {
        return before.judged(
                verdict, NOW, Duration.ofSeconds(7), verdict == BackupState.VERIFIED ? "" : "checksum mismatch");
    }

    private static Standing standing(Backup backup) {
        return Standing.of(backup.state(), backup.verification().inStream());
    }

    private static String shortly(Condition condition) {
        return condition.severity().map(Severity::word).orElse("well") + " " + condition.kind();
    }

    private static BooleanSupplier answer(@Nullable Boolean answer) {
        return () -> {
            assertThat(answer).as("this check must not run").isNotNull();
            return Boolean.TRUE.equals(answer);
        };
    }
}
