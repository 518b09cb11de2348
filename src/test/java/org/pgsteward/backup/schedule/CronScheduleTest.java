package org.pgsteward.backup.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class CronScheduleTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    /** The midnight at which a Sunday begins. */
    private static final Instant SUNDAY = Instant.parse("2026-03-01T00:00:00Z");

    @ParameterizedTest(name = "{0}: {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "0 3 * * *        | 01 03, 02 03, 03 03, 04 03 | every night",
                "*/15 * * * *     | 01 00, 01 00, 01 00, 01 01 | every quarter of an hour",
                "0 */6 * * *      | 01 06, 01 12, 01 18, 02 00 | every six hours",
                "0 1,13 * * *     | 01 01, 01 13, 02 01, 02 13 | a list of hours",
                "0 9-11 * * *     | 01 09, 01 10, 01 11, 02 09 | a range of hours",
                "0 8-18/5 * * *   | 01 08, 01 13, 01 18, 02 08 | a range with a step",
                "0 3 * * 0        | 01 03, 08 03, 15 03, 22 03 | Sunday is 0",
                "0 3 * * 7        | 01 03, 08 03, 15 03, 22 03 | Sunday is also 7",
                "0 3 * * 1        | 02 03, 09 03, 16 03, 23 03 | Monday is 1",
                "0 3 * * 6        | 07 03, 14 03, 21 03, 28 03 | Saturday is 6",
                "0 3 * * 1-5      | 02 03, 03 03, 04 03, 05 03 | working days",
                "0 3 * * 4-6      | 05 03, 06 03, 07 03, 12 03 | from Thursday to Saturday",
                "0 3 * * 5-7      | 01 03, 06 03, 07 03, 08 03 | a week that ends with Sunday",
                "0 3 * * 0-7      | 01 03, 02 03, 03 03, 04 03 | all days, Sunday twice",
                "0 3 * * 0-6      | 01 03, 02 03, 03 03, 04 03 | all days",
                "0 3 * * 1-7      | 01 03, 02 03, 03 03, 04 03 | all days, Monday first",
                "0 3 * * 1,3,5    | 02 03, 04 03, 06 03, 09 03 | a list of weekdays",
                "0 3 * * 1-5/2    | 02 03, 04 03, 06 03, 09 03 | every other working day",
                "0 3 * * */2      | 01 03, 03 03, 05 03, 07 03 | every other weekday from Sunday",
                "0 3 * * mon-fri  | 02 03, 03 03, 04 03, 05 03 | weekdays by name",
                "0 3 * * SUN      | 01 03, 08 03, 15 03, 22 03 | Sunday by name",
                "0 3 15 * *       | 15 03                      | a day of the month",
                "0 3 1,15 * *     | 01 03, 15 03               | days of the month",
                "0 3 * 3 *        | 01 03, 02 03, 03 03, 04 03 | a month",
                "0 3 * mar *      | 01 03, 02 03, 03 03, 04 03 | a month by name",
                "  0   3 *  * *   | 01 03, 02 03, 03 03, 04 03 | more blanks than needed"
            })
    void readsFiveFieldsAsCrontabDoes(String cron, String expected, String sentence) {
        CronSchedule schedule = new CronSchedule(cron, ZoneOffset.UTC);
        List<String> want = List.of(expected.split(", "));
        List<String> got = new ArrayList<>();
        Instant at = SUNDAY.minusSeconds(1).plusSeconds(1);
        for (int i = 0; i < want.size(); i++) {
            at = schedule.nextAfter(at);
            LocalDateTime time = LocalDateTime.ofInstant(at, ZoneOffset.UTC);
            got.add("%02d %02d".formatted(time.getDayOfMonth(), time.getHour()));
        }
        assertThat(got).as(sentence).isEqualTo(want);
    }

    @Test
    void theMomentItselfIsNotAfterIt() {
        CronSchedule schedule = new CronSchedule("0 3 * * *", ZoneOffset.UTC);
        Instant three = Instant.parse("2026-03-01T03:00:00Z");
        assertThat(schedule.nextAfter(three.minusMillis(1))).isEqualTo(three);
        assertThat(schedule.nextAfter(three)).isEqualTo(Instant.parse("2026-03-02T03:00:00Z"));
    }

    @Test
    void anImpossibleDateHasNoNextTime() {
        assertThat(new CronSchedule("0 3 31 2 *", ZoneOffset.UTC).nextAfter(SUNDAY))
                .isEqualTo(Instant.MAX);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0 3 1 * 1", "0 3 */2 * 1-5"})
    void refusesDayOfMonthTogetherWithDayOfWeek(String cron) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CronSchedule(cron, ZoneOffset.UTC))
                .withMessageContaining("'" + cron + "'")
                .withMessageContaining("write * for one of them");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "* * * *", "0 0 3 * * ?", "daily", "@daily", "0 3 * * * 2026"})
    void refusesAnythingButFiveFields(String cron) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CronSchedule(cron, ZoneOffset.UTC))
                .withMessageContaining("'" + cron + "'")
                .withMessageContaining("fields instead of five");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "60 3 * * *",
                "0 24 * * *",
                "0 3 32 * *",
                "0 3 * 13 *",
                "0 3 * * 8",
                "a 3 * * *",
                "0 3 * * 1-9",
                "*/0 * * * *",
                "-5 * * * *",
                "0 3 0 * *"
            })
    void aValueThatNoClockShowsIsRefusedWithTheExpression(String cron) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CronSchedule(cron, ZoneOffset.UTC))
                .withMessageContaining("'" + cron + "'");
    }

    @Test
    void theMissingHourInSpringMakesExactlyOneBackup() {
        // On 29 March 2026 the clocks of Berlin change from 02:00 to 03:00.
        assertThat(days("30 2 * * *", "2026-03-28T00:00:00Z", "2026-03-31T00:00:00Z"))
                .containsExactly("2026-03-28", "2026-03-29", "2026-03-30");
    }

    @Test
    void theRepeatedHourInAutumnMakesOneBackup() {
        // On 25 October 2026 the clocks of Berlin change from 03:00 to 02:00.
        assertThat(days("30 2 * * *", "2026-10-24T00:00:00Z", "2026-10-27T00:00:00Z"))
                .containsExactly("2026-10-24", "2026-10-25", "2026-10-26");
    }

    @Test
    void threeInTheMorningIsThreeByTheClockOnTheWallInBothSeasons() {
        CronSchedule schedule = new CronSchedule("0 3 * * *", BERLIN);
        assertThat(schedule.nextAfter(Instant.parse("2026-01-10T12:00:00Z")))
                .isEqualTo(Instant.parse("2026-01-11T02:00:00Z"));
        assertThat(schedule.nextAfter(Instant.parse("2026-07-10T12:00:00Z")))
                .isEqualTo(Instant.parse("2026-07-11T01:00:00Z"));
    }

    private static List<String> days(String cron, String from, String until) {
        CronSchedule schedule = new CronSchedule(cron, BERLIN);
        List<String> days = new ArrayList<>();
        for (Instant at = schedule.nextAfter(Instant.parse(from));
                at.isBefore(Instant.parse(until));
                at = schedule.nextAfter(at)) {
            days.add(at.atZone(BERLIN).toLocalDate().toString());
        }
        return days;
    }
}
