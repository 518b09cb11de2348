package org.pgsteward.backup.underway;

import java.time.Duration;
import java.util.List;
import org.pgsteward.model.Elapsed;
import org.pgsteward.postgres.Progress;

/**
 * The rule that decides whether a backup or a verification is stuck. Pure.
 *
 * <ol>
 *   <li>Progress is measured in bytes read, written or counted, and in steps begun.
 *   <li>A run that moves more slowly than any disk is cancelled, too. The owner of a database can make each row of a
 *       restore sleep, and the backups of all other services wait for that verification.
 *   <li>A run for which others wait is cancelled much earlier, because a night must reach all services. A number of
 *       seven bytes can have 131,072 digits in a dump. The next night begins with the services that waited.
 *   <li>PostgreSQL reports no progress while it builds an index, checks a foreign key or counts a large table. So a run
 *       may be silent for the limit, plus the time in which a slow disk reads its data once.
 *   <li>A run that waits for another run is not stuck; the other run may be. If no other run is under way in this
 *       process, the resource that it waits for was never released.
 *   <li>A cancelled run that does not end hangs at a place that no cancellation reaches. Only the end of the process
 *       helps.
 *   <li>A night itself holds no lock, so the next night can begin beside it.
 * </ol>
 */
public final class StuckRule {
    /** The limits of the setting, in words. */
    public static final String LIMITS = "above 0s";

    /** The read rate of a slow disk on a small host, in bytes a second. */
    public static final long SLOW_DISK = 10L * 1000 * 1000;

    /** The rate of the slowest run that is not cancelled, in bytes a second. */
    static final long SLOWEST = 1000 * 1000;

    /** The factor of the limit that a run may take in all, with the time for its size on top. */
    static final int IN_ALL = 4;

    /**
     * The divisor of the limit for a run while others wait, with the time for its size on top. It is large because
     * several services can each take this time, and can take it again at each time of their schedule.
     */
    static final int PART = 60;

    /**
     * The divisor of the limit for the restore of one database onto an empty server. It allows more time, because no
     * schedule repeats such a restore.
     */
    static final int PART_OF_A_RESTORE = 15;

    /** The least time that a divisor leaves, unless the limit itself is less. */
    static final Duration LEAST = Duration.ofMinutes(1);

    /**
     * The time in which a cancelled run cleans up: its children get some seconds each, and the scratch cluster gets 20.
     */
    static final Duration CLEAN_UP = Duration.ofMinutes(5);

    private final Duration limit;

    /** @param limit the time for which a run may be silent; above zero */
    public StuckRule(Duration limit) {
        if (!allows(limit)) {
            throw new IllegalArgumentException("pgsteward.backup.stuck.after is " + limit + ", not " + LIMITS);
        }
        this.limit = limit;
    }

    public static boolean allows(Duration limit) {
        return limit.compareTo(Duration.ZERO) > 0;
    }

    /** The action that a run needs. */
    public enum Action {
        NONE,
        /** End the run's child processes and connections. */
        CANCEL,
        /** End the process: no smaller step releases the run's locks. */
        END_PROCESS
    }

    /** @param reason the reason with figures; empty if no action is needed */
    public record Verdict(Action action, String reason) {
        static final Verdict FINE = new Verdict(Action.NONE, "");
    }

    /**
     * The work that waits outside of the runs of this process.
     *
     * @param verification whether a verification of another process waits
     * @param backups whether backups are due and wait for the end of a night
     */
    public record Others(boolean verification, boolean backups) {
        public static final Others NONE = new Others(false, false);
    }

    public Duration limit() {
        return limit;
    }

    /**
     * Returns the action that a run needs, with its reason.
     *
     * @param all all runs of this process, {@code run} among them
     * @param others the waiting work that is not among {@code all}
     */
    public Verdict judge(Progress.State run, List<Progress.State> all, Others others) {
        if (run.cancelled().isPresent()) {
            return run.holding() ? ofCancelled(run, run.cancelled().get()) : Verdict.FINE;
        }
        if (!run.waiting() && run.holding() && run.worked().compareTo(inAll(run)) > 0) {
            return new Verdict(
                    Action.CANCEL, "too slow: " + run.bytes() + " bytes in " + Elapsed.words(run.worked()) + step(run));
        }
        if (!run.waiting()
                && isWaitedFor(run, all, others)
                && run.worked().compareTo(whileOthersWait(run.sizeBytes())) > 0) {
            return new Verdict(
                    Action.CANCEL,
                    "too slow while others wait: " + run.bytes() + " bytes in " + Elapsed.words(run.worked())
                            + " for a database of " + run.sizeBytes() + " bytes" + step(run));
        }
        if (run.silence().compareTo(allowed(run)) <= 0) {
            return Verdict.FINE;
        }
        String silent = "no progress for " + Elapsed.words(run.silence()) + step(run);
        if (!run.waiting()) {
            return new Verdict(Action.CANCEL, silent + ", " + run.bytes() + " bytes so far");
        }
        if (all.stream().anyMatch(other -> !other.waiting())) {
            return Verdict.FINE;
        }
        return new Verdict(
                run.holding() ? Action.END_PROCESS : Action.CANCEL, silent + ", and no other run is under way");
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
                        "it was cancelled " + Elapsed.words(since) + " ago and has not ended" + step(run))
                : Verdict.FINE;
    }

    private static String step(Progress.State run) {
        return ", in step '" + run.step() + "'";
    }

    private Duration allowed(Progress.State run) {
        return limit.plusSeconds(run.sizeBytes() / SLOW_DISK);
    }

    private Duration inAll(Progress.State run) {
        return limit.multipliedBy(IN_ALL).plusSeconds(run.sizeBytes() / SLOWEST);
    }

    /**
     * Returns the time that the restore of one database may take when other databases follow it.
     *
     * @param sizeBytes the size of the database in bytes
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
