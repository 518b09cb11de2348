package org.pgsteward.backup.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.pgsteward.backup.underway.ProcessDeaths;

/**
 * Decides whether a backup is due. Pure.
 *
 * <p>The source is the journal, not a timer. So a run that was missed while the daemon was stopped is due once after
 * the start. A failed run is retried before the next night.
 */
public final class DueBackups {
    /**
     * The pause before the first retry. After a crash of one of its processes, which ends every dump, PostgreSQL is
     * available again by then.
     */
    static final Duration FIRST_RETRY = Duration.ofMinutes(1);

    /**
     * The pause before later retries: long enough for a cause to pass, short enough for a backup before the morning.
     */
    static final Duration RETRY = Duration.ofMinutes(30);

    private DueBackups() {}

    /**
     * A backup that is due.
     *
     * @param unverifiable whether the newest run ended unverifiable
     * @param lastStarted as for {@link #isDue}
     */
    public record Due(BackupTarget target, boolean unverifiable, Instant lastStarted) {}

    /**
     * Returns the order of a night. The target with the oldest run is first, so that interrupted nights reach every
     * database. A target that could not be verified last time, for example after a cancelled verification, is last: it
     * may delay all others again.
     */
    public static List<Due> inOrder(List<Due> due) {
        return due.stream()
                .sorted(Comparator.comparing(Due::unverifiable).thenComparing(Due::lastStarted))
                .toList();
    }

    /**
     * Returns the next targets to back up. A suspected service is backed up alone, so that no other backup is lost if
     * it ends this process. Its turn comes when it has the oldest run.
     *
     * @param due in order
     * @param suspected as in {@link ProcessDeaths#isSuspected}
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
     * Returns whether a backup is due.
     *
     * @param lastStarted the start of the newest run; the epoch if there is none, which makes the backup due at once
     * @param failures the number of newest runs that failed in a row
     * @param unverifiable whether the newest backup could not be verified, for example after a cancelled verification.
     *     A service with a failed or unverifiable newest backup is due every 30 minutes at most, even if it is
     *     scheduled more often.
     */
    public static boolean isDue(
            Schedule schedule, Instant lastStarted, int failures, boolean unverifiable, Instant now) {
        if (lastStarted.isAfter(now)) {
            // The clock was set back, or forth and back: a run in the future is no reason to skip tonight.
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
