package org.pgsteward.web;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.pgsteward.model.Elapsed;
import org.pgsteward.overview.Overview;

/** The texts of points in time on one page. */
final class PageClock {
    private final Overview overview;
    private final ZoneId zone;
    private final DateTimeFormatter clock;
    private final DateTimeFormatter day;
    private final DateTimeFormatter dayOfYear;

    /** @param overview its time is the present of the page */
    PageClock(Overview overview, ZoneId zone) {
        this.overview = overview;
        this.zone = zone;
        this.clock = DateTimeFormatter.ofPattern("HH:mm", Locale.ENGLISH).withZone(zone);
        this.day =
                DateTimeFormatter.ofPattern("EEE d MMM HH:mm", Locale.ENGLISH).withZone(zone);
        this.dayOfYear =
                DateTimeFormatter.ofPattern("d MMM yyyy HH:mm", Locale.ENGLISH).withZone(zone);
    }

    /** Returns the time of the page, with seconds and time zone. */
    String now() {
        return DateTimeFormatter.ofPattern("EEE d MMM yyyy, HH:mm:ss z", Locale.ENGLISH)
                .withZone(zone)
                .format(overview.at());
    }

    /** Returns the time of day if {@code at} is today, and otherwise also the day. */
    String when(Instant at) {
        return (day(at).equals(day(overview.at())) ? clock : day).format(at);
    }

    /** Returns the day and the time, with the year if it is another one. */
    String dayAndTime(Instant at) {
        return (day(at).getYear() == day(overview.at()).getYear() ? day : dayOfYear).format(at);
    }

    /** Returns the age of {@code at}, such as {@code 3 min ago}. */
    String ago(Instant at) {
        return Elapsed.roughly(overview.age(at)) + " ago";
    }

    /** Returns the day up to which the results of backups are known. */
    LocalDate lastDay() {
        return day(overview.known().orElse(overview.at()));
    }

    LocalDate day(Instant at) {
        return at.atZone(zone).toLocalDate();
    }
}
