package org.pgsteward.backup.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.pgsteward.backup.underway.ProcessDeaths;

/**
 * Whether a backup's time has come. Pure.
 *
 * <p>It is asked of the journal rather than of a timer, so that a run missed while we were down is due when we are back,
 * once, and a run that failed is tried again before the next night.
 */
public final class DueBackups {
    /** PostgreSQL is back this long after a crash of one of its processes, which ends every dump. */
    static final Duration FIRST_RETRY = Duration.ofMinutes(1);

    /** Long enough for a cause to pass, short enough for the morning to find a backup. */
    static final Duration RETRY = Duration.ofMinutes(30);

    private DueBackups() {}

    /**
     * A backup that is due.
     *
     * @param unverifiable whether the newest run ended so
     * @param lastStarted as for {@link #isDue}
     */
    public record Due(BackupTarget target, boolean unverifiable, Instant lastStarted) {}

    /**
     * Returns the order of a night. The one that has waited longest goes first, so that interrupted nights reach every
     * database. One that could not be verified last time, as when its verification was cancelled, goes last, since it may
     * keep all others waiting again.
     */
    public static List<Due> inOrder(List<Due> due) {
        return due.stream()
                .sorted(Comparator.comparing(Due::unverifiable).thenComparing(Due::lastStarted))
                .toList();
    }

    /**
     * Returns what is backed up next. A suspected service is backed up alone, so that no other backup is lost if it ends this
     * process. It is next when it has waited longest.
     *
     * @param due in order
     * @param suspected as {@link ProcessDeaths#isSuspected} says
     */
    public static List<Due> apart(List<Due> due, Predicate<String> suspected) {
        Predicate<Due> isSuspected = one -> suspected.test(one.target().service());
        Optional<Due> suspect = due.stream().filter(isSuspected).min(Comparator.comparing(Due::lastStarted));
        if (suspect.isEmpty()) {
            return due;
        }
        List<Due> others = due.stream().filter(isSuspected.negate()).toList();
        boolean isFirst =
                others.stream().allMatch(other -> suspect.get().lastStarted().isBefore(other.lastStarted()));
        return isFirst ? List.of(suspect.get()) : others;
    }

    /**
     * @param lastStarted the start of the newest run; the epoch where there has been none, which is due at once
     * @param failures how many of the newest runs failed, one after the other
     * @param unverifiable whether the newest backup could not be verified, for example because its verification was cancelled.
     *     A service whose newest backup failed or could not be verified is due every half hour at most, even if it is scheduled
     *     more often
     */
    public static boolean isDue(
            Schedule schedule, Instant lastStarted, int failures, boolean unverifiable, Instant now) {
        if (lastStarted.isAfter(now)) {
            // The clock was set back, or forth and back: a run in what is now the future says nothing of tonight.
            return true;
        }
        if (failures > 0
                && !lastStarted.plus(failures == 1 ? FIRST_RETRY : RETRY).isAfter(now)) {
            return true;
        }
        Instant next = schedule.nextAfter(lastStarted);
        if (next.isAfter(now)) {
            return false;
        }
        boolean rests =
                (failures > 0 || unverifiable) && lastStarted.plus(RETRY).isAfter(now);
        return !rests || !schedule.nextAfter(next).isBefore(next.plus(RETRY));
    }
}
