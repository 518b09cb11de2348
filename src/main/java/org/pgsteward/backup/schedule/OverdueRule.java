package org.pgsteward.backup.schedule;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.BackupKind;
import org.pgsteward.model.Condition;
import org.pgsteward.model.Severity;

/**
 * Whether something has no proved backup in time: none since the first time that its schedule names after the last proved
 * one (or after it came to be, where there is none), and the grace is over as well. It is a warning, and critical once
 * the next time has gone by too. Pure, and asked of the journal: it does not matter why there is none.
 *
 * @param grace how long after its time a backup may take until it is proved
 * @param zone in which people read times
 */
public record OverdueRule(Duration grace, ZoneId zone) {
    /** The {@code kind} of the conditions. */
    public static final String KIND = "backup-overdue";

    public OverdueRule {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("pgsteward.backup.overdue.grace is " + grace + ", less than nothing");
        }
    }

    /**
     * @param lastProved when the newest proved backup began
     * @param since when it came to be there to be backed up
     */
    public Condition judge(
            BackupTarget target, Schedule schedule, Optional<Instant> lastProved, Instant since, Instant now) {
        String service = target.service();
        Instant from = lastProved.orElse(since);
        Instant due = schedule.nextAfter(from);
        Instant deadline = plusGrace(due);
        String last = lastProved
                .map(at -> "the last proved backup is of " + clock(at))
                .orElseGet(() -> "it has never had a proved backup, since " + clock(since));
        if (!now.isAfter(deadline)) {
            return Condition.well(KIND, service, last, now);
        }
        boolean twice = now.isAfter(plusGrace(schedule.nextAfter(due)));
        Map<String, Object> figures = new LinkedHashMap<>();
        lastProved.ifPresent(at -> figures.put("last_proved", at.toString()));
        figures.put("due", due.toString());
        figures.put("grace_seconds", grace.toSeconds());
        figures.put("overdue_seconds", Duration.between(deadline, now).toSeconds());
        return Condition.bad(
                        twice ? Severity.CRITICAL : Severity.WARNING,
                        KIND,
                        service,
                        last + "; one was due at " + clock(due) + " and had until " + clock(deadline) + " to be proved",
                        target.kind() == BackupKind.DUMP
                                ? "pgsteward backup " + service + "\npgsteward backups " + service
                                : "pgsteward backup --kind " + target.kind().word(),
                        now)
                .with(figures);
    }

    /** A schedule that never comes again has no deadline. */
    private Instant plusGrace(Instant moment) {
        return moment.isAfter(Instant.MAX.minus(grace)) ? Instant.MAX : moment.plus(grace);
    }

    private String clock(Instant moment) {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm z", Locale.ENGLISH)
                .withZone(zone)
                .format(moment);
    }
}
