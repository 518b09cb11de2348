package org.pgsteward.backup.copy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class CopyHoursTest {
    @ParameterizedTest
    @CsvSource({
        "01:00-05:00, 00:59, false",
        "01:00-05:00, 01:00, true",
        "01:00-05:00, 05:00, false",
        "22:00-06:00, 23:30, true",
        "22:00-06:00, 05:59, true",
        "22:00-06:00, 12:00, false",
        "9:00 - 24:00, 23:59, true",
        "9:00 - 24:00, 08:59, false",
        "07:00-07:00, 03:00, true"
    })
    void theStartIsIncludedAndTheEndIsNot(String hours, String at, boolean allowed) {
        ZonedDateTime time =
                LocalTime.parse(at).atDate(java.time.LocalDate.of(2026, 5, 1)).atZone(ZoneOffset.UTC);
        assertThat(CopyHours.read(hours).orElseThrow().allow(time)).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "22-06", "22:00", "25:00-06:00", "22:00-06:60", "always"})
    void anotherFormIsRefused(String text) {
        assertThat(CopyHours.read(text)).isEmpty();
    }

    @Test
    void allDayAllowsEveryTime() {
        assertThat(CopyHours.ALWAYS.allow(ZonedDateTime.of(2026, 5, 1, 0, 0, 0, 0, ZoneOffset.UTC)))
                .isTrue();
    }
}
