package org.pgsteward.routing;

import java.text.ParseException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Date;
import java.util.List;
import java.util.TimeZone;
import java.util.regex.Pattern;
import org.pgsteward.backup.Schedule;
import org.quartz.CronExpression;

/**
 * A five-field cron expression ({@code minute hour day-of-month month day-of-week}, as crontab has it), asked by way of
 * Quartz. Quartz has a field for seconds, counts Sunday as 1, and wants one of the two day fields to be {@code ?}.
 */
public final class CronSchedule implements Schedule {
    private static final Pattern WEEKDAY = Pattern.compile("(?<![/#\\d])[0-7](?!\\d)");

    private final CronExpression expression;

    /** @throws IllegalArgumentException when it is not five fields that Quartz can read, with the expression */
    public CronSchedule(String cron, ZoneId zone) {
        try {
            expression = new CronExpression(quartz(cron));
            expression.setTimeZone(TimeZone.getTimeZone(zone));
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
        String day = fields.get(2);
        String weekday = WEEKDAY.matcher(fields.get(4))
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
        Date next = expression.getNextValidTimeAfter(Date.from(moment));
        return next == null ? Instant.MAX : next.toInstant();
    }
}
