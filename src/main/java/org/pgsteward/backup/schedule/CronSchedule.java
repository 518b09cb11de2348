package org.pgsteward.backup.schedule;

import java.text.ParseException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import java.util.TimeZone;
import java.util.regex.Pattern;
import org.quartz.CronExpression;

/**
 * A five-field cron expression ({@code minute hour day-of-month month day-of-week}, as crontab has it), asked by way of
 * Quartz. Quartz has a field for seconds, counts Sunday as 1, and wants one of the two day fields to be {@code ?}.
 *
 * <p>Quartz is asked in UTC for the time on the wall, and the zone's rules say when that is: left to itself, it skips the
 * whole night in which the clocks go forward over the hour. A time that does not exist comes an hour later, and one that
 * comes twice counts once.
 */
public final class CronSchedule implements Schedule {
    private static final Pattern EVERY_NOTHING = Pattern.compile(".*/0+(?!\\d).*");
    private static final Pattern ALL_WEEK = Pattern.compile("(?<![/#\\d])0-7(?!\\d)");
    private static final Pattern WEEKDAY = Pattern.compile("(?<![/#\\d])[0-7](?!\\d)");

    private final CronExpression expression;
    private final ZoneId zone;

    /** @throws IllegalArgumentException when it is not five fields that Quartz can read, with the expression */
    public CronSchedule(String cron, ZoneId zone) {
        try {
            expression = new CronExpression(quartz(cron));
            expression.setTimeZone(TimeZone.getTimeZone(ZoneOffset.UTC));
            this.zone = zone;
        } catch (ParseException e) {
            throw new IllegalArgumentException("schedule '" + cron + "' cannot be read: " + e.getMessage(), e);
        }
    }

    static String quartz(String cron) {
        List<String> fields = List.of(cron.strip().split("\\s+", -1));
        if (fields.size() != 5) {
            throw new IllegalArgumentException("schedule '" + cron + "' has " + fields.size()
                    + " fields; five are wanted: minute hour day-of-month month day-of-week");
        }
        if (EVERY_NOTHING.matcher(cron).matches()) {
            throw new IllegalArgumentException("schedule '" + cron + "' has a step of 0");
        }
        String day = fields.get(2);
        String weekday = WEEKDAY.matcher(ALL_WEEK.matcher(fields.get(4)).replaceAll("0-6"))
                .replaceAll(digit -> Integer.toString(Integer.parseInt(digit.group()) % 7 + 1));
        if (!"*".equals(day) && !"*".equals(weekday)) {
            throw new IllegalArgumentException(
                    "schedule '" + cron + "' names days of the month and of the week: leave one of them *");
        }
        return "0 " + fields.get(0) + " " + fields.get(1) + " " + ("*".equals(weekday) ? day : "?") + " "
                + fields.get(3) + " " + ("*".equals(weekday) ? "?" : weekday);
    }

    @Override
    public Instant nextAfter(Instant moment) {
        LocalDateTime wall = LocalDateTime.ofInstant(moment, zone);
        for (; ; ) {
            Date next = expression.getNextValidTimeAfter(Date.from(wall.toInstant(ZoneOffset.UTC)));
            if (next == null) {
                return Instant.MAX;
            }
            wall = LocalDateTime.ofInstant(next.toInstant(), ZoneOffset.UTC);
            Instant found = wall.atZone(zone).toInstant();
            // Not after it in the hour that comes twice: that was its first coming.
            if (found.isAfter(moment)) {
                return found;
            }
        }
    }
}
