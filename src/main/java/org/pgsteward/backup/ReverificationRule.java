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
 * Concludes from another verification of a stored backup what is recorded of it and which alert is raised. It decides from
 * what the verification, the journal and the store say, and reads none of them.
 *
 * <p>A backup that was verified once, and whose file is still the same, is not called damaged because it could not be
 * restored today: that is the trouble of this host.
 */
final class ReverificationRule {
    /** The {@code kind} of the alert: its file is no longer the one that was verified. */
    static final String DAMAGED = "backup-damaged";

    /** The {@code kind} of the alert: it could not be verified again. */
    static final String NOT_AGAIN = "backup-reproof";

    private ReverificationRule() {}

    /** What is concluded. */
    enum Verdict {
        /** Nothing vouches for its manifest, so the daemon did not restore it. */
        DISTRUSTED,
        /** It was restored and compared; or, where nobody here can open it, its file is still the one that was written. */
        GOOD,
        /** Retention removed it while it was being verified, so the failure means nothing. */
        REMOVED,
        /** Its process died before its first verification, which failed only now. */
        NEVER_GOOD,
        /** It was not verified before and is not now. Its first verification raised the alert, if one was due. */
        STILL_OPEN,
        /** It was verified once, and its file has changed since. */
        DAMAGED,
        /** It was verified once, its file is the same, and this host could not restore it today. */
        NOT_AGAIN
    }

    /**
     * @param backup as it is to be recorded
     * @param condition to raise; empty where there is nothing to say
     */
    record Conclusion(Verdict verdict, Backup backup, Optional<Condition> condition) {}

    /** Returns the conclusion for a backup that the daemon must not restore by itself. */
    static Conclusion distrusted(Backup before, String because, Instant now) {
        Backup refused = before.judged(BackupState.UNVERIFIABLE, now, Duration.ZERO, because);
        return new Conclusion(Verdict.DISTRUSTED, refused, condition(Verdict.DISTRUSTED, refused, now));
    }

    /**
     * Returns the conclusion from a verification that was tried.
     *
     * @param before the backup as the journal and its manifest had it
     * @param after the same after the verification
     * @param isRemoved whether retention removes it or has removed it; asked only after a failure
     * @param isAsWritten whether the whole file has its hash and the manifest its signature; asked only where a backup failed
     *     that was verified before, since it reads the file
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
        if (Standing.of(before.state(), before.verification().inStream()) != Standing.PROVED) {
            return before.state() == BackupState.MADE && after.state() == BackupState.FAILED
                    ? Verdict.NEVER_GOOD
                    : Verdict.STILL_OPEN;
        }
        return after.state() == BackupState.FAILED && !isAsWritten.getAsBoolean() ? Verdict.DAMAGED : Verdict.NOT_AGAIN;
    }

    /**
     * Returns the end of alerts about damage.
     *
     * @param firing the services whose alert about damage fires
     * @param damaged the services of which the journal has a damaged backup
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
            case GOOD -> Optional.of(Condition.well(NOT_AGAIN, after.service(), after.id() + " was proved again", now));
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
                        "backup " + after.id() + " unverifiable: " + after.error(),
                        "pgsteward backups " + after.service() + "   # which of them are signed?",
                        now)
                .with(Map.of(BackupNotices.STORED, after.path().orElseThrow()));
    }

    private static Condition neverGood(Backup after, Instant now) {
        return Condition.bad(
                        Severity.CRITICAL,
                        BackupNotices.FAILED,
                        after.service(),
                        "backup " + after.id() + " of " + after.service() + " is failed: " + after.error(),
                        "pgsteward backup " + after.service(),
                        now)
                .with(Map.of(BackupNotices.STORED, after.path().orElseThrow()));
    }

    private static Condition damaged(Backup after, Instant now) {
        String proved = after.verification()
                .at()
                .map(at -> "was proved at " + at)
                .orElse("was written whole at "
                        + after.times().finishedAt().orElse(after.times().startedAt()));
        return Condition.bad(
                        Severity.CRITICAL,
                        DAMAGED,
                        after.service(),
                        after.path().orElseThrow() + " " + proved + " and is damaged now: " + after.error()
                                + "; it is kept, and counts as failed",
                        "pgsteward backup " + after.service()
                                + "   # another one, now\ndmesg | tail -50   # what does the disk say?",
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
                after.path().orElseThrow() + " is the file that was proved before, and could not be restored again: "
                        + after.error(),
                "df -h   # is there room for a scratch cluster?\npgsteward backups " + after.service(),
                now);
    }
}
