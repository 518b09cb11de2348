package org.pgsteward.alert;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class OneLineTest {
    @ParameterizedTest
    @CsvSource({
        "vikunja, vikunja",
        "'a\r\nBcc: all@example.org', a Bcc: all@example.org",
        "'red\u001B[31m', red [31m",
        "'left\u202Etfel', left tfel",
        "'a\u2028b\u0085c\u0000d', a b c d",
        "'  much   room  ', much room",
        "'Größe 🐘', Größe 🐘"
    })
    void keepsWordsAndRemovesControlCharacters(String text, String line) {
        assertThat(OneLine.of(text, 100)).isEqualTo(line);
    }

    @Test
    void keepsTheIndentationOfYaml() {
        assertThat(OneLine.indented("  pgsteward.database: wiki\n", 100)).isEqualTo("  pgsteward.database: wiki");
        assertThat(OneLine.indented(" ".repeat(100) + "x", 100)).isEqualTo(" ".repeat(16) + "x");
        assertThat(OneLine.indented("   ", 100)).isEmpty();
        assertThat(OneLine.indented("\u202E  x", 100)).isEqualTo("x");
    }

    @Test
    void isCutWithoutHalvingACharacter() {
        assertThat(OneLine.of("abcdefgh", 5)).isEqualTo("abcd…");
        assertThat(OneLine.of("abc🐘🐘🐘", 5)).isEqualTo("abc…");
        assertThat(OneLine.of("x".repeat(10_000_000), 100)).hasSize(100);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "one clause; two clauses          | one clause; two clauses",
                "a first clause is here; a second one | a first clause is here…",
                "a first sentence is here. A second one | a first sentence is here…",
                "a sentence. A second one that is long | a sentence. A second one…",
                "one; a long second clause without an end | one; a long second clause…",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | aaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"
            })
    void titleEndsWithAWholeClauseOrWord(String text, String line) {
        assertThat(OneLine.clauses(text, 30)).isEqualTo(line).hasSizeLessThanOrEqualTo(30);
    }

    @Test
    void longTitleDoesNotHalveACharacter() {
        assertThat(OneLine.clauses("🐘".repeat(100), 30)).isEqualTo("🐘".repeat(14) + "…");
    }
}
