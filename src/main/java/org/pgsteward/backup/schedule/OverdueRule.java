package org.pgsteward.backup.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.pgsteward.model.Backup;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/**
 * Decides whether a target has no verified backup in time. Pure.
 *
 * <p>A target is overdue if no backup was verified within the grace after its due time. The due time is the first
 * scheduled time after the start of the last verified backup, or after {@code since} if there is none. The condition is
 * a warning, and critical once the next scheduled time and its grace have passed too. It began at the end of the grace.
 *
 * @param grace the time from the due time until the backup must be verified
 * @param zone the time zone of the times in texts
 */
public record OverdueRule(Duration grace, ZoneId zone) {
    /** The {@code kind} of the conditions. */
    public static final String KIND = "backup-overdue";

    private static final String NONE_BEGAN =
            "no backup has begun since its due time, so pgsteward or PostgreSQL may have been stopped";

    public OverdueRule {
        if (grace.isNegative()) {
            throw new IllegalArgumentException(
                    "pgsteward.backup.overdue.grace is " + grace + ", and must not be negative");
        }
    }

    /**
     * Returns the condition of a target at {@code now}: overdue or in time.
     *
     * @param lastVerified the start of the newest verified backup
     * @param since the time from which the target existed
     */
    public Condition judge(
            BackupTarget target, Schedule schedule, Optional<Instant> lastVerified, Instant since, Instant now) {
        return judge(target, schedule, lastVerified, since, now, () -> "");
    }

    /**
     * Returns the same condition, and its cause in the reason.
     *
     * @param cause called only for an overdue target; an empty text for an unknown cause
     */
    public Condition judge(
            BackupTarget target,
            Schedule schedule,
            Optional<Instant> lastVerified,
            Instant since,
            Instant now,
            Supplier<String> cause) {
        String service = target.service();
        Instant from = lastVerified.orElse(since);
        Instant due = schedule.nextAfter(from);
        Instant deadline = plusGrace(due);
        String last = lastVerified
                .map(at -> "the last verified backup is of " + clock(at))
                .orElseGet(() -> "no verified backup yet, since " + clock(since));
        if (!now.isAfter(deadline)) {
            return Condition.well(KIND, service, last, now);
        }
        boolean twice = now.isAfter(plusGrace(schedule.nextAfter(due)));
        Map<String, Object> figures = new LinkedHashMap<>();
        lastVerified.ifPresent(at -> figures.put("last_verified", at.toString()));
        figures.put("due", due.toString());
        figures.put("grace_seconds", grace.toSeconds());
        figures.put("overdue_seconds", Duration.between(deadline, now).toSeconds());
        return Condition.bad(
                        twice ? Severity.CRITICAL : Severity.WARNING,
                        KIND,
                        service,
                        last + because(cause.get()) + "; a backup was due at " + clock(due)
                                + " and had to be verified by " + clock(deadline),
                        target.kind().commandAfterFailure(service) + "\npgsteward backups "
                                + CommandPrefix.word(service),
                        now)
                .since(deadline)
                .with(figures);
    }

    private static String because(String cause) {
        return cause.isEmpty() ? "" : "; " + cause;
    }

    /** Returns the likely cause of an overdue backup from the newest run of its target, which is not verified in time. */
    public static String cause(Optional<Backup> newest) {
        if (newest.isEmpty()) {
            return "no backup of it has begun yet";
        }
        Backup run = newest.get();
        String at = run.times().startedAt().truncatedTo(ChronoUnit.SECONDS).toString();
        String error = run.error().isEmpty() ? "" : ": " + run.error();
        return switch (run.state()) {
            case RUNNING -> "a backup has been in progress since " + at;
            case FAILED -> "the newest backup, begun at " + at + ", failed" + error;
            case MADE, UNVERIFIABLE ->
                run.verification().inStream()
                        ? NONE_BEGAN
                        : "the newest backup, begun at " + at + ", is not verified" + error;
            case VERIFIED, EXPIRED -> NONE_BEGAN;
        };
    }

    /** A schedule without a next time has no deadline. */
    private Instant plusGrace(Instant moment) {
        return moment.isAfter(Instant.MAX.minus(grace)) ? Instant.MAX : moment.plus(grace);
    }

    private String clock(Instant moment) {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm z", Locale.ENGLISH)
                .withZone(zone)
                .format(moment);
    }
}
