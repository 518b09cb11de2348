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
 * A schedule by a five-field cron expression ({@code minute hour day-of-month month day-of-week}, as in crontab),
 * computed by Quartz. The fields are translated: Quartz has a field for seconds, counts Sunday as 1, and requires
 * {@code ?} in one of the two day fields.
 *
 * <p>Quartz computes local times as if they were UTC, and the rules of the time zone translate them into instants. With
 * the zone itself, Quartz skips the whole night in which daylight saving time removes the scheduled hour. A local time
 * that does not exist becomes one hour later, and a local time that occurs twice counts once.
 */
public final class CronSchedule implements Schedule {
    private static final Pattern EVERY_NOTHING = Pattern.compile(".*/0+(?!\\d).*");
    private static final Pattern ALL_WEEK = Pattern.compile("(?<![/#\\d])0-7(?!\\d)");
    private static final Pattern WEEKDAY = Pattern.compile("(?<![/#\\d])[0-7](?!\\d)");

    private final CronExpression expression;
    private final ZoneId zone;

    /** @throws IllegalArgumentException with the expression, if it is not five fields that Quartz can parse */
    public CronSchedule(String cron, ZoneId zone) {
        try {
            expression = new CronExpression(quartz(cron));
            expression.setTimeZone(TimeZone.getTimeZone(ZoneOffset.UTC));
            this.zone = zone;
        } catch (ParseException e) {
            throw new IllegalArgumentException("cannot parse schedule '" + cron + "': " + e.getMessage(), e);
        }
    }

    static String quartz(String cron) {
        List<String> fields = List.of(cron.strip().split("\\s+", -1));
        if (fields.size() != 5) {
            throw new IllegalArgumentException("schedule '" + cron + "' has " + fields.size()
                    + " fields instead of five: minute hour day-of-month month day-of-week");
        }
        if (EVERY_NOTHING.matcher(cron).matches()) {
            throw new IllegalArgumentException("schedule '" + cron + "' has a step of 0");
        }
        String day = fields.get(2);
        String weekday = WEEKDAY.matcher(ALL_WEEK.matcher(fields.get(4)).replaceAll("0-6"))
                .replaceAll(digit -> Integer.toString(Integer.parseInt(digit.group()) % 7 + 1));
        if (!"*".equals(day) && !"*".equals(weekday)) {
            throw new IllegalArgumentException(
                    "schedule '" + cron + "' names days of the month and days of the week; write * for one of them");
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
            // In the repeated hour, atZone returns the first occurrence, which may lie before the moment.
            if (found.isAfter(moment)) {
                return found;
            }
        }
    }
}
