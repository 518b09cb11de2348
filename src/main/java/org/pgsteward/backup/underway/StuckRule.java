package org.pgsteward.backup.underway;

import java.time.Duration;
import java.util.List;
import org.pgsteward.model.Elapsed;
import org.pgsteward.postgres.Progress;

/**
 * Whether a backup or a verification has come to a halt. Pure.
 *
 * <ol>
 *   <li>It is measured by progress: bytes read, written or counted, and steps begun.
 *   <li>A run that moves more slowly than any disk is cancelled, too. The owner of a database can make each row of a restore
 *       sleep, and the backups of all others wait for that verification.
 *   <li>One for which others wait is cancelled much earlier: a night must reach all services. A number of seven bytes can have
 *       131,072 digits in a dump. The next night begins with the others.
 *   <li>PostgreSQL says nothing while it builds an index, checks a foreign key or counts a large table. So a run may be
 *       silent for the limit and, on top of it, for as long as its data takes to be read once by a slow disk.
 *   <li>A run that waits for another one is not stuck; the other one may be. Where there is no other one in this process,
 *       what it waits for was never given back.
 *   <li>A run that was cancelled and does not end either hangs where nothing reaches it.
 *   <li>A night holds nothing itself. The next one can begin beside it.
 * </ol>
 */
public final class StuckRule {
    /** The limits of the setting, in words. */
    public static final String LIMITS = "above 0s";

    /** Bytes a second: what a slow disk of a small host reads. */
    public static final long SLOW_DISK = 10L * 1000 * 1000;

    /** Bytes a second: the slowest run that is not cancelled. */
    static final long SLOWEST = 1000 * 1000;

    /** A run may take so many times the limit, and the time for its size on top. */
    static final int IN_ALL = 4;

    /**
     * While others wait, a run may take this part of the limit, and the time for its size on top. Several services can each
     * take it, and repeat it at each time of their schedule.
     */
    static final int PART = 60;

    /** The restore of one database onto an empty server may take this part. It is larger, because no schedule repeats it. */
    static final int PART_OF_A_RESTORE = 15;

    /** The least of these parts, unless the limit is less. */
    static final Duration LEAST = Duration.ofMinutes(1);

    /** For a cancelled run to clean up: its children get some seconds each, and the scratch cluster 20. */
    static final Duration CLEAN_UP = Duration.ofMinutes(5);

    private final Duration limit;

    /** @param limit for which a run may be silent; more than nothing */
    public StuckRule(Duration limit) {
        if (!allows(limit)) {
            throw new IllegalArgumentException("pgsteward.backup.stuck.after is " + limit + ", not " + LIMITS);
        }
        this.limit = limit;
    }

    public static boolean allows(Duration limit) {
        return limit.compareTo(Duration.ZERO) > 0;
    }

    /** What is to be done about a run. */
    public enum Action {
        NONE,
        /** End its children and connections. */
        CANCEL,
        /** End the process: nothing less gives back what it holds. */
        END_PROCESS
    }

    /** @param reason with figures; empty where nothing is to be done */
    public record Verdict(Action action, String reason) {
        static final Verdict FINE = new Verdict(Action.NONE, "");
    }

    /**
     * What waits outside of the runs of this process.
     *
     * @param verification one of another process
     * @param backups that are due and wait for the end of a night
     */
    public record Others(boolean verification, boolean backups) {
        public static final Others NONE = new Others(false, false);
    }

    public Duration limit() {
        return limit;
    }

    /**
     * @param all of this process, {@code run} among them
     * @param others what waits and is not among them
     */
    public Verdict judge(Progress.State run, List<Progress.State> all, Others others) {
        if (run.cancelled().isPresent()) {
            return run.holding() ? ofCancelled(run, run.cancelled().get()) : Verdict.FINE;
        }
        if (!run.waiting() && run.holding() && run.worked().compareTo(inAll(run)) > 0) {
            return new Verdict(
                    Action.CANCEL,
                    "too slow: " + run.bytes() + " bytes in " + Elapsed.words(run.worked()) + ", and it " + run.step());
        }
        if (!run.waiting()
                && isWaitedFor(run, all, others)
                && run.worked().compareTo(whileOthersWait(run.sizeBytes())) > 0) {
            return new Verdict(
                    Action.CANCEL,
                    "too slow while others wait: " + run.bytes() + " bytes in " + Elapsed.words(run.worked())
                            + " for a database of " + run.sizeBytes() + " bytes, and it " + run.step());
        }
        if (run.silence().compareTo(allowed(run)) <= 0) {
            return Verdict.FINE;
        }
        String silent = "no progress for " + Elapsed.words(run.silence()) + ": it " + run.step();
        if (!run.waiting()) {
            return new Verdict(Action.CANCEL, silent + ", " + run.bytes() + " bytes so far");
        }
        if (all.stream().anyMatch(other -> !other.waiting())) {
            return Verdict.FINE;
        }
        return new Verdict(
                run.holding() ? Action.END_PROCESS : Action.CANCEL, silent + ", and nothing else is under way");
    }

    private static boolean isWaitedFor(Progress.State run, List<Progress.State> all, Others others) {
        if (RunsUnderWay.isVerification(run)) {
            return others.verification() || others.backups() || isAny(all, RunsUnderWay.ANOTHER_VERIFICATION);
        }
        return RunsUnderWay.isBackup(run) && (others.backups() || isAny(all, RunsUnderWay.ANOTHER_DUMP));
    }

    private static boolean isAny(List<Progress.State> all, String waitsFor) {
        return all.stream().anyMatch(run -> run.step().equals("waits for " + waitsFor));
    }

    private Verdict ofCancelled(Progress.State run, Duration since) {
        return since.compareTo(cleanUp()) > 0
                ? new Verdict(
                        Action.END_PROCESS,
                        "it was cancelled " + Elapsed.words(since) + " ago and did not end: it " + run.step())
                : Verdict.FINE;
    }

    private Duration allowed(Progress.State run) {
        return limit.plusSeconds(run.sizeBytes() / SLOW_DISK);
    }

    private Duration inAll(Progress.State run) {
        return limit.multipliedBy(IN_ALL).plusSeconds(run.sizeBytes() / SLOWEST);
    }

    /**
     * Returns how long the restore of one database may take, among all others.
     *
     * @param sizeBytes of the database
     */
    public Duration ofARestore(long sizeBytes) {
        return part(PART_OF_A_RESTORE, sizeBytes);
    }

    private Duration whileOthersWait(long sizeBytes) {
        return part(PART, sizeBytes);
    }

    private Duration part(int divisor, long sizeBytes) {
        Duration least = limit.compareTo(LEAST) < 0 ? limit : LEAST;
        Duration part = limit.dividedBy(divisor);
        return (part.compareTo(least) < 0 ? least : part).plusSeconds(sizeBytes / SLOWEST);
    }

    private Duration cleanUp() {
        return limit.compareTo(CLEAN_UP) < 0 ? limit : CLEAN_UP;
    }
}
