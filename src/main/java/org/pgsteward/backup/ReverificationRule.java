package org.pgsteward.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.pgsteward.backup.store.Standing;
import org.pgsteward.model.Backup;
import org.pgsteward.model.BackupState;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/**
 * Decides the new state of a stored backup and its alert after another verification. The caller passes the facts from
 * the verification, the journal and the store; this class reads none of them.
 *
 * <p>A backup that was verified once, and that still has the same file, does not count as damaged if its restore fails
 * today. The cause is on this host.
 */
final class ReverificationRule {
    /** The {@code kind} of the alert about a backup with a changed file. */
    static final String DAMAGED = "backup-damaged";

    /** The {@code kind} of the alert about a backup that could not be verified again. */
    static final String NOT_AGAIN = "backup-not-reverified";

    private ReverificationRule() {}

    /** The meaning of another verification. */
    enum Verdict {
        /** It has no valid signature, and the journal does not confirm its file, so the daemon did not restore it. */
        DISTRUSTED,
        /**
         * It was restored and compared with its manifest. If this host cannot decrypt it, its file is unchanged since
         * it was written.
         */
        GOOD,
        /** Retention removed it during the verification, so the failure is no evidence against it. */
        REMOVED,
        /** Its process died before its first verification. This one was the first, and failed. */
        NEVER_GOOD,
        /** It was not verified before, and is not verified now. Its first verification raised any alert that was due. */
        STILL_OPEN,
        /** It was verified once, and its file has changed since. */
        DAMAGED,
        /** It was verified once, its file is the same, and this host could not restore it today. */
        NOT_AGAIN
    }

    /**
     * The decision.
     *
     * @param backup the backup with the state to record
     * @param condition the condition to report; empty if no alert begins or ends
     */
    record Conclusion(Verdict verdict, Backup backup, Optional<Condition> condition) {
        /** Returns this conclusion with a sentence appended to the reason of its condition. */
        Conclusion with(String sentence) {
            return new Conclusion(
                    verdict, backup, condition.map(alert -> alert.because(alert.reason() + "; " + sentence)));
        }
    }

    /** Returns the conclusion for a backup that the daemon must not restore without an operator. */
    static Conclusion distrusted(Backup before, String because, Instant now) {
        Backup refused = before.judged(BackupState.UNVERIFIABLE, now, Duration.ZERO, because);
        return new Conclusion(Verdict.DISTRUSTED, refused, condition(Verdict.DISTRUSTED, refused, now));
    }

    /**
     * Returns the conclusion from an attempted verification.
     *
     * @param before the backup by the journal and its manifest, before the verification
     * @param after the backup after the verification
     * @param isRemoved whether retention removes it or has removed it; called only after a failure
     * @param isAsWritten whether the file has its hash and the manifest its signature; called only after the failure of
     *     a verified backup, because it reads the whole file
     */
    static Conclusion conclude(
            Backup before, Backup after, BooleanSupplier isRemoved, BooleanSupplier isAsWritten, Instant now) {
        Verdict verdict = verdict(before, after, isRemoved, isAsWritten);
        boolean changesNothing = verdict == Verdict.REMOVED || verdict == Verdict.NOT_AGAIN;
        return new Conclusion(verdict, changesNothing ? before : after, condition(verdict, after, now));
    }

    private static Verdict verdict(
            Backup before, Backup after, BooleanSupplier isRemoved, BooleanSupplier isAsWritten) {
        if (after.state() == BackupState.VERIFIED || after.equals(before)) {
            return Verdict.GOOD;
        }
        if (isRemoved.getAsBoolean()) {
            return Verdict.REMOVED;
        }
        if (Standing.of(before.state(), before.verification().inStream()) != Standing.VERIFIED) {
            return before.state() == BackupState.MADE && after.state() == BackupState.FAILED
                    ? Verdict.NEVER_GOOD
                    : Verdict.STILL_OPEN;
        }
        return after.state() == BackupState.FAILED && !isAsWritten.getAsBoolean() ? Verdict.DAMAGED : Verdict.NOT_AGAIN;
    }

    /**
     * Returns the conditions that resolve alerts about damage.
     *
     * @param firing the services with a firing alert about damage
     * @param damaged the services with a damaged backup in the journal
     */
    static List<Condition> recovered(Collection<String> firing, Set<String> damaged, Instant now) {
        return firing.stream()
                .filter(service -> !damaged.contains(service))
                .map(service -> Condition.well(DAMAGED, service, "none of its backups is known to be damaged", now))
                .toList();
    }

    private static Optional<Condition> condition(Verdict verdict, Backup after, Instant now) {
        return switch (verdict) {
            case DISTRUSTED -> Optional.of(distrusted(after, now));
            case GOOD ->
                Optional.of(
                        Condition.well(NOT_AGAIN, after.service(), after.id() + " passed its re-verification", now));
            case REMOVED, STILL_OPEN -> Optional.empty();
            case NEVER_GOOD -> Optional.of(neverGood(after, now));
            case DAMAGED -> Optional.of(damaged(after, now));
            case NOT_AGAIN -> Optional.of(notAgain(after, now));
        };
    }

    private static Condition distrusted(Backup after, Instant now) {
        return Condition.bad(
                        Severity.WARNING,
                        NOT_AGAIN,
                        after.service(),
                        "backup " + after.id() + " is unverifiable: " + after.error(),
                        "pgsteward backups " + after.service() + "   # which backups are signed?",
                        now)
                .with(Map.of(BackupAlerts.STORED, after.path().orElseThrow()));
    }

    private static Condition neverGood(Backup after, Instant now) {
        return Condition.bad(
                        Severity.CRITICAL,
                        BackupAlerts.FAILED,
                        after.service(),
                        "backup " + after.id() + " of " + after.service() + " failed: " + after.error(),
                        after.kind().command(after.service()),
                        now)
                .with(Map.of(BackupAlerts.STORED, after.path().orElseThrow()));
    }

    private static Condition damaged(Backup after, Instant now) {
        String verified = after.verification()
                .at()
                .map(at -> "was verified at " + at)
                .orElse("was written completely at "
                        + after.times().finishedAt().orElse(after.times().startedAt()));
        return Condition.bad(
                        Severity.CRITICAL,
                        DAMAGED,
                        after.service(),
                        "the stored backup " + after.path().orElseThrow()
                                + " is damaged; the live database is not affected; it "
                                + verified + "; do not restore it, retention keeps it; the error of its verification: "
                                + after.error(),
                        "dmesg -T | tail -50   # disk errors? then copy the other backups to another disk first\n"
                                + "pgsteward verify --backup " + after.id()
                                + "   # verifies it again; the alert resolves if it passes\n"
                                + "pgsteward backups " + after.service() + "   # the other backups\n"
                                + after.kind().command(after.service())
                                + "   # makes another backup now",
                        now)
                .with(Map.of(
                        "path",
                        after.path().orElseThrow(),
                        "size_bytes",
                        after.file().sizeBytes()));
    }

    private static Condition notAgain(Backup after, Instant now) {
        return Condition.bad(
                Severity.WARNING,
                NOT_AGAIN,
                after.service(),
                after.path().orElseThrow() + " is unchanged since its verification, but could not be restored again: "
                        + after.error(),
                "df -h   # enough space for the restore?\npgsteward backups " + after.service(),
                now);
    }
}
