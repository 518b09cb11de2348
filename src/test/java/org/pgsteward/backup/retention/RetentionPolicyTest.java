package org.pgsteward.backup.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class RetentionPolicyTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "last=3,daily=7,weekly=4,monthly=6 | last=3,daily=7,weekly=4,monthly=6",
                "yearly=2,last=1                   | last=1,yearly=2",
                " last = 3 , hourly=24             | last=3,hourly=24",
                "last=0,daily=1                    | daily=1",
                "daily=007                         | daily=7"
            })
    void isReadAsItIsWritten(String text, String read) {
        assertThat(RetentionPolicy.parse("keep", text)).hasToString(read);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''            | '' is not one of last, hourly, daily, weekly, monthly and yearly",
                "7             | '7' is not one of last",
                "last          | '' after last= is not a whole number",
                "last=         | '' after last= is not a whole number",
                "last=three    | 'three' after last= is not a whole number",
                "last=-1       | '-1' after last= is not a whole number",
                "last=1.5      | '1.5' after last= is not a whole number",
                "last=99999    | last is 99999, not between 0 and 9999",
                "last=3,last=4 | last appears twice",
                "lasst=3       | 'lasst' is not one of last",
                "last=3,       | '' is not one of last",
                "Last=3        | 'Last' is not one of last",
                "last=3;daily=7 | '3;daily=7' after last= is not a whole number",
                "last=0        | it keeps 0 backups"
            })
    void anInvalidPolicyIsRefusedWithItsNameAndValue(String text, String because) {
        assertThatThrownBy(() -> RetentionPolicy.parse("pgsteward.backup.keep", text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("pgsteward.backup.keep is '" + text + "': ")
                .hasMessageContaining(because)
                .hasMessageEndingWith("; write it like last=3,daily=7,weekly=4,monthly=6");
    }

    @ParameterizedTest
    @ValueSource(strings = {"last=3\nALL IS WELL", "last=\u202e3", "last=\0", "last=3\r\n4"})
    void anErrorMessageHasOneLineForAnyLabel(String text) {
        assertThatThrownBy(() -> RetentionPolicy.parse("label", text))
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContainPattern("[\\p{Cc}\\p{Cf}]"));
    }

    @Test
    void aComplaintAboutALongTextIsShort() {
        assertThatThrownBy(() -> RetentionPolicy.parse("label", "x".repeat(100_000)))
                .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(400));
    }
}
