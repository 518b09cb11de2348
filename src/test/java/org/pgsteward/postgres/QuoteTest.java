package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class QuoteTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {"app|\"app\"", "My-App|\"My-App\"", "a\"b|\"a\"\"b\"", "über|\"über\"", "a;b--|\"a;b--\""})
    void aNameIsAlwaysQuotedAndItsQuotesAreDoubled(String name, String quoted) {
        assertThat(Quote.identifier(name)).isEqualTo(quoted);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {"plain|'plain'", "it's|'it''s'", "a\\b|~ E'a\\\\b'~"})
    void textIsQuotedForAnyBackslashSetting(String text, String quoted) {
        assertThat(Quote.literal(text)).isEqualTo(quoted);
    }

    @Test
    void aDatabasesNameIsOneWordOfAConnectionString() {
        assertThat(Quote.conninfo("a=b c")).isEqualTo("dbname='a=b c'");
        assertThat(Quote.conninfo("it's\\")).isEqualTo("dbname='it\\'s\\\\'");
    }

    @Test
    void valuesThatPostgresCannotStoreAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Quote.identifier("a\0b"));
        assertThatIllegalArgumentException().isThrownBy(() -> Quote.literal("a\0b"));
        assertThatIllegalArgumentException().isThrownBy(() -> Quote.identifier(""));
    }
}
