package org.pgsteward.backup.retention;

import java.time.DayOfWeek;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalAdjusters;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The number of backups to keep, counted as in restic. {@code last=3} keeps the newest three regardless of their time.
 * {@code daily=7} keeps the newest backup of each of the newest seven days that have one, and so on. Pure.
 */
public record RetentionPolicy(Map<Rule, Integer> counts) {
    private static final String EXAMPLE = "last=3,daily=7,weekly=4,monthly=6";

    /** The largest allowed number. A larger one is a typing error. */
    private static final int MOST = 9999;

    /** A rule of the policy, with one number. */
    public enum Rule {
        LAST(null),
        HOURLY(ChronoUnit.HOURS),
        DAILY(ChronoUnit.DAYS),
        /** Weeks begin on Monday. */
        WEEKLY(ChronoUnit.WEEKS),
        MONTHLY(ChronoUnit.MONTHS),
        YEARLY(ChronoUnit.YEARS);

        private final Optional<ChronoUnit> span;

        Rule(@org.jspecify.annotations.Nullable ChronoUnit span) {
            this.span = Optional.ofNullable(span);
        }

        /** Returns the name of the rule in a setting. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /**
         * Returns the bucket of {@code at}; two backups with the same name share it. {@code last} has one bucket for
         * each backup.
         */
        String bucket(ZonedDateTime at, int position) {
            return switch (this) {
                case LAST -> Integer.toString(position + 1);
                // Includes the offset: the repeated hour in autumn is two hours.
                case HOURLY ->
                    at.truncatedTo(ChronoUnit.HOURS).toOffsetDateTime().toString();
                case DAILY -> at.toLocalDate().toString();
                case WEEKLY -> at.get(IsoFields.WEEK_BASED_YEAR) + "-W" + at.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
                case MONTHLY -> at.getYear() + "-" + at.getMonthValue();
                case YEARLY -> Integer.toString(at.getYear());
            };
        }

        private ZonedDateTime reach(ZonedDateTime now, int count) {
            if (span.isEmpty()) {
                return now;
            }
            ZonedDateTime back = now.minus(count - 1L, span.get());
            return switch (span.get()) {
                case HOURS -> back.truncatedTo(ChronoUnit.HOURS);
                case WEEKS -> midnight(back.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)));
                case MONTHS -> midnight(back.withDayOfMonth(1));
                case YEARS -> midnight(back.withDayOfYear(1));
                default -> midnight(back);
            };
        }

        private static ZonedDateTime midnight(ZonedDateTime day) {
            return day.toLocalDate().atStartOfDay(day.getZone());
        }
    }

    /** @throws IllegalArgumentException if it would keep no backup, or if a number is out of range */
    public RetentionPolicy {
        EnumMap<Rule, Integer> sorted = new EnumMap<>(Rule.class);
        counts.forEach((rule, count) -> {
            if (count < 0 || count > MOST) {
                throw new IllegalArgumentException(rule.word() + " is " + count + ", not between 0 and " + MOST);
            }
            if (count > 0) {
                sorted.put(rule, count);
            }
        });
        if (sorted.isEmpty()) {
            throw new IllegalArgumentException("it keeps 0 backups");
        }
        counts = java.util.Collections.unmodifiableMap(sorted);
    }

    /**
     * Parses the text of a setting.
     *
     * @param setting the name of the setting, such as {@code pgsteward.backup.keep}, for the message
     * @param text such as {@code last=3,daily=7}
     * @throws IllegalArgumentException with a message of one line, if the text cannot be parsed
     */
    public static RetentionPolicy parse(String setting, String text) {
        try {
            return parse(text);
        } catch (IllegalArgumentException e) {
            // Omits the cause: a caller that shows only the first cause would show half of the message.
            throw new IllegalArgumentException(setting + " is '" + shown(text) + "': "
                    + shown(String.valueOf(e.getMessage())) + "; write it like " + EXAMPLE);
        }
    }

    private static RetentionPolicy parse(String text) {
        Map<Rule, Integer> counts = new EnumMap<>(Rule.class);
        for (String part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            String word = (equals < 0 ? part : part.substring(0, equals)).strip();
            String number = equals < 0 ? "" : part.substring(equals + 1).strip();
            Rule rule = rule(word);
            if (!number.matches("\\d{1,9}")) {
                throw new IllegalArgumentException("'" + number + "' after " + word + "= is not a whole number");
            }
            if (counts.put(rule, Integer.valueOf(number)) != null) {
                throw new IllegalArgumentException(word + " appears twice");
            }
        }
        return new RetentionPolicy(counts);
    }

    private static Rule rule(String word) {
        for (Rule rule : Rule.values()) {
            if (rule.word().equals(word)) {
                return rule;
            }
        }
        throw new IllegalArgumentException(
                "'" + word + "' is not one of last, hourly, daily, weekly, monthly and yearly");
    }

    /** Returns the text as one short line. A container's label must not start a new line in a log. */
    private static String shown(String text) {
        String line = text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
        return line.length() <= 120 ? line : line.substring(0, 119) + "…";
    }

    /**
     * Returns the start of the period that the policy covers. The policy was meant to keep some of the younger backups,
     * so each of them may still be needed.
     */
    ZonedDateTime reach(ZonedDateTime now) {
        return counts.entrySet().stream()
                .map(entry -> entry.getKey().reach(now, entry.getValue()))
                .min(java.util.Comparator.comparing(ZonedDateTime::toInstant))
                .orElse(now);
    }

    /** Returns the policy as a setting contains it. */
    @Override
    public String toString() {
        return counts.entrySet().stream()
                .map(entry -> entry.getKey().word() + "=" + entry.getValue())
                .collect(Collectors.joining(","));
    }
}
